//! A plugin that does its worst beside one that works: more hostile calls at once than the server has threads, for ten
//! seconds, and what another plugin's callers feel of it, at 1,000 calls a second.
//!
//! Prints both distributions, and fails when the p99 beside the hostile plugin is more than five times the quiet one.

use meadhall::plugin::{CallContext, Plugins};
use meadhall_benches::Bench;
use meadhall_tests::plugins::{example, guest};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

const MEASURED: Duration = Duration::from_secs(10);
const CALLS_A_SECOND: u32 = 1_000;
/// The pool of threads for guests that do not yield is smaller than this on any machine.
const HOSTILE_CALLS: usize = 64;
const WORST_RATIO: f64 = 5.0;

fn main() -> ExitCode {
    let bench = Bench::start(|config| config.runtime.rpc_deadline_ms = 1_000, vec![example("probe"), guest("hostile")]);
    let plugins = Arc::clone(&bench.server.server().app().plugins);
    let (quiet, beside) = bench.runtime.block_on(async {
        let quiet = measure(&plugins).await;
        let mut hostile = JoinSet::new();
        for number in 0..HOSTILE_CALLS {
            hostile.spawn(attack(Arc::clone(&plugins), number));
        }
        let beside = measure(&plugins).await;
        hostile.abort_all();
        (quiet, beside)
    });
    println!("quiet:          p50 {:?}, p99 {:?}, max {:?}", quiet.p50, quiet.p99, quiet.max);
    println!("beside hostile: p50 {:?}, p99 {:?}, max {:?}", beside.p50, beside.p99, beside.max);
    let ratio = beside.p99.as_secs_f64() / quiet.p99.as_secs_f64();
    println!("p99 ratio {ratio:.2}, at most {WORST_RATIO}");
    if ratio < WORST_RATIO { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Calls the hostile plugin over and over; every answer is an error, or a wait for an instance in vain.
async fn attack(plugins: Arc<Plugins>, number: usize) {
    const WAYS: [&str; 4] = ["loop", "sleep", "memory", "host-loop"];
    loop {
        let outcome = plugins.rpc(WAYS[number % WAYS.len()], String::new(), CallContext::default()).await;
        assert!(outcome.is_err(), "the hostile plugin answered {outcome:?}");
    }
}

struct Latency {
    p50: Duration,
    p99: Duration,
    max: Duration,
}

/// Paced calls of the well-behaved plugin. A call counts from when it was due, so that a late one shows.
async fn measure(plugins: &Arc<Plugins>) -> Latency {
    let mut calls = JoinSet::new();
    let mut due = tokio::time::interval(Duration::from_secs(1) / CALLS_A_SECOND);
    due.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let end = Instant::now() + MEASURED;
    while Instant::now() < end {
        let at = due.tick().await.into_std();
        let plugins = Arc::clone(plugins);
        calls.spawn(async move {
            let outcome = plugins.rpc("probe.echo", String::from("{}"), CallContext::default()).await;
            outcome.expect("the probe echoes");
            at.elapsed()
        });
    }
    let mut latencies = calls.join_all().await;
    latencies.sort_unstable();
    let at = |part: f64| latencies[((latencies.len() - 1) as f64 * part) as usize];
    Latency { p50: at(0.5), p99: at(0.99), max: at(1.0) }
}
