//! `GET /v2/channel/{id}`: pages, cursors and refusals.

use crate::client::{Answer, Player, Rest};
use meadhall_core::caller::Actor;
use meadhall_core::stream::{Stream, mode};
use serde_json::{Value, json};

async fn with_messages(count: usize) -> (Rest, Player) {
    let rest = Rest::start().await;
    let ann = rest.player("ann").await;
    let sender = Actor { user_id: ann.id.parse().unwrap(), username: "ann".into() };
    let room = Stream::labelled(mode::ROOM, "hall");
    for n in 1..=count {
        let content = json!({"n": n}).to_string();
        rest.server.app().core.chat.send_as(sender.clone(), &room, &content, true).await.unwrap();
    }
    (rest, ann)
}

async fn page(rest: &Rest, ann: &Player, query: &str) -> Answer {
    rest.get(&format!("/v2/channel/2...hall?{query}")).by(ann).send().await
}

fn numbers(page: &Value) -> Vec<i64> {
    let messages = page["messages"].as_array().cloned().unwrap_or_default();
    let content = |message: &Value| serde_json::from_str::<Value>(message["content"].as_str().unwrap()).unwrap();
    messages.iter().map(|message| content(message)["n"].as_i64().unwrap()).collect()
}

fn cursor(page: &Value, name: &str) -> String {
    page[name].as_str().unwrap_or_else(|| panic!("no {name} in {page}")).to_owned()
}

#[tokio::test]
async fn a_message_has_what_clients_read() {
    let (rest, ann) = with_messages(1).await;
    let mut body = page(&rest, &ann, "").await.json();
    let message = body["messages"][0].as_object_mut().unwrap();
    for key in ["message_id", "create_time", "update_time"] {
        assert!(message.remove(key).is_some_and(|value| value.is_string()), "{key}");
    }
    let expected = json!({
        "channel_id": "2...hall", "code": 0, "sender_id": ann.id, "username": "ann", "content": "{\"n\":1}",
        "persistent": true, "room_name": "hall",
    });
    assert_eq!(body["messages"], json!([expected]));
}

#[tokio::test]
async fn pages_follow_each_other_in_both_directions() {
    let (rest, ann) = with_messages(7).await;
    let read = async |query: String| page(&rest, &ann, &query).await.json();
    for (forward, pages) in
        [(true, [vec![1, 2, 3], vec![4, 5, 6], vec![7]]), (false, [vec![7, 6, 5], vec![4, 3, 2], vec![1]])]
    {
        let mut current = read(format!("limit=3&forward={forward}")).await;
        assert_eq!(numbers(&current), pages[0]);
        assert!(current.get("prev_cursor").is_none());
        for expected in &pages[1..] {
            current = read(format!("limit=3&forward={forward}&cursor={}", cursor(&current, "next_cursor"))).await;
            assert_eq!(&numbers(&current), expected);
        }
        assert!(current.get("next_cursor").is_none());
        let back = read(format!("limit=3&forward={forward}&cursor={}", cursor(&current, "prev_cursor"))).await;
        assert_eq!(numbers(&back), pages[1]);
    }
}

