//! `meadhall serve`.

use super::configuration::ConfigurationArgs;
use crate::config::{Config, KeySource};
use crate::{Server, StopOutcome, logging};
use anyhow::{Context as _, bail};
use clap::Args;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::info;

/// How long threads that are busy after the stop (a compiling plugin, a read of the disk) may hold up the exit.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// What `serve` takes.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    configuration: ConfigurationArgs,
}

impl ServeArgs {
    /// Runs the server to its end.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.configuration.load()?;
        logging::init(&config.log)?;
        let runtime = Runtime::new().context("cannot start the threads of the server")?;
        let exit = runtime.block_on(serve(config));
        runtime.shutdown_timeout(LAST_WAIT);
        exit
    }
}

async fn serve(config: Config) -> anyhow::Result<ExitCode> {
    let mut stop = StopSignals::new()?;
    let server = tokio::select! {
        started = Server::start(config) => started?,
        name = stop.received() => bail!("{name} came before the server was ready"),
    };
    tell(&server);
    // Not inside the macro: what it is given is evaluated only when the log takes the line.
    let signal = stop.received().await;
    info!(signal, "stopping");
    let outcome = tokio::select! {
        outcome = server.stop() => outcome,
        name = stop.received() => bail!("{name} came again: stopped at once, in the middle of stopping"),
    };
    Ok(match outcome {
        StopOutcome::Clean => ExitCode::SUCCESS,
        StopOutcome::GraceExceeded => ExitCode::FAILURE,
    })
}

/// Says what somebody who just started a server needs, on standard output.
fn tell(server: &Server) {
    let config = &server.app().config;
    let mut lines = vec![format!("meadhall {} listening on http://{}", env!("CARGO_PKG_VERSION"), server.addr())];
    if let Some(address) = server.metrics_addr() {
        lines.push(format!("  metrics: http://{address}/metrics"));
    }
    let folder = std::path::absolute(&config.server.data_dir).unwrap_or_else(|_| config.server.data_dir.clone());
    lines.push(format!("  data:    {}", folder.display()));
    let plugins: Vec<_> = config.runtime.plugins.iter().map(|path| path.display().to_string()).collect();
    lines.push(format!("  plugins: {}", if plugins.is_empty() { "none".to_owned() } else { plugins.join(", ") }));
    lines.push(format!("  keys:    {}", keys_line(server.keys())));
    // A closed standard output is no reason to stop serving.
    let _ = writeln!(std::io::stdout(), "{}", lines.join("\n"));
    info!(keys = keys_line(server.keys()), "keys");
}

fn keys_line(keys: &KeySource) -> String {
    match keys {
        KeySource::Configured => "as configured".to_owned(),
        KeySource::WellKnown => "the well-known ones, for development only".to_owned(),
        KeySource::Stored(path) => format!("in {}", path.display()),
        KeySource::Made(path) => format!("in {}, made just now", path.display()),
    }
}

/// SIGTERM and Ctrl-C. Listened for from the start, so that none is missed.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    fn new() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    async fn received(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
