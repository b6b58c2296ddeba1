//! Pings, and clients that do not answer them.

use super::support::{start, within};
use futures_util::StreamExt as _;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn a_quiet_client_is_pinged() {
    let server = start(|config| config.socket.ping_period_ms = 20).await;
    let mut client = server.connect(1).await;
    for _ in 0..3 {
        // Reading answers the ping, which starts the next period.
        let frame = within(client.socket.next()).await.unwrap().unwrap();
        assert!(matches!(frame, Message::Ping(payload) if payload.is_empty()));
    }
    client.ask(r#"{"cid":"1","ping":{}}"#).await;
}

#[tokio::test]
async fn a_client_that_answers_no_ping_is_closed() {
    let server = start(|config| {
        config.socket.ping_period_ms = 10;
        config.socket.pong_wait_ms = 50;
        config.socket.close_ack_wait_ms = 60_000;
    })
    .await;
    let client = server.connect(1).await;
    // The client reads nothing, so it answers nothing; the session goes, and no close of the client is needed for it.
    server.wait_for_sessions(0).await;
    let mut client = client;
    assert_eq!(client.closed().await, (1000, "i/o timeout".into()));
}

#[tokio::test]
async fn a_client_that_answers_stays() {
    let server = start(|config| {
        config.socket.ping_period_ms = 20;
        config.socket.pong_wait_ms = 1_000;
    })
    .await;
    let mut client = server.connect(1).await;
    // A hundred periods are twice the wait.
    for _ in 0..100 {
        within(client.socket.next()).await.unwrap().unwrap();
    }
    client.ask(r#"{"cid":"1","ping":{}}"#).await;
}
