//! Plugins in Python: a real component, made of `tests/guests/python` with the SDK.

use crate::calls::ann;
use crate::guests::{Setup, python, rpc};
use crate::logs;
use meadhall::config::RuntimeConfig;
use meadhall::plugin::{Before, CallContext, CallError, Limits, Plugins};
use meadhall_core::Core;
use meadhall_core::NewSession;
use meadhall_core::account::{Credential, LoginRequest};
use meadhall_core::caller::{CallerUser, ClientAddress};
use meadhall_core::clock::Timestamp;
use meadhall_core::events::{Event, EventKind, QueuedEvent};
use meadhall_core::ids::UserId;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// A server with the guest as plugin `name`. Deadlines leave room for instances that start on a busy machine.
async fn load(name: &str) -> (Arc<Plugins>, Arc<Core>) {
    let limits = Limits { rpc_deadline: Duration::from_secs(60), ..Limits::from(&RuntimeConfig::default()) };
    let guest = std::fs::read(python()).unwrap();
    Setup::new(limits).bytes(name, &guest, &[("mead", "sweet")]).load_with_core().await.unwrap()
}

async fn answer(plugins: &Plugins, id: &str, payload: &str) -> Value {
    serde_json::from_str(&rpc(plugins, id, payload).await.unwrap()).unwrap()
}

fn failed(code: u32, message: &str) -> CallError {
    CallError::Failed { code, message: message.into() }
}

