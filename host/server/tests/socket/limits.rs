//! How many connections there may be.

use super::support::{start, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_connection_too_many_is_turned_away_and_a_socket_counts_until_it_ends() {
    let server = start(|config| config.server.max_connections_per_address = 1).await;
    let mut client = server.connect(1).await;
    let mut stream = TcpStream::connect(server.server.addr()).await.unwrap();
    let mut answer = String::new();
    within(stream.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    client.socket.close(None).await.unwrap();
    client.gone().await;
    // The place is free once the socket's task is done, which is soon after.
    within(async {
        loop {
            let mut stream = TcpStream::connect(server.server.addr()).await.unwrap();
            let request = b"GET /healthcheck HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
            // A refused connection may be gone before it is written to.
            let written = stream.write_all(request).await;
            let mut answer = String::new();
            if written.is_ok()
                && stream.read_to_string(&mut answer).await.is_ok()
                && answer.starts_with("HTTP/1.1 200 ")
            {
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_request_head_that_does_not_come_ends_the_connection() {
    let server = start(|config| config.server.header_timeout_ms = 50).await;
    let mut stream = TcpStream::connect(server.server.addr()).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
    let mut answer = Vec::new();
    within(stream.read_to_end(&mut answer)).await.unwrap();
}
