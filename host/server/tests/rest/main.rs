//! REST, through a real server on a port of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod accounts;
mod client;
mod cors;
mod credentials;
mod friends;
mod group_refusals;
mod groups;
mod history;
mod notifications;
mod read_markers;
mod refusals;
mod requests;
mod rpc;
mod sessions;
