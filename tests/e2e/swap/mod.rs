//! Plugins that are replaced while they run: what goes on, what is refused, and what is there after a crash.

mod crash;
mod refused;
mod rollback;
mod settings;
mod taking_over;
mod under_load;
mod watched;

use anyhow::{Context as _, Result, ensure};
use meadhall_tests::PATIENCE;
use meadhall_tests::http::Http;
use meadhall_tests::operator::Operator;
use meadhall_tests::plugins::guest;
use meadhall_tests::process::{ServerProcess, serve_arguments};
use meadhall_tests::versions::build_of;
use serde_json::Value;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use tempfile::TempDir;

/// A server whose plugins are replaced: a process with a folder of plugins, and a configuration that names it.
struct Hall {
    folder: TempDir,
    /// More arguments of the server.
    arguments: Vec<OsString>,
    server: ServerProcess,
    addr: SocketAddr,
    http: Http,
    operator: Operator,
}

impl Hall {
    /// With the guest `swap` in version 1.0.0.
    async fn start(arguments: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("plugins"))?;
        std::fs::write(folder.path().join("plugins/swap.wasm"), version("1.0.0")?)?;
        Self::start_in(folder, arguments.iter().map(OsString::from).collect()).await
    }

    async fn start_in(folder: TempDir, arguments: Vec<OsString>) -> Result<Self> {
        let mut all = serve_arguments(&folder.path().join("data"));
        all.extend(["--config".into(), folder.path().join("meadhall.toml").into()]);
        all.extend(arguments.iter().cloned());
        let config = folder.path().join("meadhall.toml");
        if !config.exists() {
            std::fs::write(config, format!("[runtime]\nplugins = [{:?}]\n", folder.path().join("plugins")))?;
        }
        let server = ServerProcess::spawn(all)?;
        let addr = server.listening().await?;
        Ok(Self { folder, arguments, server, addr, http: Http::new(addr), operator: Operator::new(addr) })
    }

    /// Starts it anew, after a `kill -9`.
    async fn kill_and_start(mut self) -> Result<Self> {
        self.server.kill_hard().await?;
        Self::start_in(self.folder, self.arguments).await
    }

    /// The file of a plugin.
    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("plugins").join(name).with_extension("wasm")
    }

    /// Puts a file in a plugin's place in one step.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let beside = self.folder.path().join("beside");
        std::fs::write(&beside, bytes)?;
        Ok(std::fs::rename(beside, self.file(name))?)
    }

    /// Puts a version of `swap` in its place, and has it loaded.
    async fn replace(&self, declared: &str) -> Result<String> {
        self.put("swap", &version(declared)?)?;
        self.operator.reload(Some("swap")).await
    }

    /// Adds to the configuration, from its beginning on.
    fn configure(&self, more: &str) -> Result<()> {
        let plugins = self.folder.path().join("plugins");
        let text = format!("[runtime]\nplugins = [{plugins:?}]\n{more}");
        Ok(std::fs::write(self.folder.path().join("meadhall.toml"), text)?)
    }

    /// What an RPC of the plugin answers.
    async fn rpc(&self, id: &str, payload: &str) -> Result<String> {
        let body = self.http.rpc_as_server(id, payload).await?.ok()?;
        Ok(body["payload"].as_str().unwrap_or_default().to_owned())
    }

    /// The version of `swap` that answers.
    async fn version(&self) -> Result<String> {
        self.rpc("swap.version", "").await
    }

    /// What the operator is told of `swap`.
    async fn status(&self) -> Result<Value> {
        self.operator.status("swap").await
    }

    /// Waits for a line of the log that has these words.
    async fn logged(&self, words: &[&str]) -> Result<()> {
        let has_all = |line: &str| words.iter().all(|word| line.contains(word)).then_some(());
        self.server.wait_for_line(&format!("a line with {words:?}"), has_all).await
    }

    /// How many events of a kind a version has handled.
    async fn handled(&self, kind: &str, declared: &str) -> Result<u64> {
        let page = Http::new(self.server.metrics().await?).get_openly("/metrics").await?.ok()?;
        let series = format!(r#"plugin_handled{{plugin="swap",kind="{kind}",version="{declared}"}} "#);
        let mut lines = page.as_str().context("/metrics is empty")?.lines();
        lines.find_map(|line| line.strip_prefix(&series)).map_or(Ok(0), |count| Ok(count.parse()?))
    }
}

/// The guest `swap` as another version.
fn version(declared: &str) -> Result<Vec<u8>> {
    build_of(&guest("swap"), declared, "nothing")
}

/// Waits until something is so.
async fn until(what: &str, is_so: impl AsyncFn() -> Result<bool>) -> Result<()> {
    let wait = async {
        while !is_so().await? {
            tokio::task::yield_now().await;
        }
        Ok(())
    };
    tokio::time::timeout(PATIENCE, wait).await.with_context(|| format!("waiting until {what}"))?
}

/// That an error names what it should.
fn says(error: &anyhow::Error, words: &[&str]) -> Result<()> {
    let text = format!("{error:#}");
    for word in words {
        ensure!(text.contains(word), "it does not say {word:?}: {text}");
    }
    ensure!(text.starts_with("meadhall: ") && !text.contains('\n'), "it is not one sentence: {text}");
    Ok(())
}
