//! A kick in the middle of a conversation: it has one place in the order, for everybody and in the history, and nothing
//! behind it reaches the one who was kicked.

use crate::Player;
use anyhow::{Context, Result, bail, ensure};
use meadhall_tests::PATIENCE;
use meadhall_tests::http::Http;
use meadhall_tests::server::TestServer;
use meadhall_tests::socket::{FORMATS, Socket};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

const ROUNDS: usize = 8;
const WATCHERS: usize = 4;
/// The kick falls after so many of the victim's messages at most.
const BEFORE_THE_KICK: usize = 30;
const CHAT: i64 = 0;
const KICK: i64 = 6;
const BAN: i64 = 8;

/// A message as all see it: its code, id, sender and content.
type Seen = (i64, String, String, String);

#[tokio::test(flavor = "multi_thread")]
async fn a_kick_has_one_place_among_the_messages() -> Result<()> {
    let server = TestServer::start([]).await?;
    let mut random = SmallRng::seed_from_u64(3);
    for round in 0..ROUNDS {
        let after = random.random_range(0..BEFORE_THE_KICK);
        one_kick(&server, round, after).await.with_context(|| format!("round {round}, a kick after {after}"))?;
    }
    Ok(())
}

/// A member writes as fast as it can, another one as well, and the first is taken out after some messages.
async fn one_kick(server: &TestServer, round: usize, after: usize) -> Result<()> {
    let (verb, code) = if round % 3 == 2 { ("ban", BAN) } else { ("kick", KICK) };
    let mut admin = Player::enter(server, "jarl", FORMATS[0]).await?;
    let body = json!({ "name": format!("moot-{round}"), "open": true });
    let group = server.http.call(Method::POST, "/v2/group", &admin.login.token, Some(body)).await?.ok()?;
    let group = group["id"].as_str().context("a group without an id")?.to_owned();
    let channel = join(&mut admin.socket, &group).await?;
    let mut others = Vec::new();
    for (number, name) in ["victim", "talker"].into_iter().chain(["watcher"; WATCHERS]).enumerate() {
        let mut player = Player::enter(server, &format!("{name}-{number}"), FORMATS[(round + number) % 2]).await?;
        server.http.call(Method::POST, &format!("/v2/group/{group}/join"), &player.login.token, None).await?.ok()?;
        join(&mut player.socket, &group).await?;
        others.push(player);
    }
    let watchers = others.split_off(2);
    let [victim, talker] = others.try_into().map_err(|_| anyhow::anyhow!("two were made"))?;
    let victim_id = victim.login.user_id.clone();
    let (spoken, mut heard) = watch::channel(0);
    let victim = tokio::spawn(write_until_refused(victim, channel.clone(), spoken));
    let (stop, stopped) = watch::channel(false);
    let talker = tokio::spawn(write_until_told(talker, channel.clone(), stopped));

    heard.wait_for(|count| *count >= after).await?;
    let path = format!("/v2/group/{group}/{verb}?user_ids={victim_id}");
    server.http.call(Method::POST, &path, &admin.login.token, None).await?.ok()?;
    let (mut victim, acknowledged) = timeout(PATIENCE, victim).await.context("the victim is never refused")???;
    stop.send(true)?;
    let mut talker = talker.await??;

    // The jarl's last message tells everybody that they have seen all.
    let end = write(&mut admin.socket, &channel, "end").await?["message_id"].as_str().context("no id")?.to_owned();
    let mut readings = JoinSet::new();
    for mut player in watchers {
        let end = end.clone();
        readings.spawn(async move { read_to(&mut player.socket, &end).await });
    }
    let seen_by_watchers = readings.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
    let history = history(&server.http, &channel, &admin.login.token).await?;
    for seen in [read_to(&mut admin.socket, &end).await?, read_to(&mut talker.socket, &end).await?] {
        assert!(history.ends_with(&seen), "a member saw another order than the history's");
    }
    for seen in seen_by_watchers {
        assert!(history.ends_with(&seen), "a watcher saw another order than the history's");
    }

    let kick = history.iter().position(|(kind, ..)| *kind == code).context("the kick is not in the history")?;
    ensure!(history[kick].2 == victim_id, "the kick is of {:?}", history[kick]);
    let of_victim = |(kind, _, sender, _): &&Seen| *kind == CHAT && *sender == victim_id;
    assert_eq!(history[kick..].iter().find(of_victim), None, "a message of the kicked one stands behind the kick");
    let kept: Vec<&String> = history.iter().filter(of_victim).map(|(_, id, ..)| id).collect();
    assert_eq!(kept, acknowledged.iter().collect::<Vec<_>>(), "what was acknowledged is what is kept");
    let seen = everything(&mut victim.socket).await?;
    assert!(!seen.is_empty() && history[..=kick].ends_with(&seen), "the kicked one saw {seen:?}\nof {history:?}");

    // Neither the channel nor its history is open any more.
    let refused = victim.socket.call(json!({ "channel_join": { "target": group, "type": 3 } })).await?;
    assert_eq!(refused["error"]["message"], json!("Group not found: Invalid channel target"), "{refused}");
    let peek = server.http.get(&format!("/v2/channel/{channel}?limit=1"), &victim.login.token).await?;
    assert_eq!((peek.status, &peek.body["message"]), (400, &json!("Group not found.")), "{peek:?}");
    Ok(())
}

