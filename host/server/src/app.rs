//! What every request and every socket gets to use.

use crate::config::Config;
use crate::metrics::Metrics;
use crate::net::tokens::Tokens;
use crate::plugin::Plugins;
use meadhall_core::Core;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The assembled server, shared by all connections.
#[derive(Debug)]
pub struct App {
    /// As loaded and checked; the keys are filled in.
    pub config: Config,
    pub core: Arc<Core>,
    pub plugins: Arc<Plugins>,
    pub tokens: Tokens,
    pub metrics: Metrics,
    /// The server is stopping: `/healthcheck` answers 503, nothing new is accepted.
    pub stopping: AtomicBool,
}
