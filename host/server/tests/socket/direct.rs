//! Direct channels on the socket: who may join, what the reply says, and who is notified.

use super::support::{Client, TestServer, start};
use serde_json::{Value, json};
use uuid::Uuid;

/// Joins the channel with a user, and waits for the answer.
async fn join(client: &mut Client, target: &str) -> Value {
    let request = json!({"cid": "join", "channel_join": {"target": target, "type": 2}});
    client.ask(&request.to_string()).await
}

/// Two users, in the order of their ids.
async fn pair(server: &TestServer) -> (u128, u128) {
    let (one, other) = (server.user("one").await, server.user("other").await);
    (one.min(other), one.max(other))
}

fn text(user: u128) -> String {
    Uuid::from_u128(user).to_string()
}

#[tokio::test]
async fn both_users_join_one_channel_and_the_first_asks_the_other() {
    let server = start(|_| {}).await;
    let (low, high) = pair(&server).await;
    let (mut ann, mut ben) = (server.connect(low).await, server.connect(high).await);
    let reply = join(&mut ann, &text(high).to_uppercase()).await;
    let channel = &reply["channel"];
    let id = format!("4.{}.{}.", text(low), text(high));
    assert_eq!((&reply["cid"], &channel["id"]), (&json!("join"), &json!(id)));
    assert_eq!((&channel["user_id_one"], &channel["user_id_two"]), (&json!(text(low)), &json!(text(high))));
    assert!(channel.get("presences").is_none() && channel.get("room_name").is_none(), "{channel}");
    assert_eq!(ann.next_of("channel_presence_event").await["joins"][0], channel["self"]);

    let told = ben.next_of("notifications").await["notifications"][0].take();
    assert_eq!((&told["code"], &told["sender_id"]), (&json!(-1), &json!(text(low))));
    assert_eq!(told["subject"], format!("user{low} wants to chat"));
    assert_eq!(told["content"], json!({"username": format!("user{low}")}).to_string());
    assert_eq!(told["persistent"], true);

    let reply = join(&mut ben, &text(low)).await;
    assert_eq!(reply["channel"]["id"], id, "from the other side");
    assert_eq!(reply["channel"]["presences"], json!([channel["self"]]));
    let request = json!({"cid": "1", "channel_message_send": {"channel_id": id, "content": "{}"}});
    ben.next_of("channel_presence_event").await;
    let message = ben.ask(&request.to_string()).await["channel_message"].take();
    assert_eq!((&message["user_id_one"], &message["user_id_two"]), (&json!(text(low)), &json!(text(high))));
    assert_eq!(ann.next_of("channel_message").await, message);

    let again = join(&mut ann, &text(high)).await;
    assert_eq!(again["channel"]["presences"].as_array().map(Vec::len), Some(2), "a repeated join lists both");
    assert_eq!(ann.ask(r#"{"cid":"p","ping":{}}"#).await["cid"], "p", "and makes no event");
}

#[tokio::test]
async fn who_cannot_be_chatted_with_is_refused_and_the_session_stays() {
    let server = start(|_| {}).await;
    let (low, high) = pair(&server).await;
    let mut client = server.connect(low).await;
    let malformed = "Invalid user ID in direct message join: Invalid channel target";
    let unknown = "User ID not found: Invalid channel target";
    for (target, message) in [
        ("", "Invalid channel target"),
        ("nope", malformed),
        ("other", malformed),
        ("00000000-0000-0000-0000-000000000000", malformed),
        ("11111111-2222-4333-8444-555555555555", unknown),
        (&*text(low), "Cannot chat with oneself: Invalid channel target"),
    ] {
        let expected = json!({"cid": "join", "error": {"code": 3, "message": message}});
        assert_eq!(join(&mut client, target).await, expected, "{target}");
    }
    assert!(join(&mut client, &text(high)).await["channel"].is_object());
}

#[tokio::test]
async fn a_third_user_neither_writes_nor_reads_along() {
    let server = start(|_| {}).await;
    let (low, high) = pair(&server).await;
    let (mut ann, eve) = (server.connect(low).await, server.user("eve").await);
    let id = join(&mut ann, &text(high)).await["channel"]["id"].as_str().unwrap().to_owned();
    let mut eve = server.connect(eve).await;
    let request = json!({"cid": "1", "channel_message_send": {"channel_id": id, "content": "{}"}});
    let refused = json!({"cid": "1", "error": {"code": 3, "message": "Must join channel before sending messages"}});
    assert_eq!(eve.ask(&request.to_string()).await, refused);
    assert_eq!(join(&mut eve, &id).await["error"]["code"], 3);
}