async fn join(socket: &mut Socket, group: &str) -> Result<String> {
    let channel = socket.ask(json!({ "channel_join": { "target": group, "type": 3 } }), "channel").await?;
    Ok(channel["id"].as_str().context("a channel without an id")?.to_owned())
}

async fn write(socket: &mut Socket, channel: &str, words: &str) -> Result<Value> {
    let message = json!({ "channel_id": channel, "content": json!({ "words": words }).to_string() });
    let mut reply = socket.call(json!({ "channel_message_send": message })).await?;
    Ok(match reply["error"].is_null() {
        true => reply["channel_message_ack"].take(),
        false => reply,
    })
}

/// Writes until it must not any more; the ids of what was acknowledged.
async fn write_until_refused(
    mut player: Player,
    channel: String,
    spoken: watch::Sender<usize>,
) -> Result<(Player, Vec<String>)> {
    let mut acknowledged = Vec::new();
    loop {
        let answer = write(&mut player.socket, &channel, "I was not done").await?;
        match answer["message_id"].as_str() {
            Some(id) => acknowledged.push(id.to_owned()),
            None if answer["error"]["message"] == json!("Must join channel before sending messages") => break,
            None => bail!("refused in another way: {answer}"),
        }
        spoken.send_replace(acknowledged.len());
    }
    // It stays so.
    for _ in 0..3 {
        let answer = write(&mut player.socket, &channel, "hello?").await?;
        ensure!(!answer["error"].is_null(), "written after it was refused: {answer}");
    }
    Ok((player, acknowledged))
}

async fn write_until_told(mut player: Player, channel: String, stopped: watch::Receiver<bool>) -> Result<Player> {
    while !*stopped.borrow() {
        let answer = write(&mut player.socket, &channel, "as I was saying").await?;
        ensure!(answer["error"].is_null(), "a member is refused: {answer}");
    }
    Ok(player)
}

/// All messages up to one.
async fn read_to(socket: &mut Socket, end: &str) -> Result<Vec<Seen>> {
    let mut seen: Vec<Seen> = Vec::new();
    while seen.last().is_none_or(|(_, id, ..)| id != end) {
        seen.push(facts(&socket.wait_for("channel_message").await?)?);
    }
    Ok(seen)
}

/// All messages that were sent to a socket before now.
async fn everything(socket: &mut Socket) -> Result<Vec<Seen>> {
    // The answer is behind all of them.
    socket.call(json!({ "ping": {} })).await?;
    let mut seen = Vec::new();
    while let Some(envelope) = socket.arrived() {
        if let Some(message) = envelope.get("channel_message") {
            seen.push(facts(message)?);
        }
    }
    Ok(seen)
}

async fn history(http: &Http, channel: &str, token: &str) -> Result<Vec<Seen>> {
    http.history(channel, token).await?.iter().map(facts).collect()
}

fn facts(message: &Value) -> Result<Seen> {
    let text =
        |field: &str| message[field].as_str().map(str::to_owned).with_context(|| format!("no {field:?} in {message}"));
    Ok((message["code"].as_i64().context("no code")?, text("message_id")?, text("sender_id")?, text("content")?))
}
