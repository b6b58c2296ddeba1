//! A JavaScript plugin that means harm: each behaviour ends in a clear error for its own caller, the next call works, and
//! an instance that broke is never used again.

use anyhow::{Context as _, Result};
use meadhall::plugin::{CallContext, CallError, Plugins};
use meadhall_tests::javascript::component;
use meadhall_tests::server::TestServer;
use std::sync::Arc;

async fn hostile() -> Result<TestServer> {
    hostile_within(2_000).await
}

/// With a deadline for calls, in milliseconds.
async fn hostile_within(rpc_deadline_ms: u64) -> Result<TestServer> {
    TestServer::start_with(|config| {
        config.runtime.plugins = vec![component("tests/guests/hostile-js")];
        config.runtime.rpc_deadline_ms = rpc_deadline_ms;
        config.runtime.instances = 2;
    })
    .await
}

fn plugins(server: &TestServer) -> Arc<Plugins> {
    server.server().app().plugins.clone()
}

async fn rpc(plugins: &Plugins, id: &str, payload: &str) -> Result<String, CallError> {
    plugins.rpc(id, payload.into(), CallContext::default()).await
}

/// The text of a call's error that cost it its instance, which names the plugin and its version.
fn broken<T: std::fmt::Debug>(outcome: Result<T, CallError>) -> String {
    match outcome {
        Err(CallError::Broken(error)) if error.starts_with("plugin hostile-js 0.0.1+") => error,
        other => panic!("it is not broken: {other:?}"),
    }
}

/// How many calls the next instance has had, this one included.
async fn calls(plugins: &Plugins) -> Result<u32> {
    let count = rpc(plugins, "hostile.calls", "").await.map_err(|error| anyhow::anyhow!("{error}"))?;
    count.parse().with_context(|| format!("{count:?} is no number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_ends_ends_at_its_deadline() -> Result<()> {
    let server = hostile().await?;
    let plugins = plugins(&server);
    for id in ["loop", "sleep", "promises", "host_calls"] {
        calls(&plugins).await?;
        let id = format!("hostile.{id}");
        let error = broken(rpc(&plugins, &id, "").await);
        assert!(error.ends_with(&format!(r#": rpc "{id}" ran longer than 2000 ms"#)), "{error}");
        assert_eq!(calls(&plugins).await?, 1, "{id}: the instance was used again");
    }
    let hook = plugins.before("UpdateAccount", "{}".into(), CallContext::default()).await;
    let error = broken(hook);
    assert!(error.ends_with(r#": before-hook "UpdateAccount" ran longer than 2000 ms"#), "{error}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_ends_at_its_limit() -> Result<()> {
    // Filling memory takes its time on a busy machine.
    let server = hostile_within(60_000).await?;
    let plugins = plugins(&server);
    for id in ["hostile.memory", "hostile.buffers"] {
        let error = rpc(&plugins, id, "").await.expect_err("there is no such amount of memory").to_string();
        assert!(error.contains("out of memory"), "{id}: {error}");
        assert_eq!(calls(&plugins).await?, 1, "{id}: the instance was used again");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn recursion_is_an_error_like_any_other() -> Result<()> {
    let server = hostile().await?;
    let refused = rpc(&plugins(&server), "hostile.recursion", "").await;
    let text = "InternalError: too much recursion";
    assert_eq!(refused, Err(CallError::Failed { code: 13, message: text.into() }));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn results_and_log_lines_are_bounded() -> Result<()> {
    let server = hostile().await?;
    let plugins = plugins(&server);
    assert_eq!(rpc(&plugins, "hostile.huge", "100000").await.map(|it| it.len()), Ok(100_000));
    let error = rpc(&plugins, "hostile.huge", "1100000").await.expect_err("a result is at most 1 MiB").to_string();
    assert!(error.ends_with("passed more than 1048576 bytes to the server at once"), "{error}");
    assert_eq!(rpc(&plugins, "hostile.log_storm", "").await.as_deref(), Ok("logged"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_that_nothing_keeps_is_an_error() -> Result<()> {
    let server = hostile().await?;
    let plugins = plugins(&server);
    let text = "its promise never settles: nothing is left to run that could do it";
    for id in ["hostile.pending", "hostile.pending_later", "hostile.pending_cleared"] {
        let refused = rpc(&plugins, id, "").await;
        assert_eq!(refused, Err(CallError::Failed { code: 13, message: text.into() }), "{id}");
    }
    let thrown = rpc(&plugins, "hostile.throw_later", "").await;
    assert_eq!(thrown, Err(CallError::Failed { code: 13, message: "Error: later".into() }));
    for wait in ["0", "20"] {
        assert_eq!(rpc(&plugins, "hostile.timers", wait).await.as_deref(), Ok("123"), "{wait} ms");
    }
    assert!(calls(&plugins).await? >= 1, "the next call works");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_fetch_and_it_says_so() -> Result<()> {
    let server = hostile().await?;
    match rpc(&plugins(&server), "hostile.fetch", "").await {
        Err(CallError::Failed { code: 13, message }) => {
            assert!(message.contains("use http of meadhall-guest"), "{message}")
        }
        other => panic!("{other:?}"),
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_thrown_is_an_error_with_a_text() -> Result<()> {
    let server = hostile().await?;
    let plugins = plugins(&server);
    for (what, text) in [
        ("null", "null"),
        ("undefined", "undefined"),
        ("number", "7"),
        ("text", "text"),
        ("symbol", "Symbol(mead)"),
        ("function", "() => () => 1"),
        ("payload", r#"{"payload":{"payload":7}}"#),
        ("error_with_payload", "Error: mead"),
        ("getter", "a value that cannot be shown"),
        ("revoked", "a value that cannot be shown"),
        ("circle", "Error: round"),
    ] {
        for id in ["hostile.throw", "hostile.reject"] {
            match rpc(&plugins, id, what).await {
                Err(CallError::Failed { code: 13, message }) => {
                    assert!(!message.is_empty() && (what == "function" || message == text), "{id} {what}: {message}");
                }
                other => panic!("{id} {what}: {other:?}"),
            }
        }
    }
    for (what, answer) in [("null", ""), ("undefined", ""), ("number", "7"), ("text", "text")] {
        assert_eq!(rpc(&plugins, "hostile.return", what).await.as_deref(), Ok(answer), "{what}");
    }
    for what in ["symbol", "function", "revoked"] {
        let refused = rpc(&plugins, "hostile.return", what).await;
        assert!(matches!(refused, Err(CallError::Failed { code: 13, .. })), "{what}: {refused:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_breaks_its_own_language_breaks_itself_alone() -> Result<()> {
    let server = hostile().await?;
    let plugins = plugins(&server);
    // Whatever comes of it comes at once, and a server that answers is what is asked for.
    for _ in 0..4 {
        let _ = rpc(&plugins, "hostile.prototypes", "").await;
        let _ = rpc(&plugins, "hostile.echo", "mead").await;
    }
    let (status, body) = {
        let answer = server.http.get_openly("/healthcheck").await?;
        (answer.status, answer.body)
    };
    assert_eq!(status, 200, "{body}");
    Ok(())
}
