//! Accepting connections and serving HTTP on them.
//!
//! Not `axum::serve`, which sets neither TCP_NODELAY nor a timeout for request heads, and bounds nothing.

use super::admission::{Admission, Admitted, Refused};
use super::client_address;
use crate::config::ServerConfig;
use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;
use tower_http::timeout::TimeoutBody;
use tracing::{debug, warn};

/// How long accepting pauses after the first failure; doubled for each that follows.
const PAUSE_MIN: Duration = Duration::from_millis(5);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// How often the same trouble is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// What a connection gets that is turned away.
const REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// Opens a listening socket on the address of a setting.
///
/// # Errors
/// One sentence that names both.
pub(crate) async fn bind(setting: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => anyhow::anyhow!("cannot listen on {address} ({setting}): the address is in use"),
        _ => anyhow::anyhow!("cannot listen on {address} ({setting}): {error}"),
    })
}

/// Serves HTTP on one listening socket.
#[derive(Debug)]
pub(crate) struct HttpServer {
    pub(crate) router: Router,
    pub(crate) admission: Arc<Admission>,
    pub(crate) trusted_proxies: Vec<IpAddr>,
    /// How long a client may take to send a request's head, and between two parts of its body.
    pub(crate) read_timeout: Duration,
    /// The tasks of all connections.
    pub(crate) tasks: TaskTracker,
    /// Connections end after the request that they are at.
    pub(crate) closing: CancellationToken,
}

impl HttpServer {
    /// A server with the limits of the configuration.
    pub(crate) fn new(config: &ServerConfig, router: Router, closing: CancellationToken) -> Self {
        Self {
            router,
            admission: Admission::new(config),
            trusted_proxies: config.trusted_proxies.clone(),
            read_timeout: Duration::from_millis(config.header_timeout_ms),
            tasks: TaskTracker::new(),
            closing,
        }
    }

    /// Accepts connections until `stop`.
    pub(crate) async fn accept(self: Arc<Self>, listener: TcpListener, stop: CancellationToken) {
        let mut pause = PAUSE_MIN;
        let mut failures = Log::default();
        let mut refusals = Log::default();
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    pause = PAUSE_MIN;
                    match self.admission.admit(peer.ip()) {
                        Ok(admitted) => drop(self.tasks.spawn(self.clone().serve(stream, peer, admitted))),
                        Err(refused) => self.refuse(&stream, refused, &mut refusals),
                    }
                }
                // The client gave up while it waited; the next one is fine.
                Err(error) if is_of_one_connection(&error) => {
                    debug!(%error, "a connection was gone before it was accepted")
                }
                // Files or memory have run out. Trying again at once would only burn time.
                Err(error) => {
                    if let Some(count) = failures.due() {
                        warn!(%error, count, "cannot accept connections");
                    }
                    sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
        }
    }

    fn refuse(&self, stream: &TcpStream, refused: Refused, log: &mut Log) {
        // It never waits: whoever does not take these bytes sees the connection close.
        let _ = stream.try_write(REFUSAL);
        if let Some(count) = log.due() {
            warn!(reason = %refused, count, "connections turned away");
        }
    }

    /// Serves one connection to its end, or to where it becomes a websocket.
    async fn serve(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, admitted: Admitted) {
        // Without it a small answer would wait for the client's acknowledgement of the one before.
        if let Err(error) = stream.set_nodelay(true) {
            return debug!(%error, %peer, "a connection was gone at once");
        }
        let admitted = Arc::new(admitted);
        let service = hyper::service::service_fn(|request: Request<Incoming>| {
            let client = client_address::of_request(peer, request.headers(), &self.trusted_proxies);
            let mut request = request.map(|body| Body::new(TimeoutBody::new(self.read_timeout, body)));
            request.extensions_mut().insert(client);
            request.extensions_mut().insert(admitted.clone());
            self.router.clone().call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.read_timeout)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut connection = pin!(connection);
        let result = tokio::select! {
            result = connection.as_mut() => result,
            () = self.closing.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = result {
            debug!(%error, %peer, "a connection ended early");
        }
    }
}

/// Whether an error of `accept` is about the connection, not about us.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// Keeps the same trouble from filling the log.
#[derive(Debug, Default)]
struct Log {
    last: Option<Instant>,
    count: u64,
}

impl Log {
    /// Counts one more; how many there were since the last line, when it is time for one.
    fn due(&mut self) -> Option<u64> {
        self.count += 1;
        if self.last.is_some_and(|last| last.elapsed() < LOG_INTERVAL) {
            return None;
        }
        self.last = Some(Instant::now());
        Some(std::mem::take(&mut self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_same_trouble_is_logged_once_in_a_while() {
        let mut log = Log::default();
        assert_eq!(log.due(), Some(1));
        assert_eq!((log.due(), log.due()), (None, None));
        tokio::time::advance(LOG_INTERVAL).await;
        assert_eq!(log.due(), Some(3));
    }
}
