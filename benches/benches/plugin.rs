//! Calls into a plugin, in each language: in an instance that is warm, and in one that is made for the call.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use meadhall::plugin::CallContext;
use meadhall_benches::Bench;
use meadhall_tests::javascript::component;
use meadhall_tests::plugins::{example, python};
use std::path::PathBuf;

/// Half of this is less than a Rust guest begins with, so that each call's instance is retired after it.
const MEMORY_FOR_ONE_CALL: usize = 2 << 20;
/// The same for a JavaScript guest, which begins with its engine's heap.
const JAVASCRIPT_FOR_ONE_CALL: usize = 16 << 20;
/// The same for a Python guest, which begins with its interpreter's heap.
const PYTHON_FOR_ONE_CALL: usize = 20 << 20;

fn calls(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plugin call");
    language(&mut group, "rust", example("probe"), MEMORY_FOR_ONE_CALL);
    language(&mut group, "js", component("tests/guests/probe-js"), JAVASCRIPT_FOR_ONE_CALL);
    language(&mut group, "python", python("tests/guests/python"), PYTHON_FOR_ONE_CALL);
    group.finish();
}

/// The probe of a language.
fn language(group: &mut BenchmarkGroup<'_, WallTime>, language: &str, probe: PathBuf, memory_for_one_call: usize) {
    let warm = Bench::start(|_| {}, vec![probe.clone()]);
    call(group, &format!("{language}, warm"), &warm, "probe.echo", "{\"horn\":7}");
    let host_call = "{\"mode\":99,\"label\":\"bench\"}";
    call(group, &format!("{language}, warm, with a host call"), &warm, "probe.stream_count", host_call);
    drop(warm);
    let fresh = Bench::start(|config| config.runtime.instance_memory_bytes = memory_for_one_call, vec![probe]);
    call(group, &format!("{language}, fresh"), &fresh, "probe.echo", "{\"horn\":7}");
}

fn call(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, bench: &Bench, id: &str, payload: &str) {
    let plugins = &bench.server.server().app().plugins;
    group.bench_function(name, |bencher| {
        bencher.to_async(&bench.runtime).iter(|| async {
            plugins.rpc(id, payload.to_owned(), CallContext::default()).await.expect("the probe answers")
        });
    });
}

criterion_group!(benches, calls);
criterion_main!(benches);
