//! A client that stops reading is closed, and nobody else loses anything by it.

use crate::{Player, device};
use anyhow::{Context, Result, ensure};
use meadhall_protocol::codec::Format;
use meadhall_tests::server::TestServer;
use meadhall_tests::socket::{FORMATS, Socket};
use serde_json::json;
use tokio::net::TcpSocket;
use tokio::task::JoinSet;

const READERS: usize = 99;
const ROOM: &str = "feast";
/// Enough to fill what a connection holds on its way, and the outbox behind it.
const MESSAGES_AT_MOST: usize = 3_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stops_reading_is_closed_and_the_others_lose_nothing() -> Result<()> {
    let server = TestServer::start_with(|config| config.socket.outgoing_queue_bytes = 128 << 10).await?;
    let slow = server.http.log_in(&device("sleeper"), "sleeper").await?;
    let mut sleeper = Socket::open_with(narrow_connection(&server).await?, &slow.token, Format::Json, "").await?;
    sleeper.join_room(ROOM).await?;
    let mut speaker = Player::enter(&server, "speaker", Format::Json).await?;
    speaker.socket.join_room(ROOM).await?;
    let mut readers = JoinSet::new();
    for number in 1..READERS {
        let mut reader = Player::enter(&server, &format!("reader-{number}"), FORMATS[number % 2]).await?;
        reader.socket.join_room(ROOM).await?;
        readers.spawn(async move { ids_until_end(&mut reader.socket).await });
    }

    let mut sent = Vec::new();
    while !has_left(&mut speaker.socket, &slow.user_id) {
        ensure!(sent.len() < MESSAGES_AT_MOST, "the client that does not read is still there");
        sent.push(speak(&mut speaker.socket, &json!({ "words": "x".repeat(3_500) })).await?);
    }
    sent.push(speak(&mut speaker.socket, &json!({ "end": true })).await?);
    for seen in readers.join_all().await {
        assert_eq!(seen?, sent, "a client that reads lost something");
    }
    assert_eq!(server.metric("meadhall_slow_consumers_closed_total").await?, 1.0);
    Ok(())
}

/// A connection that holds little on its way, so that its end is felt soon.
async fn narrow_connection(server: &TestServer) -> Result<tokio::net::TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4096)?;
    Ok(socket.connect(server.addr()).await?)
}

/// Whether a presence event among what arrived says that a user left.
fn has_left(socket: &mut Socket, user_id: &str) -> bool {
    std::iter::from_fn(|| socket.arrived())
        .flat_map(|envelope| envelope["channel_presence_event"]["leaves"].as_array().cloned().unwrap_or_default())
        .any(|presence| presence["user_id"] == json!(user_id))
}

/// Sends a message that is not too large for a frame, and returns its id.
async fn speak(socket: &mut Socket, content: &serde_json::Value) -> Result<String> {
    let message = json!({ "channel_id": format!("2...{ROOM}"), "content": content.to_string() });
    let ack = socket.ask(json!({ "channel_message_send": message }), "channel_message_ack").await?;
    ack["message_id"].as_str().map(str::to_owned).context("an ack without a message id")
}

async fn ids_until_end(socket: &mut Socket) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    loop {
        let message = socket.wait_for("channel_message").await?;
        ids.push(message["message_id"].as_str().context("a message without an id")?.to_owned());
        if message["content"] == json!("{\"end\":true}") {
            return Ok(ids);
        }
    }
}
