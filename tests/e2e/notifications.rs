//! Notifications from a plugin: live on every socket, kept for those who are away, and silenced by stream 0.

use crate::Player;
use anyhow::Result;
use meadhall_tests::http::Login;
use meadhall_tests::plugins::example;
use meadhall_tests::server::TestServer;
use meadhall_tests::socket::{FORMATS, Socket};
use serde_json::{Value, json};

/// Sends a notification to a user, as a server does.
async fn notify(server: &TestServer, to: &Login, code: i32, persistent: bool) -> Result<()> {
    let notice =
        json!({ "user_id": to.user_id, "subject": "mead", "content": {}, "code": code, "persistent": persistent });
    server.http.rpc("probe.notify", &to.token, &notice.to_string()).await?.ok()?;
    Ok(())
}

async fn next_code(socket: &mut Socket) -> Result<Value> {
    Ok(socket.wait_for("notifications").await?["notifications"][0]["code"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_silences_one_session_by_taking_it_off_the_notification_stream() -> Result<()> {
    for format in FORMATS {
        let server = TestServer::start([example("probe")]).await?;
        let mut silent = Player::enter(&server, "astrid", format).await?;
        let mut other = Socket::open(server.addr(), &silent.login.token, format).await?;
        notify(&server, &silent.login, 1, false).await?;
        assert_eq!((next_code(&mut silent.socket).await?, next_code(&mut other).await?), (json!(1), json!(1)));

        let stream = json!({ "mode": 0, "subject": silent.login.user_id }).to_string();
        silent.socket.rpc("probe.stream_leave", &stream).await?;
        notify(&server, &silent.login, 2, true).await?;
        assert_eq!(next_code(&mut other).await?, json!(2));
        silent
            .socket
            .rpc(
                "probe.stream_join",
                &json!({ "mode": 0, "subject": silent.login.user_id, "hidden": true }).to_string(),
            )
            .await?;
        notify(&server, &silent.login, 3, false).await?;
        // All that a socket gets comes in order: had it been sent the second one, it would be here before the third.
        assert_eq!((next_code(&mut silent.socket).await?, next_code(&mut other).await?), (json!(3), json!(3)));
        let kept = server.http.get("/v2/notification?limit=10", &silent.login.token).await?.ok()?;
        assert_eq!(kept["notifications"][0]["code"], json!(2), "the stored one is there to be read: {kept}");
    }
    Ok(())
}
