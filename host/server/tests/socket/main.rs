//! Sockets from the outside: a real server on port 0, real clients, real frames.

mod support;

mod chat;
mod closing;
mod handshake;
mod keepalive;
mod limits;
mod messages;
mod operating;
mod slow_consumer;
