//! Direct messages: two users' private channel, who is away catches up, and a block ends it at once.

use crate::Player;
use crate::people::Person;
use anyhow::{Context, Result, bail};
use meadhall_protocol::codec::Format;
use meadhall_tests::PATIENCE;
use meadhall_tests::server::TestServer;
use meadhall_tests::socket::{FORMATS, Socket};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread")]
async fn two_talk_in_private_and_who_is_away_catches_up() -> Result<()> {
    let server = TestServer::start([]).await?;
    for format in FORMATS {
        let name = |name: &str| format!("{name}-{format:?}");
        let away = Person::enter(&server.http, &name("bjorn")).await?;
        let mut astrid = Player::enter(&server, &name("astrid"), format).await?;
        let channel = join(&mut astrid.socket, away.id()).await?;
        let id = channel["id"].as_str().context("a channel without an id")?;
        say(&mut astrid.socket, id, "are you there?").await?;

        // Bjorn comes back: he was told that somebody wants to chat, and looks without being seen.
        let [told] = away.notifications().await?.try_into().map_err(|all| anyhow::anyhow!("not one: {all:?}"))?;
        assert_eq!((&told["code"], &told["sender_id"]), (&json!(-1), &json!(astrid.login.user_id)), "{told}");
        assert_eq!(words(&server.http.history(id, &away.login.token).await?), ["are you there?"]);
        // On two devices at once, which are two presences in the one channel.
        let mut devices = Vec::new();
        for _ in 0..2 {
            let mut socket = Socket::open(server.addr(), &away.login.token, format).await?;
            let joined = join(&mut socket, &astrid.login.user_id).await?;
            assert_eq!(joined["id"], channel["id"], "both directions are one channel");
            devices.push(socket);
        }
        let again = join(&mut astrid.socket, away.id()).await?;
        assert_eq!(again["presences"].as_array().map(Vec::len), Some(3), "{again}");
        say(&mut devices[0], id, "now I am").await?;
        for socket in [&mut astrid.socket, &mut devices[1]] {
            assert_eq!(hear(socket, "now I am").await?["sender_id"], json!(away.id()));
        }
        assert_eq!(away.notifications().await?.len(), 1, "nobody is asked who is there");

        stranger_is_kept_out(&server, id, &name("cecilia"), format).await?;
        let kept = server.http.history(id, &astrid.login.token).await?;
        assert_eq!(words(&kept), ["are you there?", "now I am"]);
    }
    Ok(())
}

/// Neither the history, nor the channel, nor a message.
async fn stranger_is_kept_out(server: &TestServer, channel: &str, name: &str, format: Format) -> Result<()> {
    let mut stranger = Player::enter(server, name, format).await?;
    let peek = server.http.get(&format!("/v2/channel/{channel}?limit=1"), &stranger.login.token).await?;
    assert_eq!((peek.status, &peek.body["message"]), (400, &json!("Channel not found.")), "{peek:?}");
    let sent = stranger.socket.call(message(channel, "let me in")).await?;
    assert_eq!(sent["error"]["message"], json!("Must join channel before sending messages"), "{sent}");
    let oneself = json!({ "channel_join": { "target": stranger.login.user_id, "type": 2 } });
    let refused = stranger.socket.call(oneself).await?;
    assert_eq!(refused["error"]["code"], json!(3), "nobody talks with themselves: {refused}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_ends_the_conversation_at_one_place() -> Result<()> {
    let server = TestServer::start([]).await?;
    for round in 0..8 {
        one_block(&server, round).await.with_context(|| format!("round {round}"))?;
    }
    Ok(())
}

/// One writes as fast as it can, and the other one blocks it meanwhile.
async fn one_block(server: &TestServer, round: usize) -> Result<()> {
    let mut pest = Player::enter(server, &format!("pest-{round}"), FORMATS[round % 2]).await?;
    let victim = Person::enter(&server.http, &format!("victim-{round}")).await?;
    let mut socket = Socket::open(server.addr(), &victim.login.token, FORMATS[(round + 1) % 2]).await?;
    let pest_id = pest.login.user_id.clone();
    let channel = join(&mut pest.socket, victim.id()).await?;
    let id = channel["id"].as_str().context("a channel without an id")?.to_owned();
    join(&mut socket, &pest_id).await?;
    let (spoken, mut heard) = watch::channel(0);
    let writer = tokio::spawn({
        let id = id.clone();
        async move {
            loop {
                let reply = pest.socket.call(message(&id, "buy my mead")).await?;
                match reply["error"]["message"].as_str() {
                    None => spoken.send_modify(|count| *count += 1),
                    Some("Must join channel before sending messages") => break,
                    Some(other) => bail!("refused in another way: {other}"),
                }
            }
            anyhow::Ok((pest, *spoken.borrow()))
        }
    });
    heard.wait_for(|count| *count > round * 3).await?;
    victim.call(Method::POST, &format!("/v2/friend/block?ids={pest_id}")).await?.ok()?;
    let (mut pest, acknowledged) = timeout(PATIENCE, writer).await.context("the writer is never refused")???;

    let refused = pest.socket.call(json!({ "channel_join": { "target": victim.id(), "type": 2 } })).await?;
    assert_eq!(refused["error"]["message"], json!("User ID not found: Invalid channel target"), "{refused}");
    // Both saw what the history has, and it is what was acknowledged.
    let history = server.http.history(&id, &victim.login.token).await?;
    assert_eq!(history.len(), acknowledged, "acknowledged and kept");
    for socket in [&mut pest.socket, &mut socket] {
        socket.call(json!({ "ping": {} })).await?;
        let mut seen = Vec::new();
        while let Some(envelope) = socket.arrived() {
            seen.extend(envelope.get("channel_message").cloned());
        }
        let ids = |messages: &[Value]| messages.iter().map(|one| one["message_id"].clone()).collect::<Vec<_>>();
        assert_eq!(ids(&seen), ids(&history));
    }
    Ok(())
}

async fn join(socket: &mut Socket, user: &str) -> Result<Value> {
    socket.ask(json!({ "channel_join": { "target": user, "type": 2 } }), "channel").await
}

fn message(channel: &str, words: &str) -> Value {
    json!({ "channel_message_send": { "channel_id": channel, "content": json!({ "words": words }).to_string() } })
}

async fn say(socket: &mut Socket, channel: &str, words: &str) -> Result<Value> {
    socket.ask(message(channel, words), "channel_message_ack").await
}

/// The next message with these words.
async fn hear(socket: &mut Socket, expected: &str) -> Result<Value> {
    loop {
        let message = socket.wait_for("channel_message").await?;
        if words(std::slice::from_ref(&message)) == [expected] {
            return Ok(message);
        }
    }
}

fn words(messages: &[Value]) -> Vec<String> {
    let content = |message: &Value| -> Value {
        serde_json::from_str(message["content"].as_str().unwrap_or_default()).unwrap_or_default()
    };
    messages.iter().map(|message| content(message)["words"].as_str().unwrap_or_default().to_owned()).collect()
}
