//! Which part answers which path.

use super::handshake::{self, Sockets};
use crate::api;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Method, Request};
use axum::response::Response;
use axum::routing::any;
use tower::ServiceExt as _;

/// `GET /ws` opens a socket; everything else is REST, which knows what does not exist.
pub(crate) fn router(sockets: Sockets) -> Router {
    let rest = api::router(sockets.app.clone());
    let socket = any(socket_or_rest).with_state((sockets, rest.clone()));
    Router::new().route("/ws", socket).fallback_service(rest)
}

/// By hand and not by a method router, which would tell in an `allow` header of a socket that the answer says is not
/// there.
async fn socket_or_rest(State((sockets, rest)): State<(Sockets, Router)>, request: Request<Body>) -> Response {
    if request.method() == Method::GET {
        return handshake::open(sockets, request);
    }
    match rest.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
