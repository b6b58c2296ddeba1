//! One order: every member of a channel sees its messages in the order of its history.

use crate::Player;
use anyhow::{Context, Result, ensure};
use meadhall_protocol::codec::Format;
use meadhall_tests::server::TestServer;
use meadhall_tests::socket::{FORMATS, Socket};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::task::JoinSet;

const ROOM: &str = "thing";
const CHANNEL: &str = "2...thing";
const SENDERS: usize = 4;
const WATCHERS: usize = 12;
const VISITORS: usize = 3;
const OPERATIONS: usize = 120;
/// The content of the last message, after which everybody knows to have seen everything.
const END: &str = "{\"end\":true}";

/// What a member saw: kind of message, its id and its content.
type Sequence = Vec<(i64, String, String)>;

#[tokio::test(flavor = "multi_thread")]
async fn every_member_sees_the_order_of_the_history() -> Result<()> {
    let server = Arc::new(TestServer::start([]).await?);
    let mut watchers = JoinSet::new();
    for number in 0..WATCHERS {
        let mut watcher = Player::enter(&server, &format!("watcher-{number}"), FORMATS[number % 2]).await?;
        watcher.socket.join_room(ROOM).await?;
        watchers.spawn(async move { until_end(&mut watcher.socket).await });
    }
    let mut senders = JoinSet::new();
    for number in 0..SENDERS {
        // The last one's messages are not stored, and stand in the same line.
        let persistence = number + 1 < SENDERS;
        let mut sender = Player::enter(&server, &format!("sender-{number}"), FORMATS[number % 2]).await?;
        let join = json!({ "channel_join": { "target": ROOM, "type": 1, "persistence": persistence } });
        sender.socket.ask(join, "channel").await?;
        senders.spawn(async move { write(&mut sender.socket, number).await.map(|()| sender) });
    }
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut visitors = JoinSet::new();
    for number in 0..VISITORS {
        let mut visitor = Player::enter(&server, &format!("visitor-{number}"), FORMATS[number % 2]).await?;
        let stopped = stopped.clone();
        visitors.spawn(async move {
            let mut visits = vec![Sequence::new()];
            while !*stopped.borrow() {
                visit(&mut visitor.socket, &mut visits).await?;
            }
            anyhow::Ok(visits)
        });
    }

    let mut senders = senders.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
    stop.send(true)?;
    let visits: Vec<Sequence> =
        visitors.join_all().await.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
    let mut herald = Player::enter(&server, "herald", Format::Json).await?;
    herald.socket.join_room(ROOM).await?;
    send(&mut herald.socket, END).await?;
    let watched = watchers.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
    let mut seen = watched.iter().collect::<Vec<_>>();
    let mut of_senders = Vec::new();
    for sender in &mut senders {
        of_senders.push(until_end(&mut sender.socket).await?);
    }

    let truth = seen.pop().context("there are watchers")?;
    for (number, sequence) in seen.into_iter().enumerate() {
        assert_eq!(sequence, truth, "watcher {number} saw another order");
    }
    for (number, sequence) in of_senders.iter().enumerate() {
        assert!(truth.ends_with(sequence), "sender {number} saw another order");
    }
    for visit in &visits {
        assert!(is_part(visit, truth), "a visitor saw {visit:?}, which is no part of what the others saw");
    }
    assert!(visits.iter().any(|visit| !visit.is_empty()), "no visitor saw a message");
    let history = server.http.history(CHANNEL, &herald.login.token).await?;
    assert_eq!(kept(&history)?, expected_history(truth), "the history differs from what was seen");
    Ok(())
}

