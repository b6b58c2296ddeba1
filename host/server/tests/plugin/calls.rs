//! Calls of well-behaved functions: RPCs, hooks, events.

use crate::guests::{Setup, calls, hostile, rpc, short};
use crate::logs;
use meadhall::plugin::{Before, CallContext, CallError};
use meadhall_core::caller::{Caller, CallerSession, CallerUser, ClientAddress};
use meadhall_core::clock::Timestamp;
use meadhall_core::events::{Event, EventKind, QueuedEvent};
use meadhall_core::ids::{SessionId, UserId};
use metrics_exporter_prometheus::PrometheusBuilder;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A player on a socket.
pub(crate) fn ann() -> Arc<Caller> {
    Arc::new(Caller {
        user: Some(CallerUser {
            id: UserId::NIL,
            username: "ann".into(),
            vars: Arc::new(BTreeMap::from([("locale".to_owned(), "de".to_owned())])),
            expires_at: Timestamp::from_seconds(99),
        }),
        session: Some(CallerSession { id: SessionId::NIL, lang: "en".into() }),
        client: Some(ClientAddress { ip: [127, 0, 0, 1].into(), port: 4000 }),
    })
}

#[tokio::test]
async fn an_rpc_returns_what_the_function_returns() {
    let plugins = hostile().await;
    assert_eq!(rpc(&plugins, "hostile.echo", "grüezi 🦊").await.unwrap(), "grüezi 🦊");
    assert_eq!(rpc(&plugins, "hostile.echo", "").await.unwrap(), "");
    assert_eq!(rpc(&plugins, "nothing", "").await, Err(CallError::NotFound));
    let failed = CallError::Failed { code: 5, message: "as you wish".into() };
    assert_eq!(rpc(&plugins, "hostile.fail", "5").await, Err(failed));
    let failed = CallError::Failed { code: 99, message: "as you wish".into() };
    assert_eq!(rpc(&plugins, "hostile.fail", "").await, Err(failed));
}

#[tokio::test]
async fn instances_are_kept_between_calls() {
    let plugins = hostile().await;
    let first = calls(&plugins).await;
    for later in 1..10 {
        assert_eq!(calls(&plugins).await, first + later);
    }
}

#[tokio::test]
async fn a_function_sees_its_own_call() {
    let plugins = Setup::new(short()).plugin("one", "hostile", &[("mead", "sweet")]).load().await.unwrap();
    let context = CallContext {
        caller: ann(),
        query: vec![("q".into(), vec!["1".into(), "2".into()])],
        headers: vec![("x-game".into(), vec!["hall".into()])],
    };
    let seen = plugins.rpc("hostile.context", String::new(), context).await.unwrap();
    for part in [
        "Mode::Rpc",
        "node=",
        r#"user=Some(("ann", 99))"#,
        r#"session=Some("en")"#,
        r#"client=Some(("127.0.0.1", 4000))"#,
        r#"vars=[("locale", "de")]"#,
        r#"query=[("q", ["1", "2"])]"#,
        r#"headers=[("x-game", ["hall"])]"#,
        r#"config=[("mead", "sweet")]"#,
    ] {
        assert!(seen.contains(part), "{seen} lacks {part}");
    }
    let seen = rpc(&plugins, "hostile.context", "").await.unwrap();
    assert!(seen.contains("user=None session=None client=None vars=[] query=[] headers=[]"), "{seen}");
}

#[tokio::test]
async fn before_hooks_run_in_order_and_pass_on_what_they_change() {
    let plugins = Setup::new(short())
        .plugin("first", "hostile", &[("prefix", "first."), ("tag", "+1")])
        .plugin("second", "hostile", &[("prefix", "second.")])
        .plugin("third", "hostile", &[("prefix", "third."), ("tag", "+3")])
        .load()
        .await
        .unwrap();
    let before = async |request: &str| plugins.before("UpdateAccount", request.into(), CallContext::default()).await;
    assert!(plugins.wants_before("UpdateAccount") && !plugins.wants_before("GetAccount"));
    assert_eq!(before("{}").await, Ok(Before::Replace("{}+1+3".into())));
    assert_eq!(before("drop").await, Ok(Before::Drop));
    let refused = CallError::Failed { code: 7, message: "UpdateAccount is not for you".into() };
    assert_eq!(before("refuse").await, Err(refused));
    let nobody = plugins.before("GetAccount", "{}".into(), CallContext::default()).await;
    assert_eq!(nobody, Ok(Before::Keep));
}

