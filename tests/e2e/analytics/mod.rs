//! The example plugin `analytics`: a real server, in a process of its own, and a service on loopback that does as the test
//! says.

mod delivery;
mod service;

use anyhow::{Context as _, Result, ensure};
use meadhall_tests::PATIENCE;
use meadhall_tests::http::Http;
use meadhall_tests::plugins::example;
use meadhall_tests::process::{ServerProcess, binary, serve_arguments};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio::process::Command;

const API_KEY: &str = "key-of-the-hall";

/// A server with the plugins `analytics` and `probe`.
struct Hall {
    process: ServerProcess,
    addr: SocketAddr,
    http: Http,
    metrics: Http,
}

impl Hall {
    /// Opens it with settings of the plugin, for a service that answers within half a second.
    async fn open(data: &Path, service: SocketAddr, settings: &[(&str, &str)]) -> Result<Self> {
        Self::open_in(data, service, settings, &[]).await
    }

    /// The same, with more environment variables.
    async fn open_in(
        data: &Path,
        service: SocketAddr,
        settings: &[(&str, &str)],
        environment: &[(&str, String)],
    ) -> Result<Self> {
        // Handlers run in this order, so what the probe has counted is stored.
        Self::open_with([example("analytics"), example("probe")], data, service, settings, environment).await
    }

    /// The same, with these files of the two plugins.
    async fn open_with(
        plugins: [PathBuf; 2],
        data: &Path,
        service: SocketAddr,
        settings: &[(&str, &str)],
        environment: &[(&str, String)],
    ) -> Result<Self> {
        let port = service.port();
        let grant = format!(
            r#"{{ host = "127.0.0.1", port = {port}, schemes = ["http"], methods = ["POST"], response_bytes = 100000, timeout_ms = 500 }}"#
        );
        let mut lines = vec![
            "[plugin.analytics]".to_owned(),
            format!("endpoint = \"http://{service}/batch\""),
            "[plugin.analytics.allow]".to_owned(),
            format!("http = [{grant}]\nenvironment = [\"ANALYTICS_API_KEY\"]"),
        ];
        let settings = settings.iter().map(|(key, value)| format!("{key} = \"{value}\""));
        lines.splice(2..2, settings);
        let config = data.join("meadhall.toml");
        std::fs::write(&config, lines.join("\n"))?;
        let mut command = Command::new(binary()?);
        command.args(serve_arguments(&data.join("data"))).arg("--config").arg(config);
        plugins.iter().for_each(|plugin| _ = command.arg("--plugin").arg(plugin));
        command.env("ANALYTICS_API_KEY", API_KEY).envs(environment.iter().map(|(name, value)| (name, value)));
        let process = ServerProcess::spawn_command(command)?;
        let addr = process.listening().await?;
        let find = |line: &str| line.trim().strip_prefix("metrics: http://")?.strip_suffix("/metrics")?.parse().ok();
        let metrics = Http::new(process.wait_for_line("where its metrics are", find).await?);
        Ok(Self { process, addr, http: Http::new(addr), metrics })
    }

    /// Lets things happen: events of another plugin, with these numbers.
    async fn happen(&self, numbers: impl IntoIterator<Item = usize>) -> Result<()> {
        let handled = r#"plugin_events_handled{plugin="probe",kind="event"}"#;
        let mut expected = self.metric(handled).await?;
        for number in numbers {
            let event = json!({ "name": "won", "properties": { "number": number.to_string() } });
            let answer = self.http.rpc_as_server("probe.event", &event.to_string()).await?;
            ensure!(answer.status == 200, "{answer:?}");
            expected += 1.0;
        }
        self.reaches(handled, expected).await
    }

    /// Lets the plugin post what it has.
    async fn flush(&self) -> Result<Value> {
        let answer = self.http.rpc_as_server("analytics.flush", "").await?.ok()?;
        Ok(serde_json::from_str(answer["payload"].as_str().context("a payload")?)?)
    }

    async fn metric(&self, series: &str) -> Result<f64> {
        let page = self.metrics.get_openly("/metrics").await?.ok()?;
        let page = page.as_str().context("/metrics is empty")?;
        Ok(page.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok()).unwrap_or(0.0))
    }

    /// Waits until a metric has a value.
    async fn reaches(&self, series: &str, value: f64) -> Result<()> {
        let reached = async {
            while self.metric(series).await? < value {
                tokio::task::yield_now().await;
            }
            Ok(())
        };
        tokio::time::timeout(PATIENCE, reached).await.with_context(|| format!("{series} does not reach {value}"))?
    }

    /// Waits for a line of the log with these words.
    async fn logs(&self, words: &[&str]) -> Result<String> {
        let has_all = |line: &str| words.iter().all(|word| line.contains(word)).then(|| line.to_owned());
        self.process.wait_for_line(&format!("a line with {words:?}"), has_all).await
    }
}

/// A metric of the plugin's.
fn of_plugin(name: &str) -> String {
    format!("plugin_{name}{{plugin=\"analytics\"}}")
}
