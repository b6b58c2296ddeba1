//! The script: two clients of different formats spend an evening together.

use crate::company;
use crate::stage::Stage;
use anyhow::{Context, Result, ensure};
use meadhall_protocol::codec::Format;
use meadhall_tests::http::{Http, Login};
use meadhall_tests::socket::Socket;
use reqwest::Method;
use serde_json::{Value, json};
use std::net::SocketAddr;

const ROOM: &str = "hall";

/// Somebody who spends the evening here.
pub(crate) struct Guest {
    pub(crate) name: &'static str,
    pub(crate) login: Login,
    pub(crate) socket: Socket,
}

/// Plays the evening.
///
/// # Errors
/// When a client cannot log in or connect: then there is no evening.
pub(crate) async fn play(stage: &mut Stage<'_>, addr: SocketAddr) -> Result<()> {
    let http = Http::new(addr);
    stage.scene("Two guests log in and open sockets, one in JSON, one in protobuf");
    let mut astrid = enter(stage, addr, &http, "astrid", Format::Json).await?;
    let mut bjorn = enter(stage, addr, &http, "bjorn", Format::Protobuf).await?;

    stage.scene("They join the plugin's stream, and one sends to it");
    stream(stage, &mut astrid, &mut bjorn).await;

    stage.scene("They talk in a room");
    chat(stage, &mut astrid, &mut bjorn).await;

    stage.scene("Astrid sends an event, and changes her account");
    let event = json!({ "name": "toast", "properties": { "drink": "mead" } });
    stage.sees(
        "astrid",
        post(&http, &astrid.login, Method::POST, "/v2/event", event).await.map(|()| "sent the event toast".into()),
    );
    stage.plugin_logs("session_events", &["toast", "mead"]).await;
    let change = json!({ "display_name": "Astrid the Bold" });
    let changed = post(&http, &astrid.login, Method::PUT, "/v2/account", change).await;
    stage.sees("astrid", changed.map(|()| "is called Astrid the Bold now".into()));
    stage.plugin_logs("session_events", &["account_updated"]).await;

    stage.scene("The history is what they saw");
    let history = http.history(&format!("2...{ROOM}"), &bjorn.login.token).await;
    stage.sees(
        "history",
        history.and_then(|messages| {
            ensure!(messages.len() == 2, "the history has {} messages, not 2", messages.len());
            Ok(messages
                .iter()
                .map(|message| format!("{}: {}", text(message, "username"), text(message, "content")))
                .collect::<Vec<_>>()
                .join(", "))
        }),
    );

    company::keep(stage, &http, &mut astrid, &mut bjorn).await;

    stage.scene("They go home");
    for guest in [astrid, bjorn] {
        stage.sees(guest.name, guest.socket.close().await.map(|()| "closed the socket".into()));
        stage.plugin_logs("session_events", &[&format!("session end of {}", guest.name)]).await;
    }
    Ok(())
}

async fn enter(
    stage: &mut Stage<'_>,
    addr: SocketAddr,
    http: &Http,
    name: &'static str,
    format: Format,
) -> Result<Guest> {
    let login = http.log_in(&format!("demo-device-of-{name}"), name).await?;
    let socket = Socket::open(addr, &login.token, format).await?;
    stage.sees(name, Ok(format!("logged in as user {}, and has a {format:?} socket", login.user_id)));
    stage.plugin_logs("session_events", &[&format!("session start of {name}")]).await;
    Ok(Guest { name, login, socket })
}

async fn stream(stage: &mut Stage<'_>, astrid: &mut Guest, bjorn: &mut Guest) {
    for guest in [&mut *astrid, &mut *bjorn] {
        let joined = guest.socket.rpc("join", "").await;
        stage.sees(guest.name, joined.map(|answer| format!("called the RPC join, which answered {answer:?}")));
    }
    let seen = saw_join(&mut astrid.socket, "stream_presence_event", &bjorn.login).await;
    stage.sees(astrid.name, seen.map(|()| "sees bjorn in the stream".into()));
    let sent = bjorn.socket.rpc("send", "the mead is here").await;
    stage.sees(bjorn.name, sent.map(|_| "called the RPC send".into()));
    for guest in [astrid, bjorn] {
        let data = guest.socket.wait_for("stream_data").await;
        stage.sees(guest.name, data.map(|data| format!("receives from the stream: {}", text(&data, "data"))));
    }
}

async fn chat(stage: &mut Stage<'_>, astrid: &mut Guest, bjorn: &mut Guest) {
    for guest in [&mut *astrid, &mut *bjorn] {
        let joined = guest.socket.join_room(ROOM).await;
        stage.sees(guest.name, joined.map(|channel| format!("joined the channel {}", text(&channel, "id"))));
    }
    let seen = saw_join(&mut astrid.socket, "channel_presence_event", &bjorn.login).await;
    stage.sees(astrid.name, seen.map(|()| "sees bjorn in the room".into()));
    for words in ["skål", "skål to you too"] {
        let (writer, reader) = if words == "skål" { (&mut *astrid, &mut *bjorn) } else { (&mut *bjorn, &mut *astrid) };
        let message = json!({ "channel_id": format!("2...{ROOM}"), "content": json!({ "words": words }).to_string() });
        let ack = writer.socket.ask(json!({ "channel_message_send": message }), "channel_message_ack").await;
        stage
            .sees(writer.name, ack.map(|ack| format!("wrote {words:?}, acknowledged as {}", text(&ack, "message_id"))));
        let got = receives(&mut reader.socket, words).await;
        stage.sees(reader.name, got);
    }
}

/// Waits for a message with these words; a member sees its own as well.
pub(crate) async fn receives(socket: &mut Socket, words: &str) -> Result<String> {
    loop {
        let message = socket.wait_for("channel_message").await?;
        let content: Value = serde_json::from_str(&text(&message, "content")).context("content is JSON")?;
        if content["words"] == json!(words) {
            return Ok(format!("reads from {}: {words}", text(&message, "username")));
        }
    }
}

/// Waits until a presence event says that a user joined.
async fn saw_join(socket: &mut Socket, kind: &str, who: &Login) -> Result<()> {
    loop {
        let event = socket.wait_for(kind).await?;
        let mut joins = event["joins"].as_array().into_iter().flatten();
        if joins.any(|presence| presence["user_id"] == json!(who.user_id)) {
            return Ok(());
        }
    }
}

pub(crate) async fn post(http: &Http, login: &Login, method: Method, path: &str, body: Value) -> Result<()> {
    http.call(method, path, &login.token, Some(body)).await?.ok().map(drop)
}

pub(crate) fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}
