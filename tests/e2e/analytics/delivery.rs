//! That everything arrives, and nobody waits.

use super::service::{batches, numbers, takes};
use super::{Hall, of_plugin};
use crate::device;
use anyhow::{Context as _, Result};
use meadhall_protocol::codec::Format;
use meadhall_tests::elsewhere::{Elsewhere, Manner};
use meadhall_tests::plugins::repository;
use meadhall_tests::socket::Socket;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn what_clients_plugins_and_sessions_do_arrives() -> Result<()> {
    let service = Elsewhere::start(takes()).await?;
    let data = tempfile::tempdir()?;
    let hall = Hall::open(data.path(), service.addr(), &[]).await?;
    let login = hall.http.log_in(&device("astrid"), "astrid").await?;
    let socket = Socket::open(hall.addr, &login.token, Format::Json).await?;
    let event = json!({ "name": "toast", "properties": { "drink": "mead" }, "timestamp": "2026-01-02T03:04:05Z" });
    hall.http.call(Method::POST, "/v2/event", &login.token, Some(event)).await?.ok()?;
    hall.happen([7]).await?;
    socket.close().await?;
    hall.reaches(r#"plugin_events_handled{plugin="probe",kind="session_end"}"#, 1.0).await?;

    // Each instance of the plugin has filled a batch of its own.
    let report = hall.flush().await?;
    assert_eq!((&report["waiting"], &report["problem"]), (&json!(0), &Value::Null), "{report}");
    let batches = batches(&service)?;
    let events: Vec<_> = batches.iter().flat_map(|(_, body)| body["events"].as_array().into_iter().flatten()).collect();
    let named = |name: &str| events.iter().find(|event| event["name"] == name).with_context(|| format!("no {name}"));
    assert_eq!(events.len(), 4, "{events:?}");
    for name in ["session_start", "session_end", "toast"] {
        assert_eq!(named(name)?["user_id"], *login.user_id, "{name}");
    }
    assert!(named("session_start")?["session_id"].is_string());
    let toast = named("toast")?;
    assert_eq!((&toast["external"], &toast["time_ms"]), (&json!(true), &json!(1_767_323_045_000_i64)));
    assert_eq!(toast["properties"], json!({ "drink": "mead" }));
    let won = named("won")?;
    assert_eq!((&won["external"], &won["properties"]), (&json!(false), &json!({ "number": "7" })));
    Ok(())
}

/// What a service does, and what the plugin says of it; nothing where the batch counts as taken.
fn manners(service: &Elsewhere) -> Vec<(Manner, Option<String>)> {
    let addr = service.addr();
    let problem = |text: &str| Some(text.to_owned());
    // What unpacks to a thousand times its size.
    let bomb = vec![0; 90_000];
    let large = format!("x-large: {}", "x".repeat(40_000));
    let huge = format!("x-huge: {}", "x".repeat(2_000_000));
    let headers = problem(&format!("the headers of {addr} are more than 32768 bytes"));
    let endless = problem(&format!("the response of {addr} is more than 100000 bytes, response_bytes of its grant"));
    let again = format!("location: http://{addr}/batch");
    vec![
        (Manner::answer(500, &[], "out of mead"), problem("it answers 500")),
        (Manner::answer(503, &["retry-after: soon"], ""), problem("it answers 503")),
        (Manner::answer(429, &["retry-after: 3600"], ""), problem("it answers 429")),
        (Manner::answer(401, &[], "who are you?"), problem("it answers 401")),
        // It has the batch, and breaks off.
        (Manner::bytes(""), problem(&format!("{addr} cannot be asked: "))),
        (Manner::bytes("HTTP/1.1 200 O"), problem(&format!("{addr} cannot be asked: "))),
        (Manner::raw(200, &["content-length: 1000"], "taken"), problem(&format!("{addr} broke off: "))),
        (Manner::bytes("gibberish\r\n\r\n"), problem(&format!("{addr} cannot be asked: "))),
        // It has the batch, and stalls.
        (Manner::bytes("").wait(), problem(&format!("{addr} has not answered within 500 ms"))),
        (Manner::raw(200, &[], "").drip(), problem(&format!("{addr} has not answered within 500 ms"))),
        // It has the batch, and lies.
        (Manner::raw(200, &["content-length: 99999999999"], ""), endless.clone()),
        (Manner::raw(200, &[], "").pour(), endless),
        (Manner::answer(200, &[&large], ""), headers.clone()),
        (Manner::answer(200, &[&huge], ""), headers),
        (Manner::answer(307, &[&again], ""), problem(&format!("{addr} redirects more than 3 times"))),
        (
            Manner::answer(307, &["location: http://169.254.169.254/latest"], ""),
            problem(&format!("{addr} redirects to 169.254.169.254: plugin \"analytics\" may not ask 169.254.169.254")),
        ),
        (Manner::raw(200, &["content-length: 2"], "taken, and more"), None),
        (Manner::answer(200, &["content-encoding: gzip"], bomb), None),
        (Manner::answer(204, &[], ""), None),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_event_counts_once_whatever_the_service_does() -> Result<()> {
    let service = Elsewhere::start(takes()).await?;
    let data = tempfile::tempdir()?;
    let hall = Hall::open(data.path(), service.addr(), &[("batch_size", "2")]).await?;
    let mut happened = 0;
    let mut failed = 0.0;
    for (manner, problem) in manners(&service) {
        hall.happen(happened..happened + 3).await?;
        happened += 3;
        service.answers(manner.clone());
        let report = hall.flush().await?;
        let shown: String = format!("{manner:?}").chars().take(120).collect();
        match problem {
            None => assert_eq!((&report["waiting"], &report["problem"]), (&json!(0), &Value::Null), "{shown}"),
            Some(text) => {
                failed += 1.0;
                let told = report["problem"].as_str().unwrap_or_default();
                assert!(told.starts_with(&text), "{shown}\nexpected {text}\nfound {told}");
                hall.logs(&["the service has not taken a batch", &text]).await?;
                // With the failures before it: what waited is all taken once the service is well again.
                service.answers(takes());
                assert_eq!(hall.flush().await?["waiting"], 0, "{shown}");
            }
        }
    }
    let mut counted = numbers(&batches(&service)?);
    counted.sort_unstable();
    assert_eq!(counted, (0..happened).collect::<Vec<_>>(), "each once by the keys of its batches");
    assert_eq!(hall.metric(&of_plugin("posted_events")).await?, happened as f64);
    assert_eq!(hall.metric(&of_plugin("failed_posts")).await?, failed);
    assert_eq!(hall.metric(&of_plugin("dropped_events")).await?, 0.0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stalls_keeps_nobody_waiting_and_gets_one_post_at_a_time() -> Result<()> {
    let service = Elsewhere::start(Manner::bytes("").wait()).await?;
    let data = tempfile::tempdir()?;
    let hall = Hall::open(data.path(), service.addr(), &[]).await?;
    hall.happen(0..10).await?;
    let (flushed, meanwhile) = tokio::join!(hall.flush(), async {
        service.asked_times(1).await;
        assert_eq!(hall.flush().await?["problem"], "another run is at it");
        let answer = hall.http.rpc_as_server("probe.echo", "skål").await?.ok()?;
        assert_eq!(answer["payload"], "skål");
        // Handlers of this plugin and of others go on.
        hall.happen(10..60).await?;
        anyhow::Ok(service.asked().len())
    });
    assert_eq!(meanwhile?, 1, "nobody else has posted");
    let problem = flushed?["problem"].take();
    assert!(problem.as_str().is_some_and(|text| text.contains("has not answered within 500 ms")), "{problem}");
    service.answers(takes());
    assert_eq!(hall.flush().await?["waiting"], 0);
    let mut counted = numbers(&batches(&service)?);
    counted.sort_unstable();
    assert_eq!(counted, (0..60).collect::<Vec<_>>());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_of_a_long_outage_is_bounded_and_told() -> Result<()> {
    let service = Elsewhere::start(takes()).await?;
    let addr = service.addr();
    drop(service);
    let data = tempfile::tempdir()?;
    let hall = Hall::open(data.path(), addr, &[("batch_size", "1"), ("buffer", "5")]).await?;
    hall.happen(0..3).await?;
    let report = hall.flush().await?;
    assert_eq!((&report["posted"], &report["waiting"]), (&json!(0), &json!(3)));
    let problem = report["problem"].as_str().unwrap_or_default();
    assert!(problem.starts_with(&format!("{addr} cannot be asked: Connection refused")), "{problem}");
    hall.happen(3..20).await?;
    assert_eq!(hall.metric(&of_plugin("dropped_events")).await?, 15.0);
    hall.logs(&["1 events are dropped: 5 batches wait for the service, and no more are kept"]).await?;

    let service = Elsewhere::start_at(addr, takes()).await?;
    assert_eq!(hall.flush().await?, json!({ "posted": 5, "waiting": 0, "problem": null }));
    let counted = numbers(&batches(&service)?);
    assert!(counted[0] < 3, "the first batch was tried already, so it is not known to be lost: {counted:?}");
    assert_eq!(counted.len(), 5);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_stored_survives_a_crash() -> Result<()> {
    let service = Elsewhere::start(Manner::answer(500, &[], "")).await?;
    let data = tempfile::tempdir()?;
    let settings = [("batch_size", "3")];
    let mut hall = Hall::open(data.path(), service.addr(), &settings).await?;
    hall.happen(0..10).await?;
    hall.flush().await?;
    hall.process.kill_hard().await?;

    service.answers(takes());
    let hall = Hall::open(data.path(), service.addr(), &settings).await?;
    hall.happen(10..12).await?;
    assert_eq!(hall.flush().await?["waiting"], 0);
    let mut counted = numbers(&batches(&service)?);
    counted.sort_unstable();
    assert_eq!(counted, (0..12).collect::<Vec<_>>());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_a_proxy_in_the_environment_change_nothing() -> Result<()> {
    let (service, proxy) = (Elsewhere::start(takes()).await?, Elsewhere::start(takes()).await?);
    let data = tempfile::tempdir()?;
    let names = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
    let environment = names.map(|name| (name, format!("http://{}", proxy.addr())));
    let hall = Hall::open_in(data.path(), service.addr(), &[], &environment).await?;
    hall.happen([1]).await?;
    assert_eq!(hall.flush().await?["posted"], 1);
    assert_eq!((service.asked().len(), proxy.asked().len()), (1, 0));
    Ok(())
}

/// As they were compiled when outgoing HTTP, cron and needs were new in the contract.
#[tokio::test(flavor = "multi_thread")]
async fn components_of_an_earlier_contract_deliver_as_they_did() -> Result<()> {
    let service = Elsewhere::start(takes()).await?;
    let data = tempfile::tempdir()?;
    let kept = ["analytics", "probe"].map(|name| {
        let file = repository().join(format!("tests/guests/fixtures/{name}_2.wasm"));
        let plugin = data.path().join(name).with_extension("wasm");
        std::fs::copy(file, &plugin).map(|_| plugin)
    });
    let [analytics, probe] = kept;
    let hall = Hall::open_with([analytics?, probe?], data.path(), service.addr(), &[], &[]).await?;
    hall.happen([7]).await?;
    assert_eq!(hall.flush().await?["posted"], 1);
    assert_eq!(numbers(&batches(&service)?), [7]);
    Ok(())
}
