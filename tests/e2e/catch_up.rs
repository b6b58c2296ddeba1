//! Coming back: what was kept for a user who was away, how much of it is unread, and reading on from a point in time. All
//! of it is still so after a restart of the server.

use crate::Player;
use crate::people::Person;
use anyhow::{Context, Result, ensure};
use meadhall_protocol::codec::Format;
use meadhall_tests::http::{Http, percent_encode};
use meadhall_tests::server::TestServer;
use meadhall_tests::socket::Socket;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn who_was_away_finds_all_that_happened() -> Result<()> {
    let server = TestServer::start([]).await?;
    let away = Person::enter(&server.http, "away").await?;
    let mut friend = Player::enter(&server, "friend", Format::Json).await?;
    let person = Person::enter(&server.http, "friend").await?;
    let group = person.found_group("hearth", 10).await?.ok()?["id"].as_str().context("no id")?.to_owned();
    away.in_group(&group, "join", None).await?.ok()?;
    let hall = channel(&mut friend.socket, &group, 3).await?;
    // The last that the other one saw before it went away.
    let last_seen = say(&mut friend.socket, &hall, "good night").await?;
    let marked = mark(&server.http, &away, &hall, Some(&last_seen)).await?;
    assert_eq!((&marked["message_id"], unread(&marked)), (&json!(last_seen), 0));

    let mut said = Vec::new();
    for words in ["first", "second", "third"] {
        said.push(say(&mut friend.socket, &hall, words).await?);
    }
    person.ask(&away).await?.ok()?;
    let direct = channel(&mut friend.socket, away.id(), 2).await?;
    say(&mut friend.socket, &direct, "psst").await?;

    let codes = |notifications: &[Value]| notifications.iter().map(|one| one["code"].clone()).collect::<Vec<_>>();
    assert_eq!(codes(&away.notifications().await?), [json!(-2), json!(-1)], "in the order of what happened");
    let found = look(&server.http, &away, &hall).await?;
    assert_eq!((&found["message_id"], unread(&found)), (&json!(last_seen), 3));
    let never_marked = look(&server.http, &away, &direct).await?;
    assert_eq!((&never_marked["message_id"], unread(&never_marked)), (&Value::Null, 1));

    let (_, data) = server.stop().await;
    let path = data.path().to_owned();
    let server = TestServer::start_with(|config| config.server.data_dir = path).await?;
    let http = &server.http;
    let away = Person::enter(http, "away").await?;
    assert_eq!(away.notifications().await?.len(), 2);
    assert_eq!(unread(&look(http, &away, &hall).await?), 3);
    reading_on(http, &away, &hall, &said).await?;

    // A marker goes forward only, and ends at the last message.
    assert_eq!(unread(&mark(http, &away, &hall, Some(&said[0])).await?), 2);
    let back = mark(http, &away, &hall, Some(&last_seen)).await?;
    assert_eq!((&back["message_id"], unread(&back)), (&json!(said[0]), 2));
    let all = mark(http, &away, &hall, None).await?;
    assert_eq!((&all["message_id"], unread(&all)), (&json!(said[2]), 0));

    let list = away.get("/v2/channel").await?;
    let markers = list["markers"].as_array().context("no markers")?;
    let facts: Vec<_> = markers.iter().map(|marker| (marker["channel_id"].clone(), unread(marker))).collect();
    assert_eq!(facts, [(json!(hall), 0)], "of the channels that were marked");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unread_is_what_others_said_and_nobody_removed() -> Result<()> {
    let server = TestServer::start([]).await?;
    let mut one = Player::enter(&server, "one", Format::Protobuf).await?;
    let mut two = Player::enter(&server, "two", Format::Json).await?;
    let reader = Person::enter(&server.http, "two").await?;
    let hall = channel(&mut one.socket, "long-hall", 1).await?;
    channel(&mut two.socket, "long-hall", 1).await?;
    let removed = say(&mut one.socket, &hall, "wrong window").await?;
    say(&mut one.socket, &hall, "hello").await?;
    say(&mut two.socket, &hall, "hello yourself").await?;
    let remove = json!({ "channel_message_remove": { "channel_id": hall, "message_id": removed } });
    one.socket.ask(remove, "channel_message_ack").await?;
    assert_eq!(unread(&look(&server.http, &reader, &hall).await?), 1);

    // Whoever may not read a channel cannot mark it, and does not see what is unread there once they may not any more.
    let person = Person::enter(&server.http, "one").await?;
    let group = person.found_group("moot", 10).await?.ok()?["id"].as_str().context("no id")?.to_owned();
    let moot = channel(&mut one.socket, &group, 3).await?;
    let path = format!("/v2/channel/{moot}/read");
    let refused = server.http.call(Method::PUT, &path, &reader.login.token, Some(json!({}))).await?;
    assert_eq!((refused.status, &refused.body["message"]), (400, &json!("Group not found.")), "{refused:?}");
    reader.in_group(&group, "join", None).await?.ok()?;
    mark(&server.http, &reader, &moot, None).await?;
    mark(&server.http, &reader, &hall, None).await?;
    let marked = async || Ok::<_, anyhow::Error>(reader.get("/v2/channel").await?["markers"].as_array().map(Vec::len));
    assert_eq!(marked().await?, Some(2));
    reader.in_group(&group, "leave", None).await?.ok()?;
    assert_eq!(marked().await?, Some(1));
    Ok(())
}

/// A history from a point in time, in both directions.
async fn reading_on(http: &Http, person: &Person, channel: &str, said: &[String]) -> Result<()> {
    let history = http.history(channel, &person.login.token).await?;
    let at = history.iter().position(|message| message["message_id"] == json!(said[1])).context("not kept")?;
    let time = percent_encode(history[at]["create_time"].as_str().context("no time")?);
    let page = async |query: &str| -> Result<Vec<Value>> {
        let page = person.get(&format!("/v2/channel/{channel}?limit=100&from_time={time}{query}")).await?;
        let messages = page["messages"].as_array().into_iter().flatten();
        Ok(messages.map(|message| message["message_id"].clone()).collect())
    };
    let forward = page("&forward=true").await?;
    assert_eq!(forward, [json!(said[1]), json!(said[2])]);
    let backward = page("&forward=false").await?;
    let before: Vec<Value> = history[..=at].iter().rev().map(|message| message["message_id"].clone()).collect();
    assert_eq!(backward, before);
    let one = person.get(&format!("/v2/channel/{channel}?limit=1&from_time={time}")).await?;
    let cursor = percent_encode(one["next_cursor"].as_str().context("no cursor")?);
    let next = person.get(&format!("/v2/channel/{channel}?limit=1&cursor={cursor}")).await?;
    assert_eq!(next["messages"][0]["message_id"], json!(said[2]), "a cursor reads on from there");
    Ok(())
}

async fn channel(socket: &mut Socket, target: &str, kind: i32) -> Result<String> {
    let join = json!({ "channel_join": { "target": target, "type": kind } });
    Ok(socket.ask(join, "channel").await?["id"].as_str().context("a channel without an id")?.to_owned())
}

/// Sends a message and returns its id.
async fn say(socket: &mut Socket, channel: &str, words: &str) -> Result<String> {
    let message = json!({ "channel_id": channel, "content": json!({ "words": words }).to_string() });
    let ack = socket.ask(json!({ "channel_message_send": message }), "channel_message_ack").await?;
    Ok(ack["message_id"].as_str().context("an ack without an id")?.to_owned())
}

async fn look(http: &Http, person: &Person, channel: &str) -> Result<Value> {
    http.get(&format!("/v2/channel/{channel}/read"), &person.login.token).await?.ok()
}

/// Marks a channel as read up to a message, or all of it.
async fn mark(http: &Http, person: &Person, channel: &str, message: Option<&str>) -> Result<Value> {
    let body = json!({ "message_id": message.unwrap_or_default() });
    let path = format!("/v2/channel/{channel}/read");
    let marker = http.call(Method::PUT, &path, &person.login.token, Some(body)).await?.ok()?;
    ensure!(marker["channel_id"] == json!(channel), "{marker} is no marker of {channel}");
    Ok(marker)
}

fn unread(marker: &Value) -> i64 {
    marker["unread_count"].as_i64().unwrap_or(-1)
}
