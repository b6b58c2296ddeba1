//! The network: accepting connections, routing requests, sockets.

pub mod tokens;
