//! `GET /v2/channel`, `GET` and `PUT /v2/channel/{id}/read`: how far users have read.

use crate::client::{Answer, Player, Rest};
use meadhall_core::caller::Actor;
use meadhall_core::stream::{Stream, mode};
use serde_json::{Value, json};

async fn say(rest: &Rest, sender: &Player, room: &str) -> String {
    let sender = Actor { user_id: sender.id.parse().unwrap(), username: "somebody".into() };
    let room = Stream::labelled(mode::ROOM, room);
    rest.server.app().core.chat.send_as(sender, &room, "{}", true).await.unwrap().id.to_string()
}

async fn mark(rest: &Rest, player: &Player, channel: &str, body: Value) -> Answer {
    rest.request("PUT", &format!("/v2/channel/{channel}/read")).by(player).json(body).send().await
}

/// A marker without its time, which must be there.
fn timeless(mut marker: Value) -> Value {
    let time = marker.as_object_mut().unwrap().remove("update_time").unwrap();
    assert!(time.as_str().is_some_and(|time| time.ends_with('Z')), "{time}");
    marker
}

#[tokio::test]
async fn a_marker_moves_forward_and_counts_what_follows() {
    let rest = Rest::start().await;
    let (ann, ben) = (rest.player("ann").await, rest.player("ben").await);
    let get = async || rest.get("/v2/channel/2...a%2Fb%20c/read").by(&ann).send().await.json();
    assert_eq!(get().await, json!({"channel_id": "2...a/b c", "unread_count": 0}));
    let first = say(&rest, &ben, "a/b c").await;
    say(&rest, &ann, "a/b c").await;
    let last = say(&rest, &ben, "a/b c").await;
    assert_eq!(get().await, json!({"channel_id": "2...a/b c", "unread_count": 2}));
    let marked = mark(&rest, &ann, "2...a%2Fb%20c", json!({"message_id": first})).await.json();
    let expected = json!({"channel_id": "2...a/b c", "message_id": first, "unread_count": 1});
    assert_eq!(timeless(marked.clone()), expected);
    assert_eq!(get().await, marked);
    for body in [json!({}), json!({"message_id": ""}), json!({"message_id": first})] {
        let marked = timeless(mark(&rest, &ann, "2...a%2Fb%20c", body).await.json());
        assert_eq!(marked, json!({"channel_id": "2...a/b c", "message_id": last, "unread_count": 0}));
    }
}

#[tokio::test]
async fn all_markers_of_a_user_are_listed() {
    let rest = Rest::start().await;
    let (ann, ben) = (rest.player("ann").await, rest.player("ben").await);
    rest.get("/v2/channel").by(&ann).send().await.assert_empty();
    for room in ["one", "two", "six"] {
        say(&rest, &ben, room).await;
        mark(&rest, &ann, &format!("2...{room}"), json!({})).await;
    }
    say(&rest, &ben, "two").await;
    let list = async |query: &str| rest.get(&format!("/v2/channel?{query}")).by(&ann).send().await.json();
    let names = |page: &Value| -> Vec<_> {
        let markers = page["markers"].as_array().unwrap().iter();
        markers.map(|one| (one["channel_id"].as_str().unwrap().to_owned(), one["unread_count"].clone())).collect()
    };
    let all = list("").await;
    assert_eq!(names(&all), [("2...one".into(), json!(0)), ("2...six".into(), json!(0)), ("2...two".into(), json!(1))]);
    assert!(all.get("cursor").is_none());
    let first = list("limit=2").await;
    assert_eq!(names(&first), names(&all)[..2]);
    let second = list(&format!("limit=2&cursor={}", first["cursor"].as_str().unwrap())).await;
    assert_eq!((names(&second), second.get("cursor")), (names(&all)[2..].to_vec(), None));
    rest.get("/v2/channel").by(&ben).send().await.assert_empty();
}

#[tokio::test]
async fn bad_requests_are_refused_and_mark_nothing() {
    let rest = Rest::start().await;
    let ann = rest.player("ann").await;
    say(&rest, &ann, "hall").await;
    let elsewhere = say(&rest, &ann, "other").await;
    let group = "3.11111111-2222-4333-8444-555555555555..";
    let direct = "4.11111111-2222-4333-8444-555555555555.21111111-2222-4333-8444-555555555555.";
    for (channel, message) in
        [("nope", "Invalid channel ID."), (group, "Group not found."), (direct, "Channel not found.")]
    {
        mark(&rest, &ann, channel, json!({})).await.assert_refused(400, 3, message);
        let get = rest.get(&format!("/v2/channel/{channel}/read")).by(&ann).send().await;
        get.assert_refused(400, 3, message);
    }
    let bad_id = mark(&rest, &ann, "2...hall", json!({"message_id": "nope"})).await;
    bad_id.assert_refused(400, 3, "Invalid message identifier");
    let unknown = mark(&rest, &ann, "2...hall", json!({"message_id": elsewhere})).await;
    unknown.assert_refused(404, 5, &format!("Message {elsewhere} is not in the channel's history."));
    let limit = "Invalid limit - limit must be between 1 and 100.";
    for (query, message) in [
        ("limit=0", limit),
        ("limit=101", limit),
        ("limit=-1", limit),
        ("cursor=rubbish", "Cursor is invalid or expired."),
        ("limit=x", r#"parsing field "limit": strconv.ParseInt: parsing "x": invalid syntax"#),
    ] {
        rest.get(&format!("/v2/channel?{query}")).by(&ann).send().await.assert_refused(400, 3, message);
    }
    for path in ["/v2/channel", "/v2/channel/2...hall/read"] {
        rest.get(path).send().await.assert_refused(401, 16, "Auth token required");
    }
    rest.get("/v2/channel").by(&ann).send().await.assert_empty();
}
