//! Whether the server is able to serve: for load balancers and orchestrators.

use super::body::Incoming;
use super::reply::Reply;
use crate::failure::Failure;
use futures_util::future::BoxFuture;
use meadhall_protocol::error::Code;
use std::sync::atomic::Ordering;

/// `GET /healthcheck`: 503 while the server stops, or when its disk failed.
pub(super) fn check(incoming: Incoming) -> BoxFuture<'static, Reply> {
    let app = &incoming.app;
    let reply = if app.stopping.load(Ordering::Relaxed) {
        Reply::failure(&Failure::new(Code::Unavailable, "server is stopping"))
    } else {
        match app.core.store.health() {
            Ok(()) => Reply::json("{}"),
            Err(error) => Reply::failure(&Failure::new(Code::Unavailable, error.to_string())),
        }
    };
    Box::pin(std::future::ready(reply))
}

/// `GET /`: something listens here.
pub(super) fn root(_: Incoming) -> BoxFuture<'static, Reply> {
    Box::pin(std::future::ready(Reply::nothing()))
}
