//! Rooms, as far as the socket is concerned: fields, order, texts.

use super::support::start;
use serde_json::json;

#[tokio::test]
async fn the_reply_to_a_join_comes_before_the_own_join_event() {
    let server = start(|_| {}).await;
    let mut client = server.connect(1).await;
    client.send(r#"{"cid":"1","channel_join":{"target":"lobby","type":1}}"#).await;
    let reply = client.json().await;
    assert_eq!(reply["cid"], "1");
    let channel = &reply["channel"];
    assert_eq!((&channel["id"], &channel["room_name"]), (&json!("2...lobby"), &json!("lobby")));
    assert!(channel.get("presences").is_none(), "oneself is not listed on a first join: {channel}");
    assert_eq!(channel["self"]["username"], "user1");
    assert_eq!(channel["self"]["persistence"], true);
    let event = client.json().await;
    assert_eq!(event["channel_presence_event"]["joins"][0], channel["self"]);

    let again = client.ask(r#"{"cid":"2","channel_join":{"target":"lobby","hidden":true}}"#).await;
    assert_eq!(again["channel"]["presences"], json!([channel["self"]]), "a repeated join lists oneself");
    assert_eq!(client.ask(r#"{"cid":"3","ping":{}}"#).await["cid"], "3", "and makes no event");
}

#[tokio::test]
async fn the_message_comes_before_its_ack() {
    let server = start(|_| {}).await;
    let mut client = server.connect(1).await;
    client.join("lobby").await;
    client.next_of("channel_presence_event").await;
    let content = r#"{ "b": 1, "a": 2 }"#;
    let request = json!({"cid": "1", "channel_message_send": {"channel_id": "2...lobby", "content": content}});
    client.send(&request.to_string()).await;
    let message = client.json().await["channel_message"].take();
    let mut ack = client.json().await;
    assert_eq!(ack["cid"], "1");
    let ack = ack["channel_message_ack"].take();
    assert_eq!(message["content"], content, "as it was sent");
    assert_eq!((&message["code"], &message["persistent"]), (&json!(0), &json!(false)));
    for same in
        ["channel_id", "message_id", "code", "username", "create_time", "update_time", "persistent", "room_name"]
    {
        assert_eq!(ack[same], message[same], "{same}");
        assert!(!ack[same].is_null(), "{same}");
    }
    assert!(ack.get("sender_id").is_none() && ack.get("content").is_none(), "{ack}");
}

#[tokio::test]
async fn a_leave_is_answered_with_the_cid_alone() {
    let server = start(|_| {}).await;
    let mut client = server.connect(1).await;
    client.join("lobby").await;
    client.next_of("channel_presence_event").await;
    let leave = r#"{"cid":"1","channel_leave":{"channel_id":"2...lobby"}}"#;
    assert_eq!(client.ask(leave).await, json!({"cid": "1"}));
    assert_eq!(client.ask(leave).await, json!({"cid": "1"}), "also when one is not in it");
}

#[tokio::test]
async fn refusals_have_the_texts_of_the_wire() {
    let server = start(|_| {}).await;
    let mut client = server.connect(1).await;
    client.join("lobby").await;
    client.next_of("channel_presence_event").await;
    let id = "0197a6b0-0000-7000-8000-000000000000";
    let cases = [
        (json!({"channel_join": {"target": ""}}), "Invalid channel target"),
        (json!({"channel_join": {"target": "x", "type": 4}}), "Invalid channel type"),
        (
            json!({"channel_join": {"target": "x".repeat(65), "type": 1}}),
            "Channel name is required and must be 1-64 chars: Invalid channel target",
        ),
        (
            json!({"channel_join": {"target": "bad\nname", "type": 1}}),
            "Channel name must not contain control chars: Invalid channel target",
        ),
        (
            json!({"channel_join": {"target": "room", "type": 2}}),
            "Invalid user ID in direct message join: Invalid channel target",
        ),
        (
            json!({"channel_join": {"target": "room", "type": 3}}),
            "Invalid group ID in group channel join: Invalid channel target",
        ),
        (
            json!({"channel_join": {"target": "00000000-0000-0000-0000-000000000000", "type": 2}}),
            "Invalid user ID in direct message join: Invalid channel target",
        ),
        (
            json!({"channel_join": {"target": "00000000-0000-0000-0000-000000000001", "type": 2}}),
            "Cannot chat with oneself: Invalid channel target",
        ),
        (json!({"channel_join": {"target": id, "type": 2}}), "User ID not found: Invalid channel target"),
        (json!({"channel_join": {"target": id, "type": 3}}), "Group not found: Invalid channel target"),
        (
            json!({"channel_join": {"target": "00000000-0000-0000-0000-000000000000", "type": 3}}),
            "Group not found: Invalid channel target",
        ),
        (json!({"channel_leave": {"channel_id": "nope"}}), "Invalid channel identifier"),
        (json!({"channel_message_send": {"channel_id": "2.lobby", "content": "{}"}}), "Invalid channel identifier"),
        (
            json!({"channel_message_send": {"channel_id": "2...other", "content": "{}"}}),
            "Must join channel before sending messages",
        ),
        (
            json!({"channel_message_send": {"channel_id": "2...lobby", "content": "[]"}}),
            "Message content must be a valid JSON object",
        ),
        (
            json!({"channel_message_update": {"channel_id": "2...other", "message_id": id, "content": "{}"}}),
            "Must join channel before updating messages",
        ),
        (
            json!({"channel_message_update": {"channel_id": "2...lobby", "message_id": "nope", "content": "{}"}}),
            "Invalid message identifier",
        ),
        (
            json!({"channel_message_remove": {"channel_id": "2...other", "message_id": id}}),
            "Must join channel before removing messages",
        ),
    ];
    for (mut request, text) in cases {
        request["cid"] = "1".into();
        let answer = client.ask(&request.to_string()).await;
        assert_eq!(answer, json!({"cid": "1", "error": {"code": 3, "message": text}}), "{request}");
    }
}
