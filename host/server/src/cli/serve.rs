//! `meadhall serve`.

use super::configuration::ConfigurationArgs;
use crate::config::{Config, KeySource, Sources, load};
use crate::plugin::{Outcome, Plugins, Trigger};
use crate::{Server, StopOutcome, logging};
use anyhow::{Context as _, bail};
use clap::Args;
use std::io::{IsTerminal as _, Write as _};
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
    /// Replaces plugins when their files change (runtime.watch).
    #[arg(long)]
    watch: bool,
}

impl ServeArgs {
    /// Runs the server to its end.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let mut sources = self.configuration.sources();
        sources.settings.extend(self.watch.then(|| "runtime.watch=true".to_owned()));
        let config = load(&sources)?;
        logging::init(&config.log)?;
        let runtime = Runtime::new().context("cannot start the threads of the server")?;
        let exit = runtime.block_on(serve(config, sources));
        runtime.shutdown_timeout(LAST_WAIT);
        exit
    }
}

async fn serve(config: Config, sources: Sources) -> anyhow::Result<ExitCode> {
    let mut stop = StopSignals::new()?;
    let mut reload = ReloadSignals::new()?;
    let server = tokio::select! {
        started = Server::start_from(config, sources) => started?,
        name = stop.received() => bail!("{name} came before the server was ready"),
    };
    tell(&server);
    // Not inside the macro: what it is given is evaluated only when the log takes the line.
    let signal = tokio::select! {
        signal = stop.received() => signal,
        signal = reload.follow(&server.app().plugins) => signal,
    };
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
    lines.push(format!("  plugins: {}", plugins_line(server)));
    lines.push(format!("  keys:    {}", keys_line(server.keys())));
    // A closed standard output is no reason to stop serving.
    let _ = writeln!(std::io::stdout(), "{}", lines.join("\n"));
    info!(keys = keys_line(server.keys()), "keys");
}

/// Which there are, and where: somebody who names the wrong folder sees that it holds none.
fn plugins_line(server: &Server) -> String {
    let app = server.app();
    let paths: Vec<_> = app.config.runtime.plugins.iter().map(|path| path.display().to_string()).collect();
    let paths = paths.join(", ");
    let names: Vec<_> = app.plugins.statuses().into_iter().map(|plugin| plugin.name).collect();
    let watched = if app.config.runtime.watch { ", watched" } else { "" };
    match (paths.as_str(), names.as_slice()) {
        ("", _) => "none".to_owned(),
        (paths, []) => format!("none, for there is no .wasm file in {paths}{watched}"),
        (paths, names) => format!("{}, from {paths}{watched}", names.join(", ")),
    }
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

/// SIGHUP, which reloads plugins; listened for from the start. But it is also what a terminal sends that is closed: then
/// whoever started the server in it expects that it ends.
struct ReloadSignals {
    hangup: Signal,
    had_terminal: bool,
}

impl ReloadSignals {
    fn new() -> anyhow::Result<Self> {
        let hangup = signal(SignalKind::hangup()).context("cannot listen for signals")?;
        Ok(Self { hangup, had_terminal: std::io::stdin().is_terminal() })
    }

    /// Reloads at each signal, until the terminal is gone.
    async fn follow(&mut self, plugins: &Plugins) -> &'static str {
        loop {
            if self.hangup.recv().await.is_none() {
                std::future::pending::<()>().await;
            }
            if self.had_terminal && !std::io::stdin().is_terminal() {
                return "SIGHUP of a terminal that was closed";
            }
            // What comes of it is in the log, but for nothing.
            if let Ok(changes) = plugins.reload(None, Trigger::Signal).await
                && changes.iter().all(|change| change.outcome == Outcome::Unchanged)
            {
                info!("SIGHUP: no plugin has changed");
            }
        }
    }
}
