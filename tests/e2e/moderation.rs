//! The example plugin `chat-moderation`: words, pace, and what moderators do, with real sockets.

use crate::{Player, device};
use anyhow::{Context, Result};
use meadhall_protocol::codec::Format;
use meadhall_tests::plugins::example;
use meadhall_tests::server::TestServer;
use meadhall_tests::socket::{FORMATS, Socket};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::PathBuf;
use tempfile::TempDir;

/// A server with the plugin and these settings of it.
async fn hall(settings: &[(&str, &str)], data_dir: Option<PathBuf>) -> Result<TestServer> {
    let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    TestServer::start_with(|config| {
        config.runtime.plugins = vec![example("chat-moderation")];
        config.plugin.entry("chat_moderation".to_owned()).or_default().settings = settings;
        config.server.data_dir = data_dir.unwrap_or(config.server.data_dir.clone());
    })
    .await
}

/// A server whose moderator is Hilda. Her id is in the settings, so her account is made before.
async fn hall_of_hilda() -> Result<(TestServer, TempDir)> {
    let before = TestServer::start([]).await?;
    let hilda = before.http.log_in(&device("hilda"), "hilda").await?.user_id;
    let (_, data) = before.stop().await;
    let moderators = format!("00000000-0000-4000-8000-000000000000, {hilda}");
    let server = hall(&[("moderators", &moderators)], Some(data.path().to_owned())).await?;
    Ok((server, data))
}

async fn write(socket: &mut Socket, channel: &Value, text: &str) -> Result<Value> {
    let content = json!({ "text": text }).to_string();
    socket.call(json!({ "channel_message_send": { "channel_id": channel, "content": content } })).await
}

/// Joins a channel, and returns its id.
async fn join(socket: &mut Socket, target: &Value, kind: u8) -> Result<Value> {
    let join = json!({ "channel_join": { "target": target, "type": kind } });
    Ok(socket.ask(join, "channel").await?["id"].clone())
}

