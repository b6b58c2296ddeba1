//! The network: accepting connections, routing requests, sockets.
//!
//! A connection goes `listener` (accept, limits, HTTP) → `routes` → REST in [`crate::api`], or `handshake` (who may
//! open a socket) → `connection` (one task a socket) over `websocket` (frames).

pub(crate) mod listener;
pub(crate) mod admission;
pub(crate) mod file_limit;
pub(crate) mod routes;
pub(crate) mod handshake;
pub mod tokens;
mod client_address;
mod connection;
mod keepalive;
mod websocket;
