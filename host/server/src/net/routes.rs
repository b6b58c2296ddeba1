//! Which part answers which path.

use super::handshake::{self, Sockets};
use crate::api;
use axum::Router;
use axum::routing::{MethodFilter, on};

/// `GET /ws` opens a socket; everything else is REST, which knows what does not exist.
pub(crate) fn router(sockets: Sockets) -> Router {
    let rest = api::router(sockets.app.clone());
    // Not `get`, which would take HEAD too.
    let socket = on(MethodFilter::GET, handshake::open).with_state(sockets).fallback_service(rest.clone());
    Router::new().route("/ws", socket).fallback_service(rest)
}