/// Waits until a user is seen leaving a channel.
async fn seen_leaving(socket: &mut Socket, user_id: &str) -> Result<()> {
    loop {
        let event = socket.wait_for("channel_presence_event").await?;
        if event["leaves"][0]["user_id"] == json!(user_id) {
            return Ok(());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_refused_with_the_reason_or_masked() -> Result<()> {
    let settings = [("forbidden_words", "nithing, oathbreaker"), ("masked_words", "troll"), ("messages", "0")];
    let server = hall(&settings, None).await?;
    for format in FORMATS {
        let mut astrid = Player::enter(&server, &format!("astrid-{format:?}"), format).await?;
        let room = join(&mut astrid.socket, &json!(format!("hall-{format:?}")), 1).await?;
        let refused = write(&mut astrid.socket, &room, "You Nithing!").await?;
        let reason = "Your message was not sent: \"nithing\" is not welcome here.";
        assert_eq!(refused["error"], json!({ "code": 7, "message": reason }));
        write(&mut astrid.socket, &room, "You troll, you.").await?;
        assert_eq!(astrid.socket.wait_for("channel_message").await?["content"], json!(r#"{"text":"You *****, you."}"#));

        // What needs no change is passed on as it was written.
        let as_is = r#"{ "b": 1,  "a" : "skål" }"#;
        let sent = json!({ "channel_message_send": { "channel_id": room, "content": as_is } });
        let ack = astrid.socket.ask(sent, "channel_message_ack").await?;
        assert_eq!(astrid.socket.wait_for("channel_message").await?["content"], json!(as_is));

        let change = |text: &str| {
            let content = json!({ "text": text }).to_string();
            json!({ "channel_message_update": { "channel_id": room, "message_id": ack["message_id"], "content": content } })
        };
        assert_eq!(astrid.socket.call(change("oathbreaker")).await?["error"]["code"], json!(7));
        astrid.socket.ask(change("a troll"), "channel_message_ack").await?;
        let history = server.http.history(room.as_str().context("an id")?, &astrid.login.token).await?;
        let contents: Vec<_> = history.iter().map(|message| &message["content"]).collect();
        assert_eq!(contents, [&json!(r#"{"text":"You *****, you."}"#), &json!(r#"{"text":"a *****"}"#)]);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_writes_too_fast_waits_and_others_do_not() -> Result<()> {
    let server = hall(&[("messages", "3"), ("window_sec", "3600")], None).await?;
    let mut astrid = Player::enter(&server, "astrid", Format::Json).await?;
    let mut second = Socket::open(server.addr(), &astrid.login.token, Format::Protobuf).await?;
    let mut bjorn = Player::enter(&server, "bjorn", Format::Json).await?;
    let room = join(&mut astrid.socket, &json!("hall"), 1).await?;
    join(&mut second, &json!("hall"), 1).await?;
    join(&mut bjorn.socket, &json!("hall"), 1).await?;
    for socket in [&mut astrid.socket, &mut second] {
        let refused = write(socket, &room, "nithing").await?;
        assert!(!refused["error"].is_null(), "what is refused is not counted: {refused}");
    }
    let accepted = async |socket: &mut Socket| -> Result<()> {
        let sent = write(socket, &room, "skål").await?;
        assert!(!sent["channel_message_ack"].is_null(), "{sent}");
        Ok(())
    };
    accepted(&mut astrid.socket).await?;
    accepted(&mut second).await?;
    accepted(&mut bjorn.socket).await?;
    accepted(&mut astrid.socket).await?;
    for socket in [&mut astrid.socket, &mut second] {
        let refused = write(socket, &room, "skål").await?;
        let text = refused["error"]["message"].as_str().context("an error")?;
        assert!(text.starts_with("You write too fast: wait ") && text.ends_with(" s and send it again."), "{text}");
    }
    accepted(&mut bjorn.socket).await
}

#[tokio::test(flavor = "multi_thread")]
async fn moderators_remove_messages_of_anybody() -> Result<()> {
    let (server, _data) = hall_of_hilda().await?;
    let mut hilda = Player::enter(&server, "hilda", Format::Json).await?;
    let mut astrid = Player::enter(&server, "astrid", Format::Json).await?;
    let mut bjorn = Player::enter(&server, "bjorn", Format::Protobuf).await?;
    let room = join(&mut astrid.socket, &json!("hall"), 1).await?;
    join(&mut bjorn.socket, &json!("hall"), 1).await?;
    let message = write(&mut astrid.socket, &room, "skål").await?["channel_message_ack"]["message_id"].clone();
    let removal = json!({ "channel_id": room, "message_id": message }).to_string();

    let refused =
        bjorn.socket.call(json!({ "rpc": { "id": "moderation.remove_message", "payload": removal } })).await?;
    assert_eq!(refused["error"]["message"], json!("Only moderators can do this."));
    let refused = server.http.rpc("moderation.remove_message", &bjorn.login.token, &removal).await?;
    assert_eq!(refused.status, 403, "{refused:?}");

    hilda.socket.rpc("moderation.remove_message", &removal).await?;
    for player in [&mut astrid, &mut bjorn] {
        let first = player.socket.wait_for("channel_message").await?;
        let removed = player.socket.wait_for("channel_message").await?;
        assert_eq!((&first["message_id"], &removed["message_id"]), (&message, &message));
        assert_eq!((&removed["code"], &removed["content"]), (&json!(2), &json!("{}")));
    }
    assert!(server.http.history("2...hall", &astrid.login.token).await?.is_empty());
    let gone = server.http.rpc("moderation.remove_message", &hilda.login.token, &removal).await?;
    assert_eq!(gone.status, 404, "{gone:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn moderators_kick_from_rooms() -> Result<()> {
    let (server, _data) = hall_of_hilda().await?;
    let mut hilda = Player::enter(&server, "hilda", Format::Json).await?;
    let mut astrid = Player::enter(&server, "astrid", Format::Protobuf).await?;
    let room = join(&mut hilda.socket, &json!("hall"), 1).await?;
    join(&mut astrid.socket, &json!("hall"), 1).await?;
    let kick = |disconnect: bool| {
        json!({ "channel_id": room, "user_id": astrid.login.user_id, "disconnect": disconnect }).to_string()
    };
    let refused = server.http.rpc("moderation.kick", &astrid.login.token, &kick(false)).await?;
    assert_eq!(refused.status, 403, "nobody makes themselves a moderator: {refused:?}");
    assert_eq!(hilda.socket.rpc("moderation.kick", &kick(false)).await?, r#"{"sockets":1}"#);
    seen_leaving(&mut hilda.socket, &astrid.login.user_id).await?;
    let refused = write(&mut astrid.socket, &room, "skål").await?;
    assert_eq!(refused["error"]["message"], json!("Must join channel before sending messages"));
    let absent = server.http.rpc("moderation.kick", &hilda.login.token, &kick(false)).await?;
    assert_eq!(absent.status, 404, "{absent:?}");

    join(&mut astrid.socket, &json!("hall"), 1).await?;
    assert_eq!(hilda.socket.rpc("moderation.kick", &kick(true)).await?, r#"{"sockets":1}"#);
    assert_eq!(astrid.socket.closed().await?.code, Some(1000));
    let direct = format!("4.{}.{}.", astrid.login.user_id, hilda.login.user_id);
    let direct = json!({ "channel_id": direct, "user_id": astrid.login.user_id }).to_string();
    let refused = server.http.rpc("moderation.kick", &hilda.login.token, &direct).await?;
    assert_eq!(refused.status, 400, "{refused:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn moderators_kick_from_groups() -> Result<()> {
    let (server, _data) = hall_of_hilda().await?;
    let mut hilda = Player::enter(&server, "hilda", Format::Json).await?;
    let mut astrid = Player::enter(&server, "astrid", Format::Json).await?;
    let mut bjorn = Player::enter(&server, "bjorn", Format::Protobuf).await?;
    let new = json!({ "name": "The Long Table", "open": true });
    let group = server.http.call(Method::POST, "/v2/group", &astrid.login.token, Some(new)).await?.ok()?["id"].clone();
    let path = format!("/v2/group/{}", group.as_str().context("a group id")?);
    server.http.call(Method::POST, &format!("{path}/join"), &bjorn.login.token, None).await?.ok()?;
    let channel = join(&mut astrid.socket, &group, 3).await?;
    join(&mut bjorn.socket, &group, 3).await?;

    // Hilda is not in the group, and needs not be.
    let kick = json!({ "channel_id": channel, "user_id": bjorn.login.user_id }).to_string();
    assert_eq!(hilda.socket.rpc("moderation.kick", &kick).await?, r#"{"sockets":1}"#);
    seen_leaving(&mut astrid.socket, &bjorn.login.user_id).await?;
    let refused = write(&mut bjorn.socket, &channel, "skål").await?;
    assert_eq!(refused["error"]["message"], json!("Must join channel before sending messages"));
    let users = server.http.get(&format!("{path}/user"), &astrid.login.token).await?.ok()?;
    let users: Vec<_> = users["group_users"].as_array().into_iter().flatten().map(|one| &one["user"]["id"]).collect();
    assert_eq!(users, [&json!(astrid.login.user_id)]);
    Ok(())
}
