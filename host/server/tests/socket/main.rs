//! Sockets from the outside: a real server on port 0, real clients, real frames.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

mod chat;
mod closing;
mod direct;
mod groups;
mod handshake;
mod keepalive;
mod limits;
mod messages;
mod operating;
mod slow_consumer;
mod status;
