//! `meadhall plugin test`: the real component in the real server, as a script says.
//!
//! `script` reads what is to be done and expected, `run` does it, `report` shows what came of it.

mod compare;
mod lines;
mod report;
mod run;
mod script;

use super::cache::cache_folder;
use super::language::Language;
use anyhow::{Context as _, bail, ensure};
use clap::Args;
use lines::Lines;
use script::Script;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::Runtime;

/// How long threads that are busy after the run may hold up the exit.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// What `plugin test` takes.
#[derive(Debug, Args)]
pub(super) struct TestArgs {
    /// The component, as `plugin build` prints it, or the plugin's folder, which is built first.
    #[arg(value_name = "FILE|DIR", default_value = ".")]
    plugin: PathBuf,
    /// What to do, and what to expect of it [default: test.toml, beside the plugin where that is a folder].
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Where compiled code is kept from run to run [default: meadhall in the user's folder for caches].
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
}

impl TestArgs {
    /// Runs the script, and prints the report on standard output.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let (component, beside) = component(self.plugin)?;
        let path = self.script.unwrap_or_else(|| beside.join("test.toml"));
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read the script {}", path.display()))?;
        let script = match Script::read(&text) {
            Ok(script) => script,
            Err(faults) => {
                let faults = faults.iter().map(|fault| format!("{}, {fault}", path.display()));
                bail!("{}", faults.collect::<Vec<_>>().join("\n"))
            }
        };
        let lines = Lines::keep()?;
        let cache = self.cache.or_else(cache_folder);
        let paths = run::Paths { component: &component, script: &path, cache: cache.as_deref() };
        let runtime = Runtime::new().context("cannot start the threads of the server")?;
        let report = runtime.block_on(run::run(&script, paths, lines));
        runtime.shutdown_timeout(LAST_WAIT);
        let report = report?;
        writeln!(std::io::stdout(), "{report}")?;
        Ok(if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// What is wrong with a script.
pub(super) fn check_script(text: &str) -> Result<(), Vec<String>> {
    Script::read(text).map(drop).map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

/// The component to test, and where its script is when nothing else is said.
fn component(plugin: PathBuf) -> anyhow::Result<(PathBuf, PathBuf)> {
    if !plugin.is_dir() {
        ensure!(
            plugin.is_file(),
            "there is no {}: `meadhall plugin build` says where a component is",
            plugin.display()
        );
        return Ok((plugin, PathBuf::new()));
    }
    let mut components = Language::of(&plugin)?.build(&plugin)?;
    match (components.pop(), components.is_empty()) {
        (Some(component), true) => Ok((component, plugin)),
        _ => bail!("{} holds several plugins: name the component of one, and its script", plugin.display()),
    }
}
