//! A plugin that does its worst beside one that works, in each language: more hostile calls at once than the server has
//! threads, for ten seconds, and what another plugin's callers feel of it, at 1,000 calls a second.
//!
//! Prints the distributions, and fails when the p99 beside a hostile plugin is more than three times the quiet one. Both are
//! parts of a millisecond, and swing with the machine: the median of three rounds counts.

use meadhall::plugin::{CallContext, CallError, Plugins};
use meadhall_benches::Bench;
use meadhall_tests::javascript;
use meadhall_tests::plugins::{guest, python};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

const MEASURED: Duration = Duration::from_secs(10);
const CALLS_A_SECOND: u32 = 1_000;
/// The pool of threads for guests that do not yield is smaller than this on any machine.
const HOSTILE_CALLS: usize = 64;
const ROUNDS: usize = 3;
const WORST_RATIO: f64 = 3.0;

/// What ends at a limit, or waits for an instance in vain.
const WAYS: [&str; 4] = ["hostile.loop", "hostile.sleep", "hostile.memory", "hostile.host_calls"];
/// Python's own limits end a recursion; it has no sleep.
const PYTHON_WAYS: [&str; 4] = ["hostile.loop", "hostile.recursion", "hostile.memory", "hostile.host_calls"];

fn main() -> ExitCode {
    let languages = [
        ("rust", guest("hostile"), WAYS),
        ("js", javascript::component("tests/guests/hostile-js"), WAYS),
        ("python", python("tests/guests/python"), PYTHON_WAYS),
    ];
    let medians = languages.map(|(language, plugin, ways)| {
        let mut ratios = [(); ROUNDS].map(|()| ratio(language, plugin.clone(), ways));
        ratios.sort_unstable_by(f64::total_cmp);
        let median = ratios[ROUNDS / 2];
        println!("{language}: p99 ratio {median:.2} in the median of {ratios:.2?}, at most {WORST_RATIO}");
        median
    });
    if medians.iter().all(|median| *median <= WORST_RATIO) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How many times the quiet p99 the one beside a hostile plugin is.
fn ratio(language: &str, hostile: PathBuf, ways: [&'static str; 4]) -> f64 {
    let bench = Bench::start(|config| config.runtime.rpc_deadline_ms = 1_000, vec![guest("swap"), hostile]);
    let plugins = Arc::clone(&bench.server.server().app().plugins);
    let quiet = measure(bench.runtime.handle(), &plugins);
    println!("{language}: quiet          {quiet}");
    let mut hostile = JoinSet::new();
    for number in 0..HOSTILE_CALLS {
        hostile.spawn_on(attack(Arc::clone(&plugins), ways[number % ways.len()]), bench.runtime.handle());
    }
    let beside = measure(bench.runtime.handle(), &plugins);
    println!("{language}: beside hostile {beside}");
    assert!(hostile.try_join_next().is_none(), "a hostile caller ended before its time");
    hostile.abort_all();
    beside.p99.as_secs_f64() / quiet.p99.as_secs_f64()
}

/// Calls the hostile plugin over and over.
async fn attack(plugins: Arc<Plugins>, way: &str) {
    loop {
        let outcome = plugins.rpc(way, String::new(), CallContext::default()).await;
        // An engine of a language may itself end what has no end.
        let ended = matches!(outcome, Err(CallError::Broken(_) | CallError::Busy { .. } | CallError::Failed { .. }));
        assert!(ended, "no limit ended {way}, which answered {outcome:?}");
    }
}

struct Latency {
    p50: Duration,
    p99: Duration,
    max: Duration,
}

impl std::fmt::Display for Latency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p50 {:?}, p99 {:?}, max {:?}", self.p50, self.p99, self.max)
    }
}

/// Paced calls of the well-behaved plugin. A call counts from when it was due, so that a late one shows.
fn measure(runtime: &Handle, plugins: &Arc<Plugins>) -> Latency {
    let mut calls = JoinSet::new();
    let mut due = Instant::now();
    let end = due + MEASURED;
    // The runtime's timer counts whole milliseconds, which would hide what is measured: a thread keeps the pace.
    while due < end {
        due += Duration::from_secs(1) / CALLS_A_SECOND;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let (plugins, due) = (Arc::clone(plugins), due);
        let call = async move {
            let outcome = plugins.rpc("swap.echo", String::from("{}"), CallContext::default()).await;
            outcome.expect("it echoes");
            due.elapsed()
        };
        calls.spawn_on(call, runtime);
    }
    let mut latencies = runtime.block_on(calls.join_all());
    latencies.sort_unstable();
    let at = |part: f64| latencies[((latencies.len() - 1) as f64 * part) as usize];
    Latency { p50: at(0.5), p99: at(0.99), max: at(1.0) }
}
