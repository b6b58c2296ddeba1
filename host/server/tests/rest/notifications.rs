//! `/v2/notification`: pages, cursors, deleting and refusals.

use crate::client::{Answer, Player, Rest};
use meadhall_core::ids::UserId;
use meadhall_core::notification::NewNotification;
use serde_json::{Value, json};

async fn notify(rest: &Rest, to: &Player, n: i32, sender: Option<&Player>) {
    let new = NewNotification {
        user_id: to.id.parse().unwrap(),
        subject: "subject".into(),
        content: json!({"n": n}).to_string(),
        code: n,
        sender_id: sender.map_or(UserId::NIL, |sender| sender.id.parse().unwrap()),
        persistent: true,
    };
    rest.server.app().core.notifications.send(vec![new]).await.unwrap();
}

async fn list(rest: &Rest, player: &Player, query: &str) -> Value {
    let answer = rest.get(&format!("/v2/notification?{query}")).by(player).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

async fn delete(rest: &Rest, player: &Player, query: &str) -> Answer {
    rest.request("DELETE", &format!("/v2/notification?{query}")).by(player).send().await
}

fn cursor(page: &Value) -> &str {
    page["cacheable_cursor"].as_str().unwrap_or_else(|| panic!("no cursor in {page}"))
}

fn field<'a>(page: &'a Value, name: &str) -> Vec<&'a Value> {
    page["notifications"].as_array().map_or(Vec::new(), |list| list.iter().map(|one| &one[name]).collect())
}

#[tokio::test]
async fn a_notification_has_what_clients_read() {
    let rest = Rest::start().await;
    let (ann, ben) = (rest.player("ann").await, rest.player("ben").await);
    assert_eq!(list(&rest, &ann, "").await.as_object().unwrap().keys().collect::<Vec<_>>(), ["cacheable_cursor"]);
    notify(&rest, &ann, 1, None).await;
    notify(&rest, &ann, 2, Some(&ben)).await;
    let mut page = list(&rest, &ann, "limit=100").await;
    for one in page["notifications"].as_array_mut().unwrap() {
        let one = one.as_object_mut().unwrap();
        assert!(one.remove("id").unwrap().is_string());
        let time = one.remove("create_time").unwrap();
        assert_eq!(time.as_str().map(str::len), Some("2023-11-14T22:13:20Z".len()), "whole seconds: {time}");
    }
    let expected = json!([
        {"subject": "subject", "content": "{\"n\":1}", "code": 1, "persistent": true},
        {"subject": "subject", "content": "{\"n\":2}", "code": 2, "persistent": true, "sender_id": ben.id},
    ]);
    assert_eq!(page["notifications"], expected);
    assert_eq!(field(&list(&rest, &ann, "").await, "code"), [1], "one, unless more are asked for");
    assert_eq!(field(&list(&rest, &ben, "limit=100").await, "code"), Vec::<&Value>::new());
}

#[tokio::test]
async fn cursors_lead_on_and_find_what_came_later() {
    let rest = Rest::start().await;
    let ann = rest.player("ann").await;
    for n in 1..=5 {
        notify(&rest, &ann, n, None).await;
    }
    let mut page = list(&rest, &ann, "limit=2").await;
    for expected in [vec![3, 4], vec![5], vec![], vec![]] {
        page = list(&rest, &ann, &format!("limit=2&cacheable_cursor={}", cursor(&page))).await;
        assert_eq!(field(&page, "code"), expected);
    }
    notify(&rest, &ann, 6, None).await;
    assert_eq!(field(&list(&rest, &ann, &format!("cacheableCursor={}", cursor(&page))).await, "code"), [6]);
}

#[tokio::test]
async fn deleting_takes_away_only_ones_own() {
    let rest = Rest::start().await;
    let (ann, ben) = (rest.player("ann").await, rest.player("ben").await);
    for n in 1..=4 {
        notify(&rest, &ann, n, None).await;
    }
    let all = list(&rest, &ann, "limit=100").await;
    let ids: Vec<_> = field(&all, "id").into_iter().map(|id| id.as_str().unwrap()).collect();
    let unknown = "11111111-2222-4333-8444-555555555555";
    for (player, query) in [
        (&ann, format!("ids={}", ids[0])),
        (&ann, format!("ids={}", ids[0])),
        (&ben, format!("ids={}", ids[3])),
        (&ann, String::new()),
        (&ann, format!("ids={unknown}")),
        (&ann, format!("ids={}&ids={unknown}&ids={}&ids={}", ids[1], ids[1], ids[2])),
    ] {
        delete(&rest, player, &query).await.assert_empty();
    }
    assert_eq!(field(&list(&rest, &ann, "limit=100").await, "code"), [4]);
}

#[tokio::test]
async fn bad_requests_are_refused_and_change_nothing() {
    let rest = Rest::start().await;
    let (ann, ben) = (rest.player("ann").await, rest.player("ben").await);
    notify(&rest, &ann, 1, None).await;
    let bens = list(&rest, &ben, "").await;
    let limit = "Invalid limit - limit must be between 1 and 100.";
    let no_cursor = "Cursor is invalid.";
    for (query, message) in [
        ("limit=0".to_owned(), limit),
        ("limit=-1".to_owned(), limit),
        ("limit=101".to_owned(), limit),
        ("limit=x".to_owned(), r#"parsing field "limit": strconv.ParseInt: parsing "x": invalid syntax"#),
        ("limit=1&limit=2".to_owned(), r#"too many values for field "limit": 1, 2"#),
        ("cacheable_cursor=rubbish".to_owned(), no_cursor),
        ("cacheable_cursor=aGVsbG8gdGhlcmU%3D".to_owned(), no_cursor),
        (format!("cacheable_cursor={}", cursor(&bens)), no_cursor),
        (format!("cacheable_cursor={}", &cursor(&bens)[1..]), no_cursor),
    ] {
        let answer = rest.get(&format!("/v2/notification?{query}")).by(&ann).send().await;
        answer.assert_refused(400, 3, message);
    }
    let all = list(&rest, &ann, "").await;
    let id = field(&all, "id")[0].as_str().unwrap();
    for (query, message) in [
        ("ids=nope".to_owned(), r#"notification id "nope" is no UUID"#),
        ("ids=".to_owned(), r#"notification id "" is no UUID"#),
        (format!("ids={id}&ids=nope"), r#"notification id "nope" is no UUID"#),
    ] {
        delete(&rest, &ann, &query).await.assert_refused(400, 3, message);
    }
    for method in ["GET", "DELETE"] {
        let path = format!("/v2/notification?ids={id}");
        rest.request(method, &path).send().await.assert_refused(401, 16, "Auth token required");
    }
    assert_eq!(list(&rest, &ann, "").await, all);
}
