//! Rooms: joining, writing, changing, removing, leaving, and the history, in both formats.

use crate::Player;
use anyhow::Result;
use meadhall_tests::server::TestServer;
use meadhall_tests::socket::FORMATS;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn what_members_see_is_what_the_history_keeps() -> Result<()> {
    let server = TestServer::start([]).await?;
    for format in FORMATS {
        let room = format!("hall-{format:?}");
        let mut astrid = Player::enter(&server, &format!("astrid-{format:?}"), format).await?;
        let mut bjorn = Player::enter(&server, &format!("bjorn-{format:?}"), format).await?;
        let channel = astrid.socket.join_room(&room).await?;
        assert_eq!(channel["id"], json!(format!("2...{room}")));
        assert_eq!(channel["presences"], Value::Null, "nobody else is there yet");
        let seen = bjorn.socket.join_room(&room).await?;
        assert_eq!(seen["presences"][0]["user_id"], json!(astrid.login.user_id));

        let id = channel["id"].clone();
        let send = |text: &str| json!({ "channel_message_send": { "channel_id": id, "content": json!({ "text": text }).to_string() } });
        let first = astrid.socket.ask(send("first"), "channel_message_ack").await?;
        let second = astrid.socket.ask(send("second"), "channel_message_ack").await?;
        let changed = json!({ "channel_message_update": { "channel_id": id, "message_id": first["message_id"], "content": "{\"text\":\"changed\"}" } });
        astrid.socket.ask(changed, "channel_message_ack").await?;
        let removed = json!({ "channel_message_remove": { "channel_id": id, "message_id": second["message_id"] } });
        astrid.socket.ask(removed, "channel_message_ack").await?;

        for player in [&mut astrid, &mut bjorn] {
            let mut codes = Vec::new();
            for _ in 0..4 {
                let message = player.socket.wait_for("channel_message").await?;
                assert_eq!(message["channel_id"], id);
                codes.push((message["code"].clone(), message["message_id"].clone()));
            }
            let expected = [(0, &first), (0, &second), (1, &first), (2, &second)];
            assert_eq!(codes, expected.map(|(code, ack)| (json!(code), ack["message_id"].clone())));
        }
        let history = server.http.history(&format!("2...{room}"), &bjorn.login.token).await?;
        assert_eq!(history.len(), 1, "{history:?}");
        assert_eq!(history[0]["message_id"], first["message_id"]);
        assert_eq!(history[0]["content"], json!("{\"text\":\"changed\"}"));

        let foreign = json!({ "channel_message_update": { "channel_id": id, "message_id": first["message_id"], "content": "{}" } });
        let refusal = bjorn.socket.call(foreign).await?;
        assert_eq!(refusal["error"]["code"], json!(3), "{refusal}");
        bjorn.socket.call(json!({ "channel_leave": { "channel_id": id } })).await?;
        let gone = loop {
            let event = astrid.socket.wait_for("channel_presence_event").await?;
            if !event["leaves"].is_null() {
                break event;
            }
        };
        assert_eq!(gone["leaves"][0]["user_id"], json!(bjorn.login.user_id));
    }
    Ok(())
}
