//! Sessions, chat and history through the public API of core, on a real store.

#![expect(clippy::unwrap_used, reason = "a test may panic wherever it stands")]

mod history;
mod notifications;
mod order;
mod sessions;
mod world;
