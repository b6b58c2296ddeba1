//! The plugin host against real components: loading, calling, hooks, events, and plugins that mean harm.

mod calls;
mod guests;
mod hostile;
mod load;
mod logs;
