//! Plugins that are replaced under load: 5,000 calls of RPCs a second over sockets, and 500 sockets more, while a plugin in
//! Rust is replaced 50 times, and one in JavaScript 5 times. Then 200 more versions in Rust, and what memory they leave.
//!
//! Prints the latencies before and meanwhile, and memory before and after. Fails when a call fails, a socket drops or an
//! event is lost, when the p99 meanwhile is more than three times the quiet one, and when memory grows by more than a tenth.
//!
//! `tiny` as an argument tries it with a few, and fails at neither latency nor memory.

use anyhow::{Context, Result, ensure};
use meadhall_benches::outside::Outside;
use meadhall_tests::http::Http;
use meadhall_tests::load::{Answers, Crowd, Load};
use meadhall_tests::operator::Operator;
use meadhall_tests::versions::marked;
use meadhall_tests::{PATIENCE, javascript, plugins};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const WORST_RATIO: f64 = 3.0;
const MOST_MEMORY: f64 = 1.1;
/// Sockets that call.
const CALLERS: usize = 8;
/// Of so many calls one emits an event.
const CALLS_PER_EVENT: usize = 20;
/// What the plugins call themselves: the stems of their files.
const RUST: &str = "swap";
const JAVASCRIPT: &str = "probe";

struct Sizes {
    crowd: usize,
    calls_a_second: u32,
    quiet: Duration,
    rust_swaps: usize,
    javascript_swaps: usize,
    /// Swaps until memory has found its level, and those after which it is looked at again.
    settling_swaps: usize,
    memory_swaps: usize,
}

