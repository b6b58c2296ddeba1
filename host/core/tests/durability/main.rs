//! What survives: processes that are killed at any moment, and a disk that is full.
//!
//! A killed process cannot tell what it had acknowledged, so each of these tests runs this test binary a second time as a
//! child, and keeps the child's acknowledgements itself.

#![expect(clippy::unwrap_used, reason = "a test may panic wherever it stands")]

mod child;
mod friends;
mod full_disk;
mod groups;
mod kill;
mod ledger;
mod notifications;
