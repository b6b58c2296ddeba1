//! Statuses as clients see them (recorded conversation 12).

use super::support::{Client, TestServer, start};
use meadhall_core::account::{Credential, LoginRequest};
use serde_json::{Value, json};

/// Makes an account, and connects to it.
async fn player(server: &TestServer, name: &str, parameters: &str) -> (String, Client) {
    let credential = Credential::Device(format!("device-of-{name}"));
    let request = LoginRequest { credential, create: true, username: name.into(), address: None };
    let user = server.server.app().core.accounts.authenticate(request).await.unwrap().user_id;
    (user.to_string(), server.connect_with(user.uuid().as_u128(), parameters).await)
}

async fn follow(client: &mut Client, fields: Value) -> Value {
    client.ask(&json!({"cid": "f", "status_follow": fields}).to_string()).await
}

/// Sets a status; the answer comes after what the others are told.
async fn update(client: &mut Client, status: Value) {
    client.send(&json!({"cid": "u", "status_update": {"status": status}}).to_string()).await;
    while client.json().await["cid"] != "u" {}
}

fn changes(event: &Value) -> (Vec<&str>, Vec<&str>) {
    let list = |name: &str| {
        let list = event["status_presence_event"][name].as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().map(|one| one["status"].as_str().unwrap()).collect()
    };
    (list("leaves"), list("joins"))
}

#[tokio::test]
async fn followers_see_a_user_come_change_and_go() {
    let server = start(|_| {}).await;
    let (_, mut ann) = player(&server, "ann", "").await;
    let (ben, first) = player(&server, "ben", "").await;
    drop(first);
    assert_eq!(follow(&mut ann, json!({"user_ids": [ben]})).await, json!({"cid": "f", "status": {}}));
    let (_, mut star) = player(&server, "ben", "&status=true").await;
    let online = ann.json().await;
    assert_eq!(changes(&online), (vec![], vec![""]));
    assert_eq!(star.json().await, online, "oneself is told the same");
    let listed = follow(&mut ann, json!({"usernames": ["ben"], "user_ids": [ben, ben]})).await;
    assert_eq!(listed["status"]["presences"], online["status_presence_event"]["joins"]);
    for (status, expected) in [
        (json!("in the forge"), (vec![""], vec!["in the forge"])),
        (json!(""), (vec!["in the forge"], vec![""])),
        (json!(null), (vec![""], vec![])),
        (json!("back"), (vec![], vec!["back"])),
    ] {
        update(&mut star, status).await;
        assert_eq!(changes(&ann.json().await), expected);
    }
    let unfollow = ann.ask(&json!({"cid": "n", "status_unfollow": {"user_ids": [ben]}}).to_string()).await;
    assert_eq!(unfollow, json!({"cid": "n"}));
    update(&mut star, json!("quiet")).await;
    assert_eq!(follow(&mut ann, json!({"user_ids": [ben]})).await["status"]["presences"][0]["status"], "quiet");
    star.socket.close(None).await.unwrap();
    assert_eq!(changes(&ann.json().await), (vec!["quiet"], vec![]), "going offline is a leave");
}

#[tokio::test]
async fn bad_requests_are_refused_and_change_nothing() {
    let server = start(|_| {}).await;
    let (_, mut ann) = player(&server, "ann", "").await;
    let (ben, mut star) = player(&server, "ben", "&status=true").await;
    star.json().await;
    let cases = [
        (json!({"status_follow": {"user_ids": [ben, "nope"]}}), "Invalid user identifier"),
        (json!({"status_follow": {"user_ids": [""]}}), "Invalid user identifier"),
        (json!({"status_follow": {"user_ids": [ben], "usernames": [""]}}), "Invalid username"),
        (json!({"status_unfollow": {"user_ids": ["nope"]}}), "Invalid user identifier"),
        (json!({"status_update": {"status": "s".repeat(2049)}}), "Status must be 2048 characters or less"),
        (json!({"status_update": {"status": "ä".repeat(1025)}}), "Status must be 2048 characters or less"),
    ];
    for (mut request, text) in cases {
        request["cid"] = "1".into();
        let answer = ann.ask(&request.to_string()).await;
        assert_eq!(answer, json!({"cid": "1", "error": {"code": 3, "message": text}}), "{request}");
    }
    let unknown = "11111111-2222-4333-8444-555555555555";
    for fields in [json!({}), json!({"user_ids": [unknown]}), json!({"usernames": ["nobody"]})] {
        assert_eq!(follow(&mut ann, fields.clone()).await, json!({"cid": "f", "status": {}}), "{fields}");
    }
    update(&mut star, json!("hello")).await;
    assert_eq!(ann.ask(r#"{"cid":"p","ping":{}}"#).await["cid"], "p", "ann follows nobody, and is told nothing");
}
