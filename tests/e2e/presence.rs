//! Presences: whatever joins and leaves at once, each member's picture is right in the end, and nobody is cut off.

use crate::Player;
use anyhow::{Context, Result};
use meadhall_protocol::codec::Format;
use meadhall_tests::server::TestServer;
use meadhall_tests::socket::{FORMATS, Socket};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::task::JoinSet;

const ROOM: &str = "market";
const CHANNEL: &str = "2...market";

/// How often each session is present, as the events tell: 1 or 0 when no event is lost or doubled.
type Picture = BTreeMap<String, i32>;

/// Adds what an envelope says of presences to a picture.
fn note(picture: &mut Picture, presences: &Value, change: i32) -> Result<()> {
    for presence in presences.as_array().into_iter().flatten() {
        let session = presence["session_id"].as_str().with_context(|| format!("no session in {presence}"))?;
        *picture.entry(session.to_owned()).or_default() += change;
    }
    Ok(())
}

/// Joins, and begins a picture with the reply; a new member's own presence comes as an event.
async fn join(socket: &mut Socket) -> Result<Picture> {
    let channel = socket.join_room(ROOM).await?;
    let mut picture = Picture::new();
    note(&mut picture, &channel["presences"], 1)?;
    Ok(picture)
}

/// Reads presence events until a message with a content arrives.
async fn watch_until(socket: &mut Socket, picture: &mut Picture, end: &str) -> Result<()> {
    while watch(socket, picture).await? != json!(end) {}
    Ok(())
}

/// Reads one envelope into a picture; the content of a message, or null.
async fn watch(socket: &mut Socket, picture: &mut Picture) -> Result<Value> {
    let mut envelope = socket.next().await?;
    let event = &envelope["channel_presence_event"];
    note(picture, &event["leaves"], -1)?;
    note(picture, &event["joins"], 1)?;
    Ok(envelope["channel_message"]["content"].take())
}

/// Who is there by a picture.
fn there(picture: &Picture) -> Vec<String> {
    picture.iter().filter(|(_, count)| **count == 1).map(|(session, _)| session.clone()).collect()
}

async fn say(socket: &mut Socket, content: &str) -> Result<()> {
    let message = json!({ "channel_message_send": { "channel_id": CHANNEL, "content": content } });
    socket.ask(message, "channel_message_ack").await.map(drop)
}

/// Who is there, as a newcomer is told.
async fn present(server: &TestServer, name: &str) -> Result<Vec<String>> {
    let mut newcomer = Player::enter(server, name, Format::Json).await?;
    let picture = join(&mut newcomer.socket).await?;
    newcomer.socket.call(json!({ "channel_leave": { "channel_id": CHANNEL } })).await?;
    Ok(there(&picture))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_picture_is_right_after_a_crowd_came_and_went() -> Result<()> {
    const STAYING: usize = 8;
    const MOVING: usize = 16;
    const MOVES: usize = 10;
    const END: &str = "{\"the market\":\"closes\"}";
    let server = Arc::new(TestServer::start([]).await?);
    let mut staying = JoinSet::new();
    for number in 0..STAYING {
        let mut player = Player::enter(&server, &format!("trader-{number}"), FORMATS[number % 2]).await?;
        let mut picture = join(&mut player.socket).await?;
        staying.spawn(async move {
            watch_until(&mut player.socket, &mut picture, END).await?;
            anyhow::Ok((picture, player))
        });
    }
    let mut moving = JoinSet::new();
    for number in 0..MOVING {
        let mut player = Player::enter(&server, &format!("walker-{number}"), FORMATS[number % 2]).await?;
        moving.spawn(async move {
            for _ in 0..MOVES {
                player.socket.join_room(ROOM).await?;
                player.socket.call(json!({ "channel_leave": { "channel_id": CHANNEL } })).await?;
            }
            player.socket.join_room(ROOM).await?;
            // Half of them stay, half of them vanish without a word.
            anyhow::Ok((number % 2 == 0).then_some(player))
        });
    }
    let mut stayed =
        moving.join_all().await.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect::<Vec<_>>();
    let mut expected = present(&server, "newcomer-1").await?;
    while expected.len() != STAYING + stayed.len() {
        // The server has not noticed every vanished connection yet: it is asked until it has.
        expected = present(&server, "newcomer-2").await?;
    }
    say(&mut stayed[0].socket, END).await?;
    for watched in staying.join_all().await {
        let (picture, player) = watched?;
        assert!(
            picture.values().all(|count| [0, 1].contains(count)),
            "{} saw an event twice: {picture:?}",
            player.login.username
        );
        let seen: Vec<String> =
            picture.into_iter().filter(|(_, count)| *count == 1).map(|(session, _)| session).collect();
        assert_eq!(seen, expected, "{} has another picture", player.login.username);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_join_one_room_and_none_is_cut_off() -> Result<()> {
    const CROWD: usize = 300;
    const AT_ONCE: usize = 64;
    const END: &str = "{\"all\":\"here\"}";
    let server = Arc::new(TestServer::start([]).await?);
    let mut crowd = Vec::new();
    for number in 0..CROWD {
        crowd.push(Player::enter(&server, &format!("guest-{number}"), FORMATS[number % 2]).await?);
    }
    let at_once = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    let mut watching = JoinSet::new();
    let all_joined = Arc::new(tokio::sync::Barrier::new(CROWD));
    for (number, mut player) in crowd.into_iter().enumerate() {
        let (at_once, all_joined) = (Arc::clone(&at_once), Arc::clone(&all_joined));
        watching.spawn(async move {
            let permit = at_once.acquire_owned().await?;
            let mut picture = join(&mut player.socket).await?;
            drop(permit);
            all_joined.wait().await;
            if number == 0 {
                say(&mut player.socket, END).await?;
            }
            watch_until(&mut player.socket, &mut picture, END).await?;
            anyhow::Ok((picture, player))
        });
    }
    for watched in watching.join_all().await {
        let (mut picture, mut player) = watched?;
        while picture.len() < CROWD {
            watch(&mut player.socket, &mut picture).await?;
        }
        assert!(picture.values().all(|count| *count == 1), "somebody is missing or twice in {picture:?}");
    }
    assert_eq!(server.metric("meadhall_slow_consumers_closed_total").await?, 0.0);
    Ok(())
}
