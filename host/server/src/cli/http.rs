//! Asking a server on this machine over HTTP.

use axum::body::Body;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

/// A connection, for as long as it is kept.
pub(super) struct Connection {
    pub(super) requests: SendRequest<Body>,
    _driver: AbortOnDropHandle<hyper::Result<()>>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there.
    pub(super) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        let (requests, driver) = handshake(TokioIo::new(stream)).await?;
        Ok(Self { requests, _driver: AbortOnDropHandle::new(tokio::spawn(driver)) })
    }
}
