//! Plugins that mean harm: each behaviour ends in a clear error for its own caller within its deadline, the next call
//! works, and an instance that trapped is never used again.

use crate::guests::{Setup, calls, hostile, hostile_at_leisure, named, patient, rpc, short, version};
use crate::logs;
use meadhall::plugin::{CallContext, CallError, Limits, Plugins};
use std::sync::Arc;
use std::time::Duration;
use tracing::Level;

/// Calls a function that breaks something: the error's text, after checking that another instance takes the next call.
async fn broken(plugins: &Plugins, id: &str, payload: &str) -> String {
    calls(plugins).await;
    let error = match rpc(plugins, id, payload).await {
        Err(CallError::Broken(error)) => error,
        other => panic!("{id} is not broken: {other:?}"),
    };
    assert_eq!(calls(plugins).await, 1, "{id}: the instance was used again");
    error
}

#[tokio::test]
async fn an_endless_loop_ends_at_its_deadline() {
    let plugins = hostile().await;
    assert_eq!(
        broken(&plugins, "hostile.loop", "").await,
        named("hostile", r#"rpc "hostile.loop" ran longer than 300 ms"#)
    );
}

#[tokio::test]
async fn a_loop_of_host_calls_ends_at_its_deadline() {
    let plugins = hostile().await;
    assert_eq!(
        broken(&plugins, "hostile.host_calls", "").await,
        named("hostile", r#"rpc "hostile.host_calls" ran longer than 300 ms"#)
    );
}

#[tokio::test]
async fn sleeping_in_a_host_call_ends_at_its_deadline() {
    let plugins = hostile().await;
    assert_eq!(
        broken(&plugins, "hostile.sleep", "").await,
        named("hostile", r#"rpc "hostile.sleep" ran longer than 300 ms"#)
    );
}

#[tokio::test]
async fn a_hook_in_a_loop_ends_at_its_deadline() {
    let plugins = hostile().await;
    let ended = plugins.before("UpdateAccount", "loop".into(), CallContext::default()).await;
    let text = named("hostile", r#"before-hook "UpdateAccount" ran longer than 300 ms"#);
    assert_eq!(ended, Err(CallError::Broken(text)));
}

#[tokio::test]
async fn a_panic_is_an_error_for_its_caller_and_a_line_in_the_log() {
    logs::collect();
    let plugins = Setup::new(patient()).plugin("panicking", "hostile", &[]).load().await.unwrap();
    let error = broken(&plugins, "hostile.trap", "").await;
    assert!(error.starts_with(&named("panicking", r#"rpc "hostile.trap" trapped: "#)), "{error}");
    assert!(logs::of("panicking").iter().any(|line| line.contains("hostile panic text")));
}

#[tokio::test]
async fn a_panic_in_the_rust_sdk_is_one_error_in_the_log_that_says_where() {
    logs::collect();
    let plugins = Setup::new(short()).plugin("of-the-sdk", "panicking", &[]).load().await.unwrap();
    let told = async |id: &str, payload: &str| {
        let before = logs::with_levels("of-the-sdk").len();
        let ended = rpc(&plugins, id, payload).await;
        assert!(matches!(ended, Err(CallError::Broken(_))), "{id}: {ended:?}");
        // Without what the server itself says of a call that traps.
        let lines = logs::with_levels("of-the-sdk").into_iter().skip(before);
        lines.filter(|(_, text)| !text.contains("trapped: ")).collect::<Vec<_>>()
    };
    let check = |told: Vec<(Level, String)>, level: Level, expected: &str| {
        let [(found, text)] = &told[..] else { panic!("expected one line: {told:?}") };
        assert!(*found == level && text.starts_with(expected), "{told:?}");
    };
    let index = "panicked at panicking/src/lib.rs:11:12: index out of bounds: the len is 3 but the index is 4 ";
    check(told("index", "beer").await, Level::ERROR, index);
    let lines = "panicked at panicking/src/lib.rs:17:9: assertion `left == right` failed: what is in the horn? \
                 left: \"mead\" right: \"ale\" ";
    check(told("lines", "mead").await, Level::ERROR, lines);
    check(told("own", "").await, Level::WARN, "as I like it ");
}

#[tokio::test]
async fn endless_recursion_overflows_the_guests_stack_alone() {
    let plugins = hostile_at_leisure().await;
    let error = broken(&plugins, "hostile.overflow", "").await;
    assert!(error.starts_with(&named("hostile", r#"rpc "hostile.overflow" overflowed its stack"#)), "{error}");
}

#[tokio::test]
async fn memory_ends_at_its_limit() {
    let plugins = hostile_at_leisure().await;
    let error = broken(&plugins, "hostile.memory", "").await;
    assert_eq!(error, named("hostile", r#"rpc "hostile.memory" ran out of memory, the limit is 16777216 bytes"#));
}

#[tokio::test]
async fn an_instance_that_grew_too_far_is_retired() {
    let plugins = hostile_at_leisure().await;
    let first = calls(&plugins).await;
    rpc(&plugins, "hostile.keep", "1000000").await.unwrap();
    assert_eq!(calls(&plugins).await, first + 2, "1 MB of 16 is no reason to retire");
    rpc(&plugins, "hostile.keep", "9000000").await.unwrap();
    assert_eq!(calls(&plugins).await, 1, "9 MB of 16 is");
}

#[tokio::test]
async fn results_are_bounded() {
    let limits = Limits { result: 100_000, ..patient() };
    let plugins = Setup::new(limits).plugin("hostile", "hostile", &[]).load().await.unwrap();
    assert_eq!(rpc(&plugins, "hostile.huge", "90000").await.unwrap().len(), 90_000);
    let error = broken(&plugins, "hostile.huge", "110000").await;
    assert_eq!(error, named("hostile", r#"rpc "hostile.huge" passed more than 100000 bytes to the server at once"#));
}

#[tokio::test]
async fn an_exit_is_an_error() {
    let plugins = hostile_at_leisure().await;
    // It exits with 3, of which WASI 0.2 passes on no more than that it failed.
    assert_eq!(
        broken(&plugins, "hostile.exit", "").await,
        named("hostile", r#"rpc "hostile.exit" exited with status 1"#)
    );
}

#[tokio::test]
async fn log_lines_of_a_call_are_bounded() {
    logs::collect();
    for (plugin, id) in [("logging", "hostile.log_storm"), ("printing", "hostile.print_storm")] {
        let limits = patient();
        let plugins = Setup::new(limits).plugin(plugin, "hostile", &[]).load().await.unwrap();
        let count = |text: &str| logs::of(plugin).iter().filter(|line| line.contains(text)).count();
        rpc(&plugins, id, "").await.unwrap();
        assert_eq!((count("storm"), count("dropped")), (100, 1), "{plugin}");
        rpc(&plugins, id, "").await.unwrap();
        assert_eq!((count("storm"), count("dropped")), (200, 2), "{plugin}: each call has a budget of its own");
    }
}

#[tokio::test]
async fn calls_beyond_the_instances_wait_and_then_are_told_so() {
    let plugins = hostile().await;
    let hog = |plugins: Arc<Plugins>| tokio::spawn(async move { rpc(&plugins, "hostile.sleep", "").await });
    let hogs = [hog(plugins.clone()), hog(plugins.clone())];
    // Both hold an instance once a third call finds none.
    let busy = loop {
        match rpc(&plugins, "hostile.echo", "").await {
            Ok(_) => tokio::task::yield_now().await,
            Err(error) => break error,
        }
    };
    assert_eq!(busy, CallError::Busy { plugin: version("hostile"), waited_ms: 100 });
    let text = format!("plugin {} is busy: no instance was free within 100 ms", version("hostile"));
    assert_eq!(busy.to_string(), text);
    for hog in hogs {
        assert!(matches!(hog.await.unwrap(), Err(CallError::Broken(_))));
    }
    assert_eq!(rpc(&plugins, "hostile.echo", "again").await.unwrap(), "again");
}

/// On one thread: were a loop to keep it, nothing else would run until its deadline.
#[tokio::test(flavor = "current_thread")]
async fn no_guest_keeps_an_async_worker() {
    let limits = Limits { rpc_deadline: Duration::from_secs(2), instances: 4, ..short() };
    let setup = Setup::new(limits).plugin("evil", "hostile", &[("prefix", "evil.")]);
    let plugins = setup.plugin("good", "hostile", &[("prefix", "good.")]).load().await.unwrap();
    let hogs: Vec<_> = ["loop", "host_calls", "loop", "host_calls"]
        .map(|id| {
            let plugins = plugins.clone();
            tokio::spawn(async move { rpc(&plugins, &format!("evil.{id}"), "").await })
        })
        .into();
    for n in 0..200 {
        assert_eq!(rpc(&plugins, "good.echo", &n.to_string()).await.unwrap(), n.to_string());
        tokio::task::yield_now().await;
    }
    assert!(hogs.iter().all(|hog| !hog.is_finished()), "the good calls waited for the evil ones");
    for hog in hogs {
        assert!(matches!(hog.await.unwrap(), Err(CallError::Broken(_))));
    }
}

#[tokio::test]
async fn a_call_that_computes_for_a_while_comes_to_its_end() {
    let limits = patient();
    let plugins = Setup::new(limits).plugin("hostile", "hostile", &[]).load().await.unwrap();
    let first = rpc(&plugins, "hostile.busy", "300").await.unwrap();
    assert_eq!(rpc(&plugins, "hostile.busy", "300").await.unwrap(), first);
    assert!(calls(&plugins).await > 2, "moving to the slow lane costs no instance");
}

#[tokio::test]
async fn a_caller_that_goes_away_takes_its_call_along() {
    let limits = Limits { rpc_deadline: Duration::from_secs(3600), instances: 1, ..short() };
    let plugins = Setup::new(limits).plugin("hostile", "hostile", &[]).load().await.unwrap();
    for id in ["hostile.loop", "hostile.sleep"] {
        let gone = tokio::time::timeout(Duration::from_millis(50), rpc(&plugins, id, "")).await;
        assert!(gone.is_err());
        while rpc(&plugins, "hostile.echo", "").await.is_err() {}
        assert_eq!(calls(&plugins).await, 2, "the instance of {id} is gone");
    }
}
