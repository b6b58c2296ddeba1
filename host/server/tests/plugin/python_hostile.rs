//! Python that means harm: each behaviour ends in an error for its own caller, and the next call works.

use crate::guests::{Setup, python, rpc};
use meadhall::config::RuntimeConfig;
use meadhall::plugin::{CallError, Limits, Plugins};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// A second is enough for a new instance, and soon over for a loop.
async fn hostile() -> Arc<Plugins> {
    let limits = Limits {
        rpc_deadline: Duration::from_secs(1),
        start_deadline: Duration::from_secs(60),
        memory: 48 << 20,
        instances: 2,
        result: 100_000,
        ..Limits::from(&RuntimeConfig::default())
    };
    Setup::new(limits).bytes("hostile", &std::fs::read(python()).unwrap(), &[]).load().await.unwrap()
}

/// Calls a function that breaks something: the error's text, after checking that another instance takes the next call.
async fn broken(plugins: &Plugins, id: &str) -> String {
    let error = match rpc(plugins, id, "").await {
        Err(CallError::Broken(error)) => error,
        other => panic!("{id} is not broken: {other:?}"),
    };
    assert_eq!(rpc(plugins, "py.calls", "").await.unwrap(), "1", "{id}: the instance was used again");
    error
}

/// Calls a function whose fault Python itself sees: the internal error's text, after checking that the instance goes on.
async fn failed(plugins: &Plugins, id: &str) -> String {
    let calls: u32 = rpc(plugins, "py.calls", "").await.unwrap().parse().unwrap();
    let error = match rpc(plugins, id, "").await {
        Err(CallError::Failed { code: 13, message }) => message,
        other => panic!("{id} did not fail: {other:?}"),
    };
    assert_eq!(rpc(plugins, "py.calls", "").await.unwrap(), (calls + 1).to_string(), "{id}: the instance is gone");
    error
}

#[tokio::test]
async fn loops_end_at_their_deadline() {
    let plugins = hostile().await;
    for id in ["hostile.loop", "hostile.host_calls"] {
        let error = broken(&plugins, id).await;
        assert!(error.ends_with(&format!(": rpc \"{id}\" ran longer than 1000 ms")), "{error}");
    }
}

#[tokio::test]
async fn memory_ends_at_its_limit() {
    let plugins = hostile().await;
    // Python sees its own shortage of memory; the instance is retired, since it holds too much.
    match rpc(&plugins, "hostile.memory", "").await {
        Err(CallError::Failed { code: 13, message }) => {
            assert_eq!(message, r#"rpc "hostile.memory" failed: MemoryError"#);
        }
        Err(CallError::Broken(error)) => assert!(error.contains("ran out of memory"), "{error}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(rpc(&plugins, "py.calls", "").await.unwrap(), "1", "the instance was used again");
}

#[tokio::test]
async fn deep_recursion_is_an_error() {
    let plugins = hostile().await;
    let error = failed(&plugins, "hostile.recursion").await;
    assert!(error.starts_with(r#"rpc "hostile.recursion" failed: RecursionError: "#), "{error}");
    // What recurses in Python's own C code meets the end of the stack, and the instance is gone.
    let error = broken(&plugins, "hostile.nested").await;
    assert!(error.contains("overflowed its stack"), "{error}");
}

#[tokio::test]
async fn results_are_bounded() {
    let plugins = hostile().await;
    assert_eq!(rpc(&plugins, "hostile.huge", "90000").await.unwrap().len(), 90_000);
    let error = rpc(&plugins, "hostile.huge", "110000").await.unwrap_err().to_string();
    assert!(error.ends_with(r#": rpc "hostile.huge" passed more than 100000 bytes to the server at once"#), "{error}");
}

#[tokio::test]
async fn exits_and_odd_exceptions_are_errors() {
    let plugins = hostile().await;
    let check = async |id: &str, expected: &str| assert_eq!(failed(&plugins, id).await, expected);
    check("hostile.exit", r#"rpc "hostile.exit" called sys.exit(3)"#).await;
    check("hostile.odd", r#"rpc "hostile.odd" failed: Odd: its text cannot be read"#).await;
    let error = failed(&plugins, "hostile.surrogate").await;
    assert!(error.starts_with(r#"rpc "hostile.surrogate" failed: UnicodeEncodeError: "#), "{error}");
    let error = failed(&plugins, "hostile.set").await;
    assert!(error.contains("of type set cannot be written as JSON"), "{error}");
    let error = broken(&plugins, "hostile.os_exit").await;
    assert!(error.contains("exited with status"), "{error}");
}

/// What does not fit the contract must not reach the server; whether Python sees it or the instance ends, only this caller is
/// told.
#[tokio::test]
async fn arguments_that_do_not_fit_are_errors() {
    let plugins = hostile().await;
    for id in ["hostile.surrogate_argument", "hostile.wrong_argument", "hostile.too_large_argument"] {
        let error = rpc(&plugins, id, "").await.unwrap_err();
        assert!(matches!(error, CallError::Failed { code: 13, .. } | CallError::Broken(_)), "{id}: {error:?}");
        assert!(rpc(&plugins, "py.calls", "").await.unwrap().parse::<u32>().is_ok(), "{id}");
    }
}

#[tokio::test]
async fn other_calls_go_on_while_one_loops() {
    let plugins = hostile().await;
    let hog = tokio::spawn({
        let plugins = plugins.clone();
        async move { rpc(&plugins, "hostile.loop", "").await }
    });
    for n in 0..50 {
        assert_eq!(rpc(&plugins, "py.order", &format!("{{\"item\":\"{n}\"}}")).await.map(|it| it.len() > 9), Ok(true));
    }
    assert!(matches!(hog.await.unwrap(), Err(CallError::Broken(_))));
    let drawn: Value = serde_json::from_str(&rpc(&plugins, "py.random", "").await.unwrap()).unwrap();
    assert_eq!(drawn.as_array().unwrap().len(), 5);
}
