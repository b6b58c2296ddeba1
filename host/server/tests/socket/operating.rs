//! Starting, stopping and looking at a server.

use super::support::{start, within};
use meadhall::Server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_port_in_use_is_named() {
    let server = start(|_| {}).await;
    let mut config = server.server.app().config.clone();
    config.server.listen = server.server.addr();
    let error = Server::start(config).await.unwrap_err().to_string();
    assert_eq!(error, format!("cannot listen on {} (server.listen): the address is in use", server.server.addr()));
}

#[tokio::test]
async fn metrics_are_served_on_a_listener_of_their_own() {
    let server = start(|config| config.metrics.listen = Some(([127, 0, 0, 1], 0).into())).await;
    let mut client = server.connect(1).await;
    client.ask(r#"{"cid":"1","ping":{}}"#).await;
    server.http("GET /v2/account HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    server.http("GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    let mut stream = TcpStream::connect(server.server.metrics_addr().unwrap()).await.unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut text = String::new();
    within(stream.read_to_string(&mut text)).await.unwrap();
    for line in [
        "meadhall_sessions 1",
        "meadhall_presences 1",
        "meadhall_messages_received_total 1",
        "meadhall_messages_sent_total 1",
        "meadhall_slow_consumers_closed_total 0",
        "meadhall_events_refused_total 0",
        "meadhall_store_commits_total 0",
        r#"meadhall_requests_total{route="GetAccount",status="401"} 1"#,
        r#"meadhall_requests_total{route="unknown",status="404"} 1"#,
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}