#[tokio::test]
async fn the_cacheable_cursor_finds_what_came_later() {
    let (rest, ann) = with_messages(2).await;
    let all = page(&rest, &ann, "limit=100").await.json();
    let end = cursor(&all, "cacheable_cursor");
    let nothing = page(&rest, &ann, &format!("limit=100&cursor={end}")).await.json();
    assert_eq!((numbers(&nothing), cursor(&nothing, "cacheable_cursor")), (vec![], end.clone()));
    let sender = Actor { user_id: ann.id.parse().unwrap(), username: "ann".into() };
    let room = Stream::labelled(mode::ROOM, "hall");
    rest.server.app().core.chat.send_as(sender, &room, r#"{"n":3}"#, true).await.unwrap();
    assert_eq!(numbers(&page(&rest, &ann, &format!("limit=100&cursor={end}")).await.json()), [3]);
}

#[tokio::test]
async fn a_page_may_begin_at_a_moment() {
    let (rest, ann) = with_messages(5).await;
    let read = async |query: &str| page(&rest, &ann, query).await.json();
    let all = read("limit=100").await;
    let third = all["messages"][2]["create_time"].as_str().unwrap();
    assert_eq!(numbers(&read(&format!("limit=100&from_time={third}")).await), [3, 4, 5]);
    assert_eq!(numbers(&read(&format!("limit=100&fromTime={third}&forward=false")).await), [3, 2, 1]);
    let first = read(&format!("limit=2&from_time={third}")).await;
    assert_eq!((numbers(&first), first.get("prev_cursor")), (vec![3, 4], None));
    let second = read(&format!("limit=2&cursor={}", cursor(&first, "next_cursor"))).await;
    assert_eq!(numbers(&second), [5]);
    let back = read(&format!("limit=2&cursor={}", cursor(&second, "prev_cursor"))).await;
    assert_eq!(numbers(&back), [3, 4]);
    let back = read(&format!("limit=2&cursor={}", cursor(&back, "prev_cursor"))).await;
    assert_eq!(numbers(&back), [1, 2], "a cursor goes on beyond the moment");
    for (moment, expected) in
        [("0001-01-01T00:00:00Z", 5), ("1970-01-01T01:00:00%2B01:00", 5), ("9999-12-31T23:59:59Z", 0)]
    {
        assert_eq!(numbers(&read(&format!("limit=100&from_time={moment}")).await).len(), expected, "{moment}");
    }
}

#[tokio::test]
async fn an_empty_channel_is_an_empty_answer() {
    let (rest, ann) = with_messages(0).await;
    page(&rest, &ann, "").await.assert_empty();
    page(&rest, &ann, "forward=false&limit=100").await.assert_empty();
}

#[tokio::test]
async fn bad_requests_are_refused() {
    let (rest, ann) = with_messages(3).await;
    let limit = "Invalid limit - limit must be between 1 and 100.";
    let expired = "Cursor is invalid or expired.";
    let next = cursor(&page(&rest, &ann, "limit=1").await.json(), "next_cursor");
    for (query, message) in [
        ("limit=0".to_owned(), limit),
        ("limit=-1".to_owned(), limit),
        ("limit=101".to_owned(), limit),
        ("limit=many".to_owned(), r#"parsing field "limit": strconv.ParseInt: parsing "many": invalid syntax"#),
        ("forward=maybe".to_owned(), r#"parsing field "forward": strconv.ParseBool: parsing "maybe": invalid syntax"#),
        ("cursor=rubbish".to_owned(), expired),
        ("cursor=aGVsbG8gdGhlcmU%3D".to_owned(), expired),
        (format!("forward=false&cursor={next}"), expired),
        (
            format!("from_time=2026-01-01T00:00:00Z&cursor={next}"),
            "A page begins at from_time or at a cursor, not at both.",
        ),
        (
            "from_time=yesterday".to_owned(),
            r#"parsing field "from_time": "yesterday" is not a time as in 2006-01-02T15:04:05Z"#,
        ),
        ("from_time=".to_owned(), r#"parsing field "from_time": "" is not a time as in 2006-01-02T15:04:05Z"#),
    ] {
        page(&rest, &ann, &query).await.assert_refused(400, 3, message);
    }
    let other = rest.get(&format!("/v2/channel/2...other?cursor={next}")).by(&ann).send().await;
    other.assert_refused(400, 3, expired);

    let invalid = "Invalid channel ID.";
    let long = format!("2...{}", "x".repeat(65));
    for (id, message) in [
        ("nope", invalid),
        ("2..room", invalid),
        ("9...hall", invalid),
        (&*long, invalid),
        ("2...", invalid),
        ("", invalid),
        ("3.nope..", invalid),
        ("3.11111111-2222-4333-8444-555555555555..", "Group not found."),
        ("4.11111111-2222-4333-8444-555555555555.21111111-2222-4333-8444-555555555555.", "Channel not found."),
    ] {
        println!("{id}");
        rest.get(&format!("/v2/channel/{id}")).by(&ann).send().await.assert_refused(400, 3, message);
    }
    rest.get("/v2/channel/2...hall").send().await.assert_refused(401, 16, "Auth token required");
}
