//! Calls into a plugin: in an instance that is warm, and in one that is made for the call.

use criterion::{Criterion, criterion_group, criterion_main};
use meadhall::plugin::CallContext;
use meadhall_benches::Bench;
use meadhall_tests::plugins::example;

/// Half of this is less than a Rust guest begins with, so that each call's instance is retired after it.
const MEMORY_FOR_ONE_CALL: usize = 2 << 20;

fn calls(criterion: &mut Criterion) {
    let warm = Bench::start(|_| {}, vec![example("probe")]);
    let fresh =
        Bench::start(|config| config.runtime.instance_memory_bytes = MEMORY_FOR_ONE_CALL, vec![example("probe")]);
    let mut group = criterion.benchmark_group("plugin call");
    for (name, bench) in [("warm", &warm), ("fresh", &fresh)] {
        let plugins = &bench.server.server().app().plugins;
        group.bench_function(name, |bencher| {
            bencher.to_async(&bench.runtime).iter(|| async {
                let payload = String::from("{\"horn\":7}");
                plugins.rpc("probe.echo", payload, CallContext::default()).await.expect("the probe echoes")
            });
        });
    }
    let plugins = &warm.server.server().app().plugins;
    group.bench_function("warm, with a host call", |bencher| {
        bencher.to_async(&warm.runtime).iter(|| async {
            let payload = String::from("{\"mode\":99,\"label\":\"bench\"}");
            plugins.rpc("probe.stream_count", payload, CallContext::default()).await.expect("the probe counts")
        });
    });
    group.finish();
}

criterion_group!(benches, calls);
criterion_main!(benches);