#[tokio::test]
async fn payloads_are_read_as_functions_say_and_errors_have_their_codes() {
    logs::collect();
    let (plugins, _) = load("py-payloads").await;
    assert_eq!(rpc(&plugins, "py.echo", "grüezi 🦊").await.unwrap(), "grüezi 🦊");
    assert_eq!(
        answer(&plugins, "py.order", r#"{"item":"horn","more":1}"#).await,
        json!({ "item": "horn", "count": 1 })
    );
    let refused = async |payload: &str| rpc(&plugins, "py.order", payload).await.unwrap_err();
    assert_eq!(refused(r#"{"count":2}"#).await, failed(3, "bad payload: `item` is missing"));
    assert_eq!(refused(r#"{"item":7}"#).await, failed(3, "bad payload: `item` is no text"));
    assert_eq!(refused("[]").await, failed(3, "bad payload: it is no object"));
    let CallError::Failed { code: 3, message } = refused("{").await else { panic!("no JSON") };
    assert!(message.starts_with("bad payload: it is no JSON: "), "{message}");
    let problem = json!({ "code": 5, "message": "no such horn" }).to_string();
    assert_eq!(rpc(&plugins, "py.fail", &problem).await, Err(failed(5, "no such horn")));
    let problem = json!({ "code": 99, "message": "" }).to_string();
    let expected =
        r#"rpc "py.fail" failed: TypeError: the code of a PluginError is a whole number from 1 to 16, not 99"#;
    assert_eq!(rpc(&plugins, "py.fail", &problem).await, Err(failed(13, expected)));
    let logged = logs::of("py-payloads").join("\n");
    assert!(logged.contains("File \"plugin.py\", line ") && logged.contains("raise PluginError(problem"), "{logged}");
}

#[tokio::test]
async fn a_function_sees_its_own_call() {
    let (plugins, _) = load("py-facts").await;
    let context = CallContext {
        caller: ann(),
        query: vec![("q".into(), vec!["1".into(), "2".into()])],
        headers: vec![("x-game".into(), vec!["hall".into()])],
    };
    let facts = plugins.rpc("py.facts", String::new(), context).await.unwrap();
    let nil = UserId::NIL.to_string();
    let expected = json!({
        "mode": "RPC", "node": "hall", "user": [nil, "ann", 99], "session": [nil, "en"], "client": ["127.0.0.1", 4000],
        "vars": { "locale": "de" }, "query_params": { "q": ["1", "2"] }, "headers": { "x-game": ["hall"] },
        "config": { "mead": "sweet" }, "environment": {}, "extra": {},
    });
    assert_eq!(serde_json::from_str::<Value>(&facts).unwrap(), expected);
    let nobody = rpc(&plugins, "py.facts", "").await.unwrap_err();
    assert_eq!(nobody, failed(16, "this needs a user, and the call was made without one"));
}

#[tokio::test]
async fn before_hooks_keep_change_replace_drop_and_refuse() {
    let (plugins, _) = load("py-before").await;
    let hook = async |name: &str| {
        let request = json!({ "display_name": name, "later": [1] }).to_string();
        plugins.before("UpdateAccount", request, CallContext::default()).await
    };
    assert_eq!(hook("keep").await, Ok(Before::Keep));
    assert_eq!(hook("drop").await, Ok(Before::Drop));
    assert_eq!(hook("refuse").await, Err(failed(9, "not today")));
    let changed = r#"{"display_name":"changed","later":[1]}"#;
    assert_eq!(hook("change").await, Ok(Before::Replace(changed.into())), "what the SDK does not know is kept");
    assert_eq!(hook("replace").await, Ok(Before::Replace(r#"{"location":"hall"}"#.into())));
    assert_eq!(hook("break").await, Err(failed(13, r#"before-hook "UpdateAccount" failed: KeyError: 'missing'"#)));
    let Err(CallError::Failed { code: 13, message }) = hook("odd").await else { panic!("a text is no request") };
    assert!(message.contains("a before-hook returns its UpdateAccountRequest, DROP or None"), "{message}");
}

#[tokio::test]
async fn after_hooks_events_and_start_are_handled_and_lines_reach_the_log() {
    logs::collect();
    let (plugins, _) = load("py-events").await;
    plugins.after("UpdateAccount", r#"{"location":"hall"}"#, "{}", CallContext::default()).await;
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
    rpc(&plugins, "py.log", "").await.unwrap();
    let logged = logs::of("py-events");
    for line in [
        "started in mode START",
        r#"after {"location":"hall"} {}"#,
        r#"event won {"k": "v"} 1000 True"#,
        "session_start of ann",
        "session_end of ann",
        "by log",
        "shop: by logging",
        "by print",
    ] {
        assert!(logged.iter().any(|logged| logged.starts_with(line)), "{logged:#?} lacks {line}");
    }
}

/// Instances come from one snapshot, which was taken after generators were made.
#[tokio::test]
async fn instances_do_not_repeat_each_others_random_numbers() {
    let guest = std::fs::read(python()).unwrap();
    // Half of this is less than Python begins with, so that each call gets a fresh instance.
    let limits =
        Limits { rpc_deadline: Duration::from_secs(60), memory: 24 << 20, ..Limits::from(&RuntimeConfig::default()) };
    let plugins = Setup::new(limits).bytes("py-random", &guest, &[]).load().await.unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for instance in 0..3 {
        assert_eq!(answer(&plugins, "py.calls", "").await, 1, "a fresh instance");
        for drawn in answer(&plugins, "py.random", "").await.as_array().unwrap() {
            assert!(seen.insert(drawn.to_string()), "{drawn} was drawn before, again in instance {instance}");
        }
    }
    let fixed = rpc(&plugins, "py.fixed_random", "").await.unwrap();
    assert_eq!(rpc(&plugins, "py.fixed_random", "").await.unwrap(), fixed, "a seed of its own is kept");
}

/// A server with Ann, on a socket, and Bob; calls every function of an interface.
async fn interface(name: &str, expected: Value) {
    let (plugins, core) = load("py-interfaces").await;
    let register = async |username: &str| {
        let credential = Credential::Device(format!("device-of-{username}"));
        let request = LoginRequest { credential, create: true, username: username.into(), address: None };
        core.accounts.authenticate(request).await.unwrap().user_id
    };
    let (ann, bob) = (register("ann").await, register("bob").await);
    let user = CallerUser { id: ann, username: "ann".into(), vars: Arc::default(), expires_at: Timestamp::default() };
    let client = ClientAddress { ip: [127, 0, 0, 1].into(), port: 1 };
    let session = core.open_session(NewSession { user, lang: "en".into(), client, status: false });
    let arguments = json!({
        "interface": name, "ann": ann.to_string(), "bob": bob.to_string(), "session": session.id().to_string(),
    });
    let mut results = answer(&plugins, "py.interfaces", &arguments.to_string()).await;
    // Ids of the moment, and sentences that other tests read.
    for result in results.as_object_mut().unwrap().values_mut() {
        if let Some(object) = result.as_object_mut() {
            object.remove("message");
            object.remove("id");
        }
    }
    assert_eq!(results, expected, "{name}");
}

#[tokio::test]
async fn every_function_of_streams_channels_and_statuses_is_there() {
    let meta = json!({ "username": "ann", "hidden": false, "persistence": true, "status": "there" });
    interface(
        "status",
        json!({
            "update": null, "online": true, "list": ["at the table"], "follow": ["at the table"], "unfollow": null,
        }),
    )
    .await;
    interface("channel", json!({
        "send": "", "direct": true, "group": true, "update": 1,
        "list": [r#"{"text":"mead"}"#, r#"{"text":"from the server"}"#], "list_from": 2, "get": r#"{"text":"mead"}"#,
        "mark_read": 0, "read_marker": 0, "read_markers": 1, "remove": 2,
    }))
    .await;
    interface(
        "stream",
        json!({
            "join": true, "update": null, "send": [null, null], "send_envelope": null, "count": 1,
            "list": [meta], "get": meta, "leave": null, "gone": null, "close": null,
        }),
    )
    .await;
}

#[tokio::test]
async fn every_function_of_people_is_there() {
    interface("users", json!({ "by_id": ["ann"], "by_username": [true] })).await;
    interface(
        "friend",
        json!({
            "add": null, "list": [[2, "ann"]], "accept": null, "list_of_friends": [], "delete": null, "block": null,
            "blocked": [3],
        }),
    )
    .await;
    interface("group", json!({
        "create": ["ravens", true, r#"{"colour":"black"}"#], "update": null, "get": ["black birds"], "list": ["ravens"],
        "join": null, "users": [0, 2], "members": 1, "of_user": [2], "promote": null, "demote": null, "leave": null,
        "add": null, "kick": null, "ban": null, "delete": null,
    }))
    .await;
    interface(
        "account",
        json!({
            "get": "device-of-ann", "update": null, "updated": "Ann",
            "export": ["account", "friends", "groups", "messages", "notifications", "read_markers", "storage_objects"],
            "ban": null, "unban": null, "delete": null, "deleted": { "code": 5 },
        }),
    )
    .await;
}

#[tokio::test]
async fn every_function_of_what_is_kept_and_counted_is_there() {
    interface(
        "notification",
        json!({
            "send": null, "list": [["a gift", r#"{"gold":5}"#]], "delete": null, "deleted": 0, "refused": { "code": 3 },
        }),
    )
    .await;
    interface(
        "storage",
        json!({
            "write": true, "get": "horn", "read": [{ "notes": 3 }],
            "list": [["harp", "OWNER", "OWNER"], ["horn", "OWNER", "OWNER"]], "conflict": { "code": 9 }, "delete": null,
            "deleted": null,
        }),
    )
    .await;
    interface("session", json!({ "disconnect": null })).await;
    let denied = json!({ "code": 7 });
    interface(
        "rest",
        json!({
            "emit": null, "counter": null, "gauge": null, "timer": null, "trace": null, "http": denied, "read": denied,
            "list": denied,
        }),
    )
    .await;
}
