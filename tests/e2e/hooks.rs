//! Hooks, as the probe plugin sets them: on a socket's message and on a REST request, in both formats.

use crate::Player;
use anyhow::Result;
use meadhall_tests::plugins::example;
use meadhall_tests::server::TestServer;
use meadhall_tests::socket::{FORMATS, Socket};
use reqwest::Method;
use serde_json::{Value, json};

async fn write(socket: &mut Socket, content: Value) -> Result<Value> {
    let message = json!({ "channel_id": "2...hall", "content": content.to_string() });
    socket.call(json!({ "channel_message_send": message })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_before_hook_refuses_changes_or_drops_a_message() -> Result<()> {
    let server = TestServer::start([example("probe")]).await?;
    for format in FORMATS {
        let mut player = Player::enter(&server, &format!("astrid-{format:?}"), format).await?;
        player.socket.join_room("hall").await?;
        let refused = write(&mut player.socket, json!({ "reject": true })).await?;
        assert_eq!(refused["error"]["message"], json!("probe rejected message"));
        let changed = write(&mut player.socket, json!({ "rewrite": true })).await?;
        assert!(!changed["channel_message_ack"].is_null(), "the session stays: {changed}");
        let message = player.socket.wait_for("channel_message").await?;
        assert_eq!(message["content"], json!("{\"rewritten\":true}"));
        let sent = json!({ "channel_id": "2...hall", "content": "{\"disable\":true}" });
        player.socket.send(&json!({ "cid": "last", "channel_message_send": sent })).await?;
        assert_eq!(player.socket.closed().await?.code, Some(1000), "a dropped message closes the session");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn hooks_of_a_request_and_the_count_of_its_successes() -> Result<()> {
    let server = TestServer::start([example("probe")]).await?;
    let login = server.http.log_in("device-of-astrid", "astrid").await?;
    let rename =
        |name: &str| server.http.call(Method::PUT, "/v2/account", &login.token, Some(json!({ "display_name": name })));
    let refused = rename("reject-me").await?;
    assert_eq!((refused.status, &refused.body["message"]), (400, &json!("probe rejected account update")));
    assert_eq!(rename("disable-me").await?.status, 404);
    assert_eq!(rename("rewrite-me").await?.status, 200);
    let account = server.http.get("/v2/account", &login.token).await?.ok()?;
    assert_eq!(account["user"]["display_name"], json!("rewritten"));
    assert_eq!(rename("Astrid").await?.status, 200);
    let count = server.http.rpc("probe.counter", &login.token, "").await?.ok()?;
    assert_eq!(count["payload"], json!("{\"count\":2}"), "after-hooks run for successes only");
    Ok(())
}
