//! Plugins in JavaScript: what they handle, what they call, and what they cannot break.

mod builds;
mod daily_reward;
mod handlers;
mod hostile;
mod interfaces;

use anyhow::{Context as _, Result, ensure};
use meadhall_tests::http::Answer;
use meadhall_tests::javascript::component;
use meadhall_tests::server::TestServer;
use serde_json::{Value, json};

/// A server with the guest that has every kind of handler and calls every function of the SDK.
async fn probe() -> Result<TestServer> {
    TestServer::start([component("tests/guests/probe-js")]).await
}

/// Calls a function of the SDK, such as `stream.count`, and returns what it returns.
async fn call(server: &TestServer, function: &str, values: Value) -> Result<Value> {
    let answer = try_call(server, function, &values).await?;
    ensure!(answer.status == 200, "{function} {values}: {}", answer.body);
    payload(&answer)
}

/// Calls a function of the SDK, whatever comes of it.
async fn try_call(server: &TestServer, function: &str, values: &Value) -> Result<Answer> {
    let request = json!({ "call": function, "values": values });
    server.http.rpc_as_server("probe.call", &request.to_string()).await
}

/// The payload of an RPC's answer, read as JSON; null for none.
fn payload(answer: &Answer) -> Result<Value> {
    let text = answer.body["payload"].as_str().with_context(|| format!("no payload: {}", answer.body))?;
    Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(text)? })
}

/// What a handler of the probe kept of its last call; null while it was not called.
async fn happened(server: &TestServer, what: &str) -> Result<Value> {
    let found = call(server, "storage.read", json!([[{ "collection": "happened", "key": what }]])).await?;
    Ok(found[0]["value"].clone())
}

/// Waits for a handler that runs in the background, until what it kept is as it should be.
async fn wait_for(server: &TestServer, what: &str, is: impl Fn(&Value) -> bool) -> Result<Value> {
    let wait = async {
        loop {
            let found = happened(server, what).await?;
            if is(&found) {
                return Ok(found);
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(meadhall_tests::PATIENCE, wait).await.with_context(|| format!("waiting for {what}"))?
}
