//! Bad requests: each is refused with a clear text.

use crate::client::Rest;
use serde_json::json;

#[tokio::test]
async fn what_does_not_exist_or_is_not_built_says_so() {
    let rest = Rest::start().await;
    for (method, path, status, code, message) in [
        ("GET", "/v2/nothing", 404, 5, "Not Found"),
        ("POST", "/v1/account", 404, 5, "Not Found"),
        ("POST", "/v2/account/authenticate/device/", 404, 5, "Not Found"),
        ("POST", "/v2/account/authenticate/nothing", 404, 5, "Not Found"),
        ("POST", "/", 404, 5, "Not Found"),
        ("POST", "/ws", 404, 5, "Not Found"),
        ("GET", "/v2/account/authenticate/device", 501, 12, "Method Not Allowed"),
        ("PATCH", "/v2/account", 501, 12, "Method Not Allowed"),
        ("PUT", "/v2/event", 501, 12, "Method Not Allowed"),
        ("DELETE", "/v2/rpc/x", 501, 12, "Method Not Allowed"),
        ("OPTIONS", "/v2/account", 501, 12, "Method Not Allowed"),
        ("POST", "/v2/friend/facebook", 501, 12, "not supported yet: ImportFacebookFriends"),
        ("POST", "/v2/account/authenticate/steam", 501, 12, "not supported yet: AuthenticateSteam"),
        ("POST", "/v2/tournament/race/join", 501, 12, "not supported yet: JoinTournament"),
        ("PUT", "/v2/storage", 501, 12, "not supported yet: WriteStorageObjects"),
        ("GET", "/v2/leaderboard/board/owner/me", 501, 12, "not supported yet: ListLeaderboardRecordsAroundOwner"),
    ] {
        println!("{method} {path}");
        rest.request(method, path).send().await.assert_refused(status, code, message);
    }
}

#[tokio::test]
async fn malformed_bodies_are_refused() {
    let rest = Rest::start().await;
    let ann = rest.player("ann").await;
    for body in [
        r#"{"name":"#,
        "hello",
        "[]",
        r#""text""#,
        r#"{"name":5}"#,
        r#"{"properties":{"n":1}}"#,
        r#"{"properties":{"n":null}}"#,
        r#"{"properties":["a"]}"#,
        r#"{"timestamp":"yesterday"}"#,
        r#"{"timestamp":1700000000}"#,
        r#"{"timestamp":"2024-01-02T03:04:05"}"#,
        r#"{"external":"true"}"#,
        "{} {}",
        "\u{feff}{}",
    ] {
        let answer = rest.post("/v2/event").by(&ann).body(body).send().await;
        let json = answer.json();
        assert_eq!((answer.status, &json["code"]), (400, &json!(3)), "{body}: {json}");
        assert!(!json["message"].as_str().unwrap().is_empty(), "{body}");
    }
    let invalid = rest.post("/v2/event").by(&ann).body(b"{\"name\":\"\xff\"}".to_vec()).send().await;
    assert_eq!(invalid.status, 400);
    let text = rest.post("/v2/event").by(&ann).body(r#"{"name":5}"#).send().await.json()["message"].to_string();
    assert!(text.contains("name"), "the field is named: {text}");
}

#[tokio::test]
async fn odd_bodies_are_taken_as_clients_send_them() {
    let rest = Rest::start().await;
    let ann = rest.player("ann").await;
    for body in [
        "",
        "{}",
        " {} ",
        r#"{"name":""}"#,
        r#"{"name":null,"timestamp":null}"#,
        r#"{"name":"timed","timestamp":"2024-01-02T03:04:05.678+02:00"}"#,
        r#"{"name":"old","timestamp":"1900-01-01T00:00:00Z"}"#,
        r#"{"name":"far","timestamp":"9999-12-31T23:59:59Z"}"#,
        r#"{"name":"ok","colour":"red","external":true}"#,
    ] {
        rest.post("/v2/event").by(&ann).body(body).send().await.assert_empty();
    }
}

#[tokio::test]
async fn the_key_is_asked_for_before_the_body_is_read() {
    let rest = Rest::start().await;
    let answer = rest.post("/v2/event").body("not json").send().await;
    answer.assert_refused(401, 16, "Auth token required");
}

#[tokio::test]
async fn players_and_game_servers_export_nothing() {
    let rest = Rest::start().await;
    let ann = rest.player("ann").await;
    let export = || rest.get("/meadhall/export");
    for request in [export(), export().by(&ann), export().basic("defaulthttpkey"), export().basic("defaultkey")] {
        request.send().await.assert_refused(401, 16, "Auth token invalid");
    }
}
