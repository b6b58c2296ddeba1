//! Each kind of handler, and how its answers and errors reach the client.

use super::{call, happened, payload, probe, try_call, wait_for};
use crate::device;
use anyhow::Result;
use meadhall::plugin::{Limits, Schedule, inspect};
use meadhall_core::clock::{Environment, ManualClock, Timestamp};
use meadhall_protocol::codec::Format;
use meadhall_tests::javascript::component;
use meadhall_tests::server::TestServer;
use meadhall_tests::socket::{FORMATS, Socket};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn an_rpc_answers_over_http_and_sockets() -> Result<()> {
    let server = probe().await?;
    let login = server.http.log_in(&device("astrid"), "astrid").await?;
    let answer = server.http.rpc("probe.hop", &login.token, r#"{"hop":7}"#).await?;
    assert_eq!(payload(&answer)?, json!({ "hop": 8 }));
    for format in FORMATS {
        let mut socket = Socket::open(server.addr(), &login.token, format).await?;
        assert_eq!(socket.rpc("probe.echo", "skål 🍯").await?, "skål 🍯");
        assert_eq!(socket.rpc("probe.later", "mead").await?, "later mead");
        let session: Value = serde_json::from_str(&socket.rpc("probe.session", "").await?)?;
        assert_eq!(session["userId"], json!(login.user_id));
        socket.close().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_reach_the_client_with_their_code() -> Result<()> {
    let server = probe().await?;
    for (code, status) in [(3, 400), (5, 404), (7, 403), (8, 429), (16, 401)] {
        let answer = server.http.rpc_as_server("probe.fail", &code.to_string()).await?;
        assert_eq!((answer.status, &answer.body["code"]), (status, &json!(code)));
        assert_eq!(answer.body["message"], "as you wish");
    }
    let check = async |id: &str, payload: &str, status: u16, text: &str| -> Result<()> {
        let answer = server.http.rpc_as_server(id, payload).await?;
        assert_eq!(answer.status, status, "{id}: {}", answer.body);
        assert!(answer.body["message"].as_str().is_some_and(|it| it.contains(text)), "{id}: {}", answer.body);
        Ok(())
    };
    check("probe.reject", "", 404, "nothing here").await?;
    check("probe.hop", "no json", 400, "bad payload: ").await?;
    check("probe.hop", "null", 500, "TypeError: ").await?;
    check("probe.fail", "17", 500, "17 is no code of an error").await?;
    check("probe.session", "", 401, "this needs a user, and the call was made without one").await?;

    let login = server.http.log_in(&device("astrid"), "astrid").await?;
    let mut socket = Socket::open(server.addr(), &login.token, Format::Json).await?;
    let refused = socket.call(json!({ "rpc": { "id": "probe.fail", "payload": "9" } })).await?;
    assert_eq!(refused["error"]["message"], "as you wish", "{refused}");
    let over_http = server.http.rpc("probe.session", &login.token, "").await?;
    assert_eq!(over_http.body["message"], "this needs a socket, and the call came over plain HTTP");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_own_errors_and_wrong_arguments_are_told() -> Result<()> {
    let server = probe().await?;
    let check = async |function: &str, values: Value, code: u64, text: &str| -> Result<()> {
        let answer = try_call(&server, function, &values).await?;
        assert_eq!(answer.body["code"], code, "{function}: {}", answer.body);
        assert!(answer.body["message"].as_str().is_some_and(|it| it.contains(text)), "{function}: {}", answer.body);
        Ok(())
    };
    check("account.get", json!(["00000000-0000-4000-8000-000000000009"]), 5, "not found").await?;
    check("stream.join", json!([{ "mode": 142 }, { "userId": "x", "sessionId": "y" }]), 3, "").await?;
    check("stream.send", json!([{ "mode": 142 }, 5]), 13, "the server cannot be called with these arguments").await?;
    check("stream.ofChannel", json!(["7.x"]), 3, "is no channel id").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn before_hooks_keep_replace_drop_and_refuse() -> Result<()> {
    let server = probe().await?;
    let login = server.http.log_in(&device("astrid"), "astrid").await?;
    let update = |location: &str| {
        server.http.call(Method::PUT, "/v2/account", &login.token, Some(json!({ "location": location })))
    };
    let location = async || -> Result<Value> {
        Ok(server.http.get("/v2/account", &login.token).await?.ok()?["user"]["location"].clone())
    };
    assert_eq!(update("hall").await?.status, 200);
    assert_eq!(location().await?, "hall", "kept as it came");
    assert_eq!(update("shouting").await?.status, 200);
    assert_eq!(location().await?, "SHOUTING");
    let refused = update("refused").await?;
    assert_eq!((refused.status, &refused.body["message"]), (403, &json!("not there")));
    assert_eq!(update("dropped").await?.status, 404);
    let wrong = update("null").await?;
    assert_eq!(wrong.status, 500);
    assert!(wrong.body["message"].to_string().contains("before.UpdateAccount returned null"), "{}", wrong.body);
    assert_eq!(location().await?, "SHOUTING", "what was refused and dropped changed nothing");
    let updated = happened(&server, "updated").await?;
    assert_eq!(updated, json!({ "request": { "location": "SHOUTING" }, "reply": {}, "username": "astrid" }));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn hooks_stand_around_realtime_messages_too() -> Result<()> {
    let server = probe().await?;
    for (number, format) in FORMATS.into_iter().enumerate() {
        let name = format!("user-{number}");
        let login = server.http.log_in(&device(&name), &name).await?;
        let mut socket = Socket::open(server.addr(), &login.token, format).await?;
        let hall = socket.join_room(&name).await?;
        let joined = wait_for(&server, "joined", |it| it["room"] == name).await?;
        assert_eq!(joined["request"]["target"], json!(name));
        let id = hall["id"].as_str().unwrap_or_default();
        let send = json!({ "channel_message_send": { "channel_id": id, "content": r#"{"words":"more mead"}"# } });
        socket.ask(send, "channel_message_ack").await?;
        let history = server.http.history(id, &login.token).await?;
        assert_eq!(history[0]["content"], r#"{"words":"***"}"#);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn events_and_sessions_are_handled() -> Result<()> {
    let server = probe().await?;
    let login = server.http.log_in(&device("astrid"), "astrid").await?;
    let socket = Socket::open(server.addr(), &login.token, Format::Json).await?;
    let start = wait_for(&server, "session_start", |it| !it.is_null()).await?;
    assert_eq!((&start["name"], &start["username"]), (&json!("session_start"), &json!("astrid")));
    socket.close().await?;
    let end = wait_for(&server, "session_end", |it| !it.is_null()).await?;
    assert_eq!((&end["name"], &end["properties"]["reason"]), (&json!("session_end"), &json!("")));

    let event = json!({ "name": "toast", "properties": { "drink": "mead" }, "timestamp": "2026-01-02T03:04:05.678Z" });
    server.http.call(Method::POST, "/v2/event", &login.token, Some(event)).await?.ok()?;
    let event = wait_for(&server, "event", |it| it["name"] == "toast").await?;
    assert_eq!((&event["properties"], &event["external"]), (&json!({ "drink": "mead" }), &json!(true)));
    assert_eq!(event["at"], json!(1_767_323_045_678_i64));
    call(&server, "event.emit", json!(["own", { "a": "b" }])).await?;
    let event = wait_for(&server, "event", |it| it["name"] == "own").await?;
    assert_eq!((&event["properties"], &event["external"]), (&json!({ "a": "b" }), &json!(false)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn times_and_the_version_are_registered() -> Result<()> {
    let limits = Limits::from(&meadhall::config::RuntimeConfig::default());
    let inspection = inspect(&component("tests/guests/probe-js"), limits, None).await?;
    assert_eq!((&*inspection.name, &*inspection.version), ("probe-js", "1.2.3"), "as package.json says");
    for handler in
        [("rpc", "probe.echo"), ("before", "UpdateAccount"), ("after", "ChannelJoin"), ("cron", "*/5 * * * *")]
    {
        let handler = (handler.0.to_owned(), handler.1.to_owned());
        assert!(inspection.handlers.contains(&handler), "{handler:?} is missing: {:?}", inspection.handlers);
    }
    for kind in ["event", "session-start", "session-end"] {
        assert!(inspection.handlers.contains(&(kind.to_owned(), String::new())), "{kind} is missing");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_runs_its_handler() -> Result<()> {
    let server = probe().await?;
    let minute = |minute: i64| Timestamp::from_nanos((1_767_225_600 + 60 * minute + 17) * 1_000_000_000);
    let clock = Arc::new(ManualClock::new(minute(1)));
    let mut schedule = Schedule::new(server.server().app().plugins.clone(), Environment::seeded(clock.clone(), 1));
    clock.set(minute(5));
    schedule.look();
    schedule.runs().wait().await;
    assert_eq!(happened(&server, "tick").await?, json!({ "due": "2026-01-01T00:05:00.000Z" }));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_context_tells_who_called() -> Result<()> {
    let settings = toml_settings(&[("drink", "mead")]);
    let server = TestServer::start_with(|config| {
        config.runtime.plugins = vec![component("tests/guests/probe-js")];
        config.plugin.entry("probe-js".into()).or_default().settings = settings;
    })
    .await?;
    let login = server.http.log_in(&device("astrid"), "astrid").await?;
    let mut socket = Socket::open(server.addr(), &login.token, Format::Json).await?;
    let facts: Value = serde_json::from_str(&socket.rpc("probe.context", "").await?)?;
    assert_eq!((&facts["user"]["id"], &facts["user"]["username"]), (&json!(login.user_id), &json!("astrid")));
    assert!(facts["user"]["expiresAt"].as_i64().is_some_and(|it| it > 1_700_000_000), "{facts}");
    assert_eq!((&facts["lang"], &facts["mode"]), (&json!("en"), &json!("rpc")));
    assert_eq!((&facts["config"], &facts["environment"]), (&json!({ "drink": "mead" }), &json!({})));
    assert_eq!(facts["client"]["address"], "127.0.0.1");

    let url = "/v2/rpc/probe.context?colour=red&colour=blue";
    let answer = server.http.call(Method::POST, url, &login.token, Some(json!(""))).await?;
    let facts = payload(&answer)?;
    assert_eq!((&facts["sessionId"], &facts["queryParams"]["colour"]), (&Value::Null, &json!(["red", "blue"])));
    assert!(facts["headers"]["accept"].is_array() && facts["headers"]["authorization"].is_null(), "{facts}");
    let start = happened(&server, "start").await?;
    assert_eq!((&start["mode"], &start["config"]), (&json!("start"), &json!({ "drink": "mead" })));
    Ok(())
}

fn toml_settings(pairs: &[(&str, &str)]) -> std::collections::BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_fails_stops_the_load() -> Result<()> {
    let started = TestServer::start_with(|config| {
        config.runtime.plugins = vec![component("tests/guests/probe-js")];
        config.plugin.entry("probe-js".into()).or_default().settings = toml_settings(&[("start", "fail")]);
    });
    let error = format!("{:#}", started.await.expect_err("the start fails"));
    assert!(error.contains("probe-js") && error.contains("no mead left"), "{error}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_have_random_values_of_their_own() -> Result<()> {
    let server = probe().await?;
    let random = async || payload(&server.http.rpc_as_server("probe.random", "").await?);
    let (first, second) = (random().await?, random().await?);
    assert_ne!((&first[0], &first[1]), (&second[0], &second[1]));
    // A second server has instances that began from the same snapshot.
    let other = probe().await?;
    let third = payload(&other.http.rpc_as_server("probe.random", "").await?)?;
    for (at, name) in [(0, "Math.random"), (1, "crypto.randomUUID")] {
        assert!(first[at] != third[at] && second[at] != third[at], "{name} repeats itself: {first} {second} {third}");
    }
    Ok(())
}
