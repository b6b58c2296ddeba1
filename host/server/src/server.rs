//! A running server: started from a configuration, stopped gracefully.

use crate::app::App;
use crate::config::Config;
use std::net::SocketAddr;
use std::sync::Arc;

/// A running server.
#[derive(Debug)]
pub struct Server {
    app: Arc<App>,
}

/// How a stop went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopOutcome {
    /// Everything was drained and is on disk.
    Clean,
    /// The grace period ended first; what was left is in the log.
    GraceExceeded,
}

impl Server {
    /// Opens the data folder, loads the plugins, binds the listeners and serves. Port 0 takes a free port.
    ///
    /// # Errors
    /// One sentence that names what is wrong.
    pub async fn start(_config: Config) -> anyhow::Result<Self> { todo!() }
    /// Where clients connect.
    pub fn addr(&self) -> SocketAddr { todo!() }
    /// Where `/metrics` is, when it is on.
    pub fn metrics_addr(&self) -> Option<SocketAddr> { todo!() }
    /// What the server is made of; for tests and tools in this process.
    pub fn app(&self) -> &Arc<App> { &self.app }
    /// Stops: accepts nothing more, closes sockets with `server shutting down`, handles the queued events, flushes.
    pub async fn stop(self) -> StopOutcome { todo!() }
}