fn main() -> Result<ExitCode> {
    let tiny = std::env::args().any(|argument| argument == "tiny");
    let sizes = match tiny {
        true => Sizes {
            crowd: 20,
            calls_a_second: 200,
            quiet: Duration::from_secs(1),
            rust_swaps: 3,
            javascript_swaps: 1,
            settling_swaps: 3,
            memory_swaps: 10,
        },
        false => Sizes {
            crowd: 500,
            calls_a_second: 5_000,
            quiet: Duration::from_secs(10),
            rust_swaps: 50,
            javascript_swaps: 5,
            settling_swaps: 20,
            memory_swaps: 200,
        },
    };
    // Each of the crowd is a socket of this process.
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })
        .context("raising the limit of open files")?;
    let fair = tokio::runtime::Runtime::new()?.block_on(run(&sizes))?;
    Ok(if fair || tiny { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run(sizes: &Sizes) -> Result<bool> {
    let hall = Hall::start().await?;
    let mut crowd = Crowd::enter(hall.server.addr, sizes.crowd).await?;
    let echo = |id: &'static str| vec![id; CALLS_PER_EVENT - 1];
    let in_rust = [&["swap.emit"], &*echo("swap.echo")].concat();
    let mut fair = hall.swap(RUST, sizes.rust_swaps, &in_rust, sizes).await?;
    // Every other call is one of the plugin that is not replaced.
    let in_both: Vec<_> = in_rust.iter().flat_map(|id| [*id, "probe.echo"]).collect();
    fair &= hall.swap(JAVASCRIPT, sizes.javascript_swaps, &in_both, sizes).await?;
    fair &= hall.memory(sizes).await?;
    let dropped = crowd.dropped();
    ensure!(dropped.is_empty(), "{} of {} sockets were dropped: {:?}", dropped.len(), sizes.crowd, dropped.first());
    println!("no failed call, no dropped socket, no lost event");
    Ok(fair)
}

/// The server, and the folder of its plugins.
struct Hall {
    server: Outside,
    operator: Operator,
    folder: tempfile::TempDir,
    /// How many have been made.
    versions: AtomicUsize,
}

impl Hall {
    async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let plugins = folder.path().join("plugins");
        std::fs::create_dir(&plugins)?;
        for name in [RUST, JAVASCRIPT] {
            std::fs::copy(component(name), plugins.join(name).with_extension("wasm"))?;
        }
        // Without the cache of other runs: each version is compiled.
        let arguments = ["--set", "runtime.plugin_cache_dir=", "--plugin"].map(OsString::from);
        let arguments = arguments.into_iter().chain([plugins.into_os_string()]);
        let server = Outside::start_with(&folder.path().join("data"), arguments).await?;
        Ok(Self { operator: Operator::new(server.addr), server, folder, versions: AtomicUsize::new(0) })
    }

    /// Replaces a plugin, one version after the other, while RPCs are called; whether the calls felt little of it.
    async fn swap(&self, plugin: &str, swaps: usize, rpcs: &[&str], sizes: &Sizes) -> Result<bool> {
        let handled = [self.handled(RUST).await?, self.handled(JAVASCRIPT).await?];
        let load = Load::start(self.server.addr, CALLERS, sizes.calls_a_second, rpcs).await?;
        // The first calls make instances, and fill caches.
        tokio::time::sleep(sizes.quiet / 5).await;
        let first = load.take();
        tokio::time::sleep(sizes.quiet).await;
        let mut quiet = load.take();
        self.replace(plugin, swaps).await?;
        let mut meanwhile = load.take();
        let last = load.stop().await?;

        let all = [&first, &quiet, &meanwhile, &last];
        if let Some(failure) = all.iter().find_map(|answers| answers.failures.first()) {
            anyhow::bail!("a call failed: {failure}");
        }
        let emitted = all.iter().map(|answers| emitted(answers, rpcs)).sum::<u64>();
        for (plugin, before) in [RUST, JAVASCRIPT].into_iter().zip(handled) {
            self.wait_until_handled(plugin, before + emitted).await?;
        }
        println!("{plugin}, quiet:         {}", shown(&mut quiet));
        println!("{plugin}, {swaps:3} versions:  {}", shown(&mut meanwhile));
        let ratio = meanwhile.quantile(0.99).as_secs_f64() / quiet.quantile(0.99).as_secs_f64();
        println!("p99 ratio {ratio:.2}, at most {WORST_RATIO}; {emitted} events emitted and handled");
        Ok(ratio <= WORST_RATIO)
    }

    /// How memory stands after many versions.
    async fn memory(&self, sizes: &Sizes) -> Result<bool> {
        let load = Load::start(self.server.addr, CALLERS, sizes.calls_a_second / 5, &["swap.echo"]).await?;
        self.replace(RUST, sizes.settling_swaps).await?;
        let before = self.settled_memory().await?;
        self.replace(RUST, sizes.memory_swaps).await?;
        let after = self.settled_memory().await?;
        let failures = load.stop().await?.failures;
        ensure!(failures.is_empty(), "a call failed: {:?}", failures.first());
        let ratio = after as f64 / before as f64;
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        println!(
            "memory: {:.1} MB, after {} versions more {:.1} MB: {ratio:.2} times, at most {MOST_MEMORY}",
            megabytes(before),
            sizes.memory_swaps,
            megabytes(after)
        );
        Ok(ratio <= MOST_MEMORY)
    }

    /// Memory, when what is freed in the background and what the allocator gives back late has gone.
    async fn settled_memory(&self) -> Result<u64> {
        tokio::time::sleep(Duration::from_secs(3)).await;
        self.server.memory()
    }

    async fn replace(&self, plugin: &str, swaps: usize) -> Result<()> {
        let content = std::fs::read(component(plugin))?;
        let file = self.folder.path().join("plugins").join(plugin).with_extension("wasm");
        let beside = self.folder.path().join("beside");
        for _ in 0..swaps {
            let number = self.versions.fetch_add(1, Ordering::Relaxed);
            std::fs::write(&beside, marked(content.clone(), &number.to_string()))?;
            std::fs::rename(&beside, &file)?;
            self.operator.reload_directly(plugin).await?;
        }
        Ok(())
    }

    /// How many events a plugin says that it has handled.
    async fn handled(&self, plugin: &str) -> Result<u64> {
        let page = Http::new(self.server.metrics().await?).get_openly("/metrics").await?.ok()?;
        let series = format!(r#"plugin_handled{{plugin="{plugin}",kind="event""#);
        let lines = page.as_str().context("/metrics is empty")?.lines().filter(|line| line.starts_with(&series));
        lines
            .filter_map(|line| line.rsplit(' ').next())
            .map(|count| count.parse::<u64>().context("a count is a number"))
            .sum()
    }

    async fn wait_until_handled(&self, plugin: &str, count: u64) -> Result<()> {
        let wait = async {
            while self.handled(plugin).await? < count {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            anyhow::Ok(())
        };
        let ended = tokio::time::timeout(PATIENCE, wait).await;
        let handled = self.handled(plugin).await?;
        ensure!(
            ended.is_ok() && handled == count,
            "plugin {plugin} handled {handled} events, and {count} were emitted"
        );
        Ok(())
    }
}

/// The component of a plugin, as it is built.
fn component(plugin: &str) -> PathBuf {
    match plugin {
        RUST => plugins::guest("swap"),
        _ => javascript::component("tests/guests/probe-js"),
    }
}

fn emitted(answers: &Answers, rpcs: &[&str]) -> u64 {
    let counts = rpcs.iter().zip(&answers.answered);
    counts.filter(|(id, _)| **id == "swap.emit").map(|(_, count)| count).sum()
}

fn shown(answers: &mut Answers) -> String {
    let [p50, p99, max] = [0.5, 0.99, 1.0].map(|part| answers.quantile(part));
    format!("{} calls, p50 {p50:.0?}, p99 {p99:.0?}, max {max:.0?}", answers.latencies.len())
}
