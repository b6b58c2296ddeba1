//! What an operator watches: every figure is there, and moves with what happens.

use crate::Player;
use anyhow::Result;
use meadhall_protocol::codec::Format;
use meadhall_tests::plugins::example;
use meadhall_tests::server::TestServer;
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn figures_move_with_what_happens() -> Result<()> {
    let server = TestServer::start([example("probe")]).await?;
    let at_first = server.metric("meadhall_store_commits_total").await?;
    let mut astrid = Player::enter(&server, "astrid", Format::Json).await?;
    astrid.socket.join_room("hall").await?;
    let message = json!({ "channel_message_send": { "channel_id": "2...hall", "content": "{}" } });
    astrid.socket.ask(message, "channel_message_ack").await?;
    astrid.socket.rpc("probe.echo", "skål").await?;
    let refused = astrid.socket.call(json!({ "rpc": { "id": "probe.fail" } })).await?;
    assert_eq!(refused["error"]["code"], json!(7));
    server.http.call(Method::POST, "/v2/event", &astrid.login.token, Some(json!({ "name": "toast" }))).await?.ok()?;

    assert_eq!(server.metric("meadhall_sessions").await?, 1.0);
    // In the room, and hidden in the stream of their own notifications.
    assert_eq!(server.metric("meadhall_presences").await?, 2.0);
    assert_eq!(server.metric("meadhall_streams").await?, 2.0);
    assert_eq!(server.metric("meadhall_messages_received_total").await?, 4.0);
    assert!(server.metric("meadhall_messages_sent_total").await? >= 5.0);
    assert!(server.metric("meadhall_store_commits_total").await? >= at_first + 2.0, "a user and a message were stored");
    assert!(server.metric("meadhall_store_commit_nanoseconds_total").await? > 0.0);
    let page = server.metrics().await?;
    for series in [
        "meadhall_events_queued",
        "meadhall_events_refused_total",
        "meadhall_slow_consumers_closed_total",
        "meadhall_store_writes_waiting",
    ] {
        assert!(page.contains(&format!("\n{series} 0")), "{series} is not at rest:\n{page}");
    }
    for series in ["meadhall_plugin_calls_total", "meadhall_plugin_errors_total", "meadhall_plugin_call_seconds_bucket"]
    {
        let of_probe = |line: &&str| line.starts_with(series) && line.contains("plugin=\"probe\"");
        assert!(page.lines().any(|line| of_probe(&line)), "{series} has no line of the probe:\n{page}");
    }
    for line in page.lines() {
        // What a plugin counts is the plugin's to describe.
        let Some((name, _)) = line.strip_prefix("# TYPE meadhall_").and_then(|rest| rest.split_once(' ')) else {
            continue;
        };
        assert!(page.contains(&format!("# HELP meadhall_{name} ")), "meadhall_{name} is not described:\n{page}");
    }
    astrid.socket.close().await?;
    Ok(())
}
