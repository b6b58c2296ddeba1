//! Sessions, chat and history through the public API of core, on a real store.

#![expect(clippy::unwrap_used, reason = "a test may panic wherever it stands")]

mod direct;
mod friends;
mod groups;
mod history;
mod moments;
mod notifications;
mod order;
mod read_markers;
mod sessions;
mod statuses;
mod world;
