//! A server in this process: on a free port, with a data folder of its own.

use crate::http::{HTTP_KEY, Http, SERVER_KEY};
use crate::plugins::plugin_cache_dir;
use anyhow::{Context, Result};
use meadhall::config::Config;
use meadhall::{Server, StopOutcome};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A running server with its data folder, which is deleted with it.
#[derive(Debug)]
pub struct TestServer {
    server: Server,
    data: TempDir,
    /// A client of its REST API.
    pub http: Http,
}

impl TestServer {
    /// Starts a server with plugins.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(plugins: impl IntoIterator<Item = PathBuf>) -> Result<Self> {
        let plugins = plugins.into_iter().collect();
        Self::start_with(|config| config.runtime.plugins = plugins).await
    }

    /// Starts a server with a configuration that differs from the defaults.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Result<Self> {
        let data = tempfile::tempdir().context("making a data folder")?;
        let mut config = development(data.path());
        change(&mut config);
        let server = Server::start(config).await?;
        let http = Http::new(server.addr());
        Ok(Self { server, data, http })
    }

    /// Where clients connect.
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// Where everything that lasts is kept.
    pub fn data_dir(&self) -> &Path {
        self.data.path()
    }

    /// The server itself.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The value of one series at `/metrics`, by its name and labels as they stand there; 0 when it is not there yet.
    ///
    /// # Errors
    /// When there is no `/metrics`.
    pub async fn metric(&self, series: &str) -> Result<f64> {
        let page = self.metrics().await?;
        Ok(page.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok()).unwrap_or(0.0))
    }

    /// The whole page at `/metrics`.
    ///
    /// # Errors
    /// When there is none.
    pub async fn metrics(&self) -> Result<String> {
        let addr = self.server.metrics_addr().context("metrics are off")?;
        let page = Http::new(addr).get_openly("/metrics").await?.ok()?;
        page.as_str().map(str::to_owned).context("/metrics is empty")
    }

    /// Stops the server; the data folder is returned.
    pub async fn stop(self) -> (StopOutcome, TempDir) {
        (self.server.stop().await, self.data)
    }
}

/// The configuration of a test: loopback, free ports, the keys of `--dev`.
pub fn development(data_dir: &Path) -> Config {
    let free_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut config = Config::default();
    config.server.listen = free_port;
    config.server.data_dir = data_dir.to_owned();
    config.server.server_key = SERVER_KEY.to_owned();
    config.server.dev = true;
    config.session.encryption_key = "defaultencryptionkey".to_owned();
    config.session.refresh_encryption_key = "defaultrefreshencryptionkey".to_owned();
    config.runtime.http_key = HTTP_KEY.to_owned();
    config.runtime.plugin_cache_dir = plugin_cache_dir();
    config.metrics.listen = Some(free_port);
    config
}