/// Sends, changes and removes, each thing in the middle of others doing the same.
async fn write(socket: &mut Socket, number: usize) -> Result<()> {
    let mut random = SmallRng::seed_from_u64(number as u64);
    let mut own: Vec<String> = Vec::new();
    for operation in 0..OPERATIONS {
        let content = json!({ "sender": number, "operation": operation }).to_string();
        match random.random_range(0..10) {
            0 | 1 if !own.is_empty() => {
                let id = &own[random.random_range(0..own.len())];
                let update = json!({ "channel_id": CHANNEL, "message_id": id, "content": content });
                socket.ask(json!({ "channel_message_update": update }), "channel_message_ack").await?;
            }
            2 if !own.is_empty() => {
                let id = own.swap_remove(random.random_range(0..own.len()));
                let remove = json!({ "channel_id": CHANNEL, "message_id": id });
                socket.ask(json!({ "channel_message_remove": remove }), "channel_message_ack").await?;
            }
            _ => own.push(send(socket, &content).await?),
        }
    }
    Ok(())
}

/// Sends a message and returns its id.
async fn send(socket: &mut Socket, content: &str) -> Result<String> {
    let message = json!({ "channel_message_send": { "channel_id": CHANNEL, "content": content } });
    let ack = socket.ask(message, "channel_message_ack").await?;
    ack["message_id"].as_str().map(str::to_owned).context("an ack without a message id")
}

/// Joins, stays for a moment, leaves, and notes what was seen.
async fn visit(socket: &mut Socket, visits: &mut Vec<Sequence>) -> Result<()> {
    socket.join_room(ROOM).await?;
    // What was on its way when the visitor left may still come, up to the reply to the next join.
    note(socket, visits);
    visits.push(Sequence::new());
    // A reply to any call is behind everything that was sent before it.
    for _ in 0..4 {
        socket.call(json!({ "ping": {} })).await?;
    }
    socket.call(json!({ "channel_leave": { "channel_id": CHANNEL } })).await?;
    note(socket, visits);
    Ok(())
}

/// Adds the messages that arrived to the last visit.
fn note(socket: &mut Socket, visits: &mut [Sequence]) {
    if let Some(last) = visits.last_mut() {
        while let Some(envelope) = socket.arrived() {
            last.extend(message(&envelope));
        }
    }
}

/// Reads messages up to the last.
async fn until_end(socket: &mut Socket) -> Result<Sequence> {
    let mut seen = Vec::new();
    loop {
        let envelope = socket.next().await?;
        seen.extend(message(&envelope));
        if seen.last().is_some_and(|(_, _, content)| content == END) {
            return Ok(seen);
        }
    }
}

fn message(envelope: &Value) -> Option<(i64, String, String)> {
    let message = envelope.get("channel_message")?;
    let text = |field: &str| message[field].as_str().unwrap_or_default().to_owned();
    Some((message["code"].as_i64()?, text("message_id"), text("content")))
}

fn is_part(part: &Sequence, whole: &Sequence) -> bool {
    part.is_empty() || whole.windows(part.len()).any(|window| window == part)
}

/// What the history must hold: the stored messages in the order they were sent, as they were changed last.
fn expected_history(seen: &Sequence) -> Vec<(String, String)> {
    let last_sender = format!("\"sender\":{}", SENDERS - 1);
    let mut content: HashMap<&str, Option<&str>> = HashMap::new();
    for (code, id, text) in seen {
        content.insert(id, (*code != 2).then_some(text));
    }
    let sent = seen.iter().filter(|(code, _, text)| *code == 0 && !text.contains(&last_sender));
    sent.filter_map(|(_, id, _)| Some((id.clone(), content[id.as_str()]?.to_owned()))).collect()
}

fn kept(history: &[Value]) -> Result<Vec<(String, String)>> {
    let mut last = String::new();
    history
        .iter()
        .map(|message| {
            let text = |field: &str| {
                message[field].as_str().map(str::to_owned).with_context(|| format!("no {field} in {message}"))
            };
            let (id, created) = (text("message_id")?, text("create_time")?);
            ensure!(id > last, "ids do not rise at {id}, created {created}");
            last.clone_from(&id);
            Ok((id, text("content")?))
        })
        .collect()
}
