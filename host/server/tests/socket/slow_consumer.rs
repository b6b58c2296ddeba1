//! A client that stops reading is closed, and nobody else notices.

use super::support::{Client, TestServer, start};
use serde_json::json;
use tokio::net::TcpSocket;
use tokio_tungstenite::{MaybeTlsStream, client_async};

const MEMBERS: usize = 100;

#[tokio::test]
async fn the_other_members_lose_nothing() {
    let server = start(|config| {
        config.socket.write_wait_ms = 200;
        config.socket.close_ack_wait_ms = 200;
    })
    .await;
    let mut slow = connect_with_small_buffer(&server).await;
    let session = slow.join("lobby").await["self"]["session_id"].as_str().unwrap().parse().unwrap();
    let mut readers = Vec::new();
    for user in 1..MEMBERS as u128 {
        let mut client = server.connect(user).await;
        client.join("lobby").await;
        readers.push(client);
    }
    let mut sender = readers.pop().unwrap();
    let readers: Vec<_> = readers.into_iter().map(|client| tokio::spawn(read_until_end(client))).collect();

    let core = &server.server.app().core;
    let mut sent = 0;
    // Until the server gives the slow one up.
    while core.sessions.get(session).is_some() {
        say(&mut sender, sent, false).await;
        sent += 1;
    }
    say(&mut sender, sent, true).await;
    for reader in readers {
        assert_eq!(reader.await.unwrap(), (0..=sent).collect::<Vec<_>>());
    }
    drop(slow);
}

/// Sends a message, and waits for its ack.
async fn say(sender: &mut Client, number: usize, last: bool) {
    let content = json!({"number": number, "last": last, "padding": "x".repeat(3000)}).to_string();
    let request = json!({"cid": "1", "channel_message_send": {"channel_id": "2...lobby", "content": content}});
    sender.send(&request.to_string()).await;
    sender.next_of("channel_message_ack").await;
}

/// The numbers of all messages that a client gets, up to the last one.
async fn read_until_end(mut client: Client) -> Vec<usize> {
    let mut numbers = Vec::new();
    loop {
        let message = client.next_of("channel_message").await;
        let content: serde_json::Value = serde_json::from_str(message["content"].as_str().unwrap()).unwrap();
        numbers.push(content["number"].as_u64().unwrap() as usize);
        if content["last"] == true {
            return numbers;
        }
    }
}

/// A client whose system takes little for it while it does not read.
async fn connect_with_small_buffer(server: &TestServer) -> Client {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let stream = socket.connect(server.server.addr()).await.unwrap();
    let url = format!("ws://{}/ws?token={}", server.server.addr(), server.token(0));
    let (socket, _) = client_async(url, MaybeTlsStream::Plain(stream)).await.unwrap();
    Client { socket }
}
