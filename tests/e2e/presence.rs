//! Presences: whatever joins and leaves at once, each member's picture is right in the end, and nobody is cut off.

use crate::Player;
use anyhow::{Context, Result};
use meadhall_protocol::codec::Format;
use meadhall_tests::server::TestServer;
use meadhall_tests::socket::{FORMATS, Socket};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::task::JoinSet;

const ROOM: &str = "market";
const CHANNEL: &str = "2...market";

/// The sessions that are present, as a client keeps them: a burst of changes is told as one event to all, so a newcomer may
/// be told once more of somebody who was in its reply already.
type Picture = BTreeSet<String>;

/// The sessions in a list of presences.
fn sessions(presences: &Value) -> impl Iterator<Item = String> {
    presences.as_array().into_iter().flatten().filter_map(|presence| Some(presence["session_id"].as_str()?.to_owned()))
}

/// Joins, and begins a picture with the reply; a new member's own presence comes as an event.
async fn join(socket: &mut Socket) -> Result<Picture> {
    let channel = socket.join_room(ROOM).await?;
    Ok(sessions(&channel["presences"]).collect())
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
    for gone in sessions(&event["leaves"]) {
        picture.remove(&gone);
    }
    picture.extend(sessions(&event["joins"]));
    Ok(envelope["channel_message"]["content"].take())
}

async fn say(socket: &mut Socket, content: &str) -> Result<()> {
    let message = json!({ "channel_message_send": { "channel_id": CHANNEL, "content": content } });
    socket.ask(message, "channel_message_ack").await.map(drop)
}

/// Who is there, as a newcomer is told.
async fn present(server: &TestServer, name: &str) -> Result<Picture> {
    let mut newcomer = Player::enter(server, name, Format::Json).await?;
    let picture = join(&mut newcomer.socket).await?;
    newcomer.socket.call(json!({ "channel_leave": { "channel_id": CHANNEL } })).await?;
    Ok(picture)
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
    // All stay until the last has been looked at, for who is dropped leaves.
    let mut watched = staying.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
    for (picture, player) in &mut watched {
        // Presence events may follow a message that was sent after them.
        while *picture != expected {
            let name = player.login.username.clone();
            watch(&mut player.socket, picture).await.with_context(|| format!("{name} has another picture"))?;
        }
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
    // All stay until the last has been looked at, for who is dropped leaves.
    let mut watched = watching.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
    for (picture, player) in &mut watched {
        while picture.len() < CROWD {
            watch(&mut player.socket, picture).await?;
        }
    }
    assert_eq!(server.metric("meadhall_slow_consumers_closed_total").await?, 0.0);
    Ok(())
}
