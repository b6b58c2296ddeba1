//! The example plugin `global-stream`: a stream of the game's own, and the same on the stream behind a room, with a kick.

use crate::Player;
use anyhow::{Context, Result};
use meadhall_tests::plugins::example;
use meadhall_tests::server::TestServer;
use meadhall_tests::socket::{FORMATS, Socket};
use serde_json::{Value, json};

/// Waits until a presence event tells of a user: `part` is `joins` or `leaves`.
async fn told_of(socket: &mut Socket, kind: &str, part: &str, user_id: &str) -> Result<Value> {
    loop {
        let event = socket.wait_for(kind).await?;
        if event[part].as_array().into_iter().flatten().any(|presence| presence["user_id"] == json!(user_id)) {
            return Ok(event);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn players_join_a_stream_of_the_game_and_send_to_it() -> Result<()> {
    for format in FORMATS {
        let server = TestServer::start([example("global-stream")]).await?;
        let mut astrid = Player::enter(&server, "astrid", format).await?;
        let mut bjorn = Player::enter(&server, "bjorn", format).await?;
        assert_eq!(astrid.socket.rpc("check", "").await?, "false");
        assert_eq!(astrid.socket.rpc("join", "").await?, "Success");
        assert_eq!(bjorn.socket.rpc("join", "").await?, "Success");
        let event = told_of(&mut astrid.socket, "stream_presence_event", "joins", &bjorn.login.user_id).await?;
        assert_eq!(event["stream"], json!({ "mode": 142, "label": "Global Chat Room" }));
        assert_eq!(astrid.socket.rpc("check", "").await?, "true");
        let mut listed: Vec<String> = serde_json::from_str(&bjorn.socket.rpc("list", "").await?)?;
        listed.sort();
        let mut expected = [astrid.login.user_id.clone(), bjorn.login.user_id.clone()];
        expected.sort();
        assert_eq!(listed, expected);
        assert_eq!(bjorn.socket.rpc("count", "").await?, "2");

        bjorn.socket.rpc("send", "the mead is here").await?;
        for player in [&mut astrid, &mut bjorn] {
            assert_eq!(player.socket.wait_for("stream_data").await?["data"], json!("the mead is here"));
        }
        bjorn.socket.rpc("leave", "").await?;
        told_of(&mut astrid.socket, "stream_presence_event", "leaves", &bjorn.login.user_id).await?;
        assert_eq!(astrid.socket.rpc("close", "").await?, "Success");
        assert_eq!(astrid.socket.rpc("count", "").await?, "0");
        let over_http = server.http.rpc("join", &astrid.login.token, "").await?;
        assert_ne!(over_http.status, 200, "without a socket there is nothing to join with: {over_http:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_acts_on_a_chat_room_and_kicks() -> Result<()> {
    for format in FORMATS {
        let server = TestServer::start([example("global-stream")]).await?;
        let mut astrid = Player::enter(&server, "astrid", format).await?;
        let mut bjorn = Player::enter(&server, "bjorn", format).await?;
        let channel = astrid.socket.join_room("Global Chat Room").await?["id"].clone();
        assert_eq!(bjorn.socket.rpc("room_join", "").await?, "Success");
        told_of(&mut astrid.socket, "channel_presence_event", "joins", &bjorn.login.user_id).await?;

        let ack: Value = serde_json::from_str(&bjorn.socket.rpc("room_send", "skål").await?)?;
        let message = astrid.socket.wait_for("channel_message").await?;
        assert_eq!(message["message_id"], ack["message_id"]);
        assert_eq!(message["content"], json!("{\"text\":\"skål\"}"));
        assert_eq!(message["sender_id"], json!(bjorn.login.user_id));
        let path = channel.as_str().context("a channel id")?.replace(' ', "%20");
        let history = server.http.history(&path, &astrid.login.token).await?;
        assert_eq!(history[0]["message_id"], ack["message_id"]);

        // Bjorn is a member like any other, until he is kicked.
        let say = json!({ "channel_message_send": { "channel_id": channel, "content": "{}" } });
        bjorn.socket.ask(say.clone(), "channel_message_ack").await?;
        let kicked = astrid.socket.rpc("room_kick", &json!({ "user_id": bjorn.login.user_id }).to_string()).await?;
        assert_eq!(kicked, "1");
        told_of(&mut astrid.socket, "channel_presence_event", "leaves", &bjorn.login.user_id).await?;
        let refused = bjorn.socket.call(say).await?;
        assert_eq!(refused["error"]["message"], json!("Must join channel before sending messages"));
        assert_eq!(bjorn.socket.rpc("room_check", "").await?, "false");
    }
    Ok(())
}