#[tokio::test]
async fn a_hook_that_keeps_changes_nothing() {
    let plugins = hostile().await;
    let kept = plugins.before("ChannelMessageSend", "{}".into(), CallContext::default()).await;
    assert_eq!(kept, Ok(Before::Keep));
}

#[tokio::test]
async fn after_hooks_get_request_and_reply_and_fail_alone() {
    logs::collect();
    let plugins = Setup::new(short())
        .plugin("after-one", "hostile", &[("prefix", "one.")])
        .plugin("after-two", "hostile", &[("prefix", "two.")])
        .load()
        .await
        .unwrap();
    assert!(plugins.wants_after("UpdateAccount") && !plugins.wants_after("GetAccount"));
    plugins.after("UpdateAccount", r#"{"a":1}"#, "{}", CallContext::default()).await;
    let line = r#"after UpdateAccount {"a":1} {}"#;
    for plugin in ["after-one", "after-two"] {
        assert!(logs::of(plugin).iter().any(|logged| logged.starts_with(line)), "{:?}", logs::of(plugin));
    }
    plugins.after("UpdateAccount", "refuse", "{}", CallContext::default()).await;
    for plugin in ["after-one", "after-two"] {
        assert!(logs::of(plugin).iter().any(|logged| logged.contains("after-hooks cannot refuse")));
    }
}

#[tokio::test]
async fn events_reach_the_handlers_of_their_kind() {
    logs::collect();
    let plugins = Setup::new(short()).plugin("handler", "hostile", &[]).load().await.unwrap();
    assert!(plugins.wants_event(EventKind::SessionEnd));
    let event = |kind, name: &str| QueuedEvent {
        kind,
        event: Event {
            name: name.into(),
            properties: vec![("k".into(), "v".into())],
            timestamp: Some(Timestamp::from_seconds(1)),
            external: true,
        },
        caller: ann(),
    };
    plugins.event(event(EventKind::Custom, "won")).await;
    plugins.event(event(EventKind::SessionStart, "session_start")).await;
    plugins.event(event(EventKind::SessionEnd, "session_end")).await;
    plugins.event(event(EventKind::Custom, "loop")).await;
    let logged = logs::of("handler");
    for line in [
        r#"event won [("k", "v")] true"#,
        "start session_start",
        r#"end session_end [("k", "v")]"#,
        "event handler failed",
    ] {
        assert!(logged.iter().any(|logged| logged.contains(line)), "{logged:?} lacks {line}");
    }
    let (user, session) = (format!("user={}", UserId::NIL), format!("session={}", SessionId::NIL));
    assert!(logged[1..].iter().any(|line| line.contains(&user) && line.contains(&session)), "{logged:?}");
}

#[tokio::test]
async fn calls_and_their_errors_are_counted_by_plugin_and_kind() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let plugins = Setup::new(short()).plugin("counted", "hostile", &[]).recorder(recorder).load().await.unwrap();
    rpc(&plugins, "hostile.echo", "").await.unwrap();
    rpc(&plugins, "hostile.fail", "5").await.unwrap_err();
    rpc(&plugins, "hostile.trap", "").await.unwrap_err();
    plugins.before("UpdateAccount", "{}".into(), CallContext::default()).await.unwrap();
    let text = handle.render();
    for line in [
        r#"meadhall_plugin_calls_total{plugin="counted",kind="rpc"} 3"#,
        r#"meadhall_plugin_calls_total{plugin="counted",kind="before"} 1"#,
        r#"meadhall_plugin_calls_total{plugin="counted",kind="start"} 1"#,
        r#"meadhall_plugin_call_seconds_count{plugin="counted",kind="rpc"} 3"#,
        r#"meadhall_plugin_errors_total{plugin="counted",kind="rpc",reason="failed"} 1"#,
        r#"meadhall_plugin_errors_total{plugin="counted",kind="rpc",reason="broken"} 1"#,
    ] {
        assert!(text.contains(line), "{text} lacks {line}");
    }
}
