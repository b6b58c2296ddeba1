//! The example plugin `session-events`: what players do reaches its handlers, in the background.

use crate::device;
use anyhow::Result;
use meadhall_protocol::codec::Format;
use meadhall_tests::http::Http;
use meadhall_tests::plugins::example;
use meadhall_tests::process::{ServerProcess, serve_arguments};
use meadhall_tests::socket::Socket;
use reqwest::Method;
use serde_json::json;
use std::ffi::OsString;

/// The server's log is where the example's handlers show themselves.
async fn logged(server: &ServerProcess, words: &[&str]) -> Result<String> {
    let has_all = |line: &str| words.iter().all(|word| line.contains(word)).then(|| line.to_owned());
    server.wait_for_line(&format!("a line with {words:?}"), has_all).await
}

#[tokio::test(flavor = "multi_thread")]
async fn handlers_get_events_of_clients_plugins_and_sessions() -> Result<()> {
    let data = tempfile::tempdir()?;
    let mut arguments = serve_arguments(data.path());
    arguments.extend([OsString::from("--plugin"), example("session-events").into()]);
    let server = ServerProcess::spawn(arguments)?;
    let addr = server.listening().await?;
    let http = Http::new(addr);
    logged(&server, &["session-events loaded"]).await?;

    let login = http.log_in(&device("astrid"), "astrid").await?;
    let mut socket = Socket::open(addr, &login.token, Format::Protobuf).await?;
    logged(&server, &["session start of astrid", "session_start"]).await?;

    let event = json!({ "name": "toast", "properties": { "drink": "mead" }, "external": false });
    http.call(Method::POST, "/v2/event", &login.token, Some(event)).await?.ok()?;
    logged(&server, &["unrecognised event", "toast", "mead", "external: true"]).await?;

    let rename = |name: &str| http.call(Method::PUT, "/v2/account", &login.token, Some(json!({ "username": name })));
    assert_eq!(rename("").await?.status, 400, "a refused update runs no after-hook");
    assert_eq!(rename("astrid-the-bold").await?.status, 200);
    logged(&server, &["process event", "account_updated", &login.user_id, "external: false"]).await?;
    let updates =
        server.lines().iter().filter(|line| line.contains("process event") && line.contains("account_updated")).count();
    assert_eq!(updates, 1);

    socket.call(json!({ "ping": {} })).await?;
    socket.close().await?;
    logged(&server, &["session end of astrid", "session_end"]).await?;
    Ok(())
}
