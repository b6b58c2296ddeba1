//! The plugin host against real components: loading, calling, hooks, events, and plugins that mean harm.

#![expect(clippy::unwrap_used, reason = "a test may panic wherever it stands")]

mod calls;
mod contract;
#[path = "../../../../tests/src/elsewhere.rs"]
#[allow(dead_code, unreachable_pub, reason = "the tests of the whole server have it as a library, and use the rest")]
mod elsewhere;
mod fake;
mod grants;
mod guests;
mod hostile;
mod load;
mod logs;
mod python;
mod python_hostile;
mod reach;
mod schedule;
mod social;
