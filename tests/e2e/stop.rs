//! Stopping: on a signal the server says goodbye, finishes what it took, and ends with 0.

use crate::device;
use anyhow::Result;
use meadhall_protocol::codec::Format;
use meadhall_tests::http::Http;
use meadhall_tests::plugins::guest;
use meadhall_tests::process::{ServerProcess, serve_arguments};
use meadhall_tests::socket::{Closed, Socket};
use reqwest::Method;
use rustix::process::Signal;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn signals_end_the_server_gracefully() -> Result<()> {
    // Whatever the log takes or leaves out, the server waits for its signal.
    for (signal, level) in [(Signal::TERM, "info"), (Signal::INT, "error")] {
        let data = tempfile::tempdir()?;
        let mut arguments = serve_arguments(data.path());
        arguments.extend(["--set".into(), format!("log.level={level}").into()]);
        let mut server = ServerProcess::spawn(arguments)?;
        let addr = server.listening().await?;
        let http = Http::new(addr);
        assert_eq!(http.get_openly("/healthcheck").await?.status, 200);
        let login = http.log_in(&device("astrid"), "astrid").await?;
        let mut socket = Socket::open(addr, &login.token, Format::Json).await?;
        socket.join_room("hall").await?;
        let message = json!({ "channel_message_send": { "channel_id": "2...hall", "content": "{}" } });
        let ack = socket.ask(message, "channel_message_ack").await?;

        server.signal(signal)?;
        let goodbye = Closed { code: Some(1000), reason: "server shutting down".to_owned() };
        assert_eq!(socket.closed().await?, goodbye, "after {signal:?}");
        drop(socket);
        assert_eq!(server.exit().await?.code(), Some(0), "after {signal:?}:\n{}", server.lines().join("\n"));

        let mut again = ServerProcess::spawn(serve_arguments(data.path()))?;
        let http = Http::new(again.listening().await?);
        let login = http.log_in(&device("astrid"), "").await?;
        let history = http.history("2...hall", &login.token).await?;
        assert_eq!(history[0]["message_id"], ack["message_id"]);
        again.kill_hard().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_outlasts_the_grace_period_is_told_of() -> Result<()> {
    let data = tempfile::tempdir()?;
    let mut arguments = serve_arguments(data.path());
    arguments.extend(["--plugin".into(), guest("hostile").into()]);
    arguments
        .extend(["--set", "server.shutdown_grace_ms=200", "--set", "runtime.event_deadline_ms=60000"].map(Into::into));
    let mut server = ServerProcess::spawn(arguments)?;
    let http = Http::new(server.listening().await?);
    let login = http.log_in(&device("astrid"), "astrid").await?;
    http.call(Method::POST, "/v2/event", &login.token, Some(json!({ "name": "loop" }))).await?.ok()?;
    server.wait_for_line("the handler at work", |line| line.contains("event loop").then_some(())).await?;

    server.signal(Signal::TERM)?;
    assert_eq!(server.exit().await?.code(), Some(1));
    let told = server.lines().into_iter().find(|line| line.contains("the grace period ended"));
    assert!(told.as_ref().is_some_and(|line| line.contains("events=1")), "{told:?}");
    Ok(())
}
