//! How sockets end, and in which order.

use super::support::{start, within};
use futures_util::StreamExt as _;
use meadhall::StopOutcome;
use meadhall_core::session::CloseReason;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

#[tokio::test]
async fn a_clients_close_is_echoed() {
    let server = start(|_| {}).await;
    for code in [1000, 1001, 4000] {
        let mut client = server.connect(1).await;
        let frame = CloseFrame { code: code.into(), reason: "bye".into() };
        client.send_frame(Message::Close(Some(frame))).await;
        assert_eq!(client.closed().await.0, code);
        client.gone().await;
    }
    server.wait_for_sessions(0).await;
}

#[tokio::test]
async fn others_see_the_leave_before_the_socket_is_closed() {
    let server = start(|config| config.socket.close_ack_wait_ms = 60_000).await;
    let mut observer = server.connect(1).await;
    observer.join("lobby").await;
    let mut client = server.connect(2).await;
    let session = client.join("lobby").await["self"]["session_id"].as_str().unwrap().to_owned();
    let id = session.parse().unwrap();
    let core = &server.server.app().core;
    core.sessions.get(id).unwrap().close(CloseReason::Disconnected { detail: None });
    loop {
        let event = observer.next_of("channel_presence_event").await;
        if event["leaves"][0]["session_id"] == session {
            break;
        }
    }
    assert!(core.sessions.get(id).is_none(), "it is not found any more");
    // The client has not read its close frame yet, so the server still holds the connection for its answer.
    assert_eq!(client.closed().await, (1000, "server-side session disconnect".into()));
    client.gone().await;
}

#[tokio::test]
async fn a_stop_closes_sockets_and_accepts_nobody() {
    let server = start(|_| {}).await;
    let addr = server.server.addr();
    let mut clients = Vec::new();
    for user in 0..5 {
        clients.push(server.connect(user).await);
    }
    server.wait_for_sessions(5).await;
    let read = async {
        for client in &mut clients {
            assert_eq!(client.closed().await, (1000, "server shutting down".into()));
            client.gone().await;
        }
    };
    let (outcome, ()) = tokio::join!(server.stop(), read);
    assert_eq!(outcome, StopOutcome::Clean);
    assert!(TcpStream::connect(addr).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_client_that_does_not_answer_the_close_is_not_waited_for_long() {
    let server = start(|config| config.socket.close_ack_wait_ms = 50).await;
    let client = server.connect(1).await;
    server.wait_for_sessions(1).await;
    assert_eq!(server.stop().await, StopOutcome::Clean);
    drop(client);
}

#[tokio::test]
async fn a_broken_connection_ends_its_session() {
    let server = start(|_| {}).await;
    let client = server.connect(1).await;
    server.wait_for_sessions(1).await;
    drop(client);
    server.wait_for_sessions(0).await;
}

#[tokio::test]
async fn a_newer_socket_closes_the_older_one() {
    let server = start(|config| config.session.single_socket = true).await;
    let mut older = server.connect(1).await;
    older.ask(r#"{"cid":"1","ping":{}}"#).await;
    let mut newer = server.connect(1).await;
    let notification = &older.next_of("notifications").await["notifications"][0];
    assert_eq!((&notification["subject"], &notification["code"]), (&"single_socket".into(), &(-7).into()));
    let frame = within(older.socket.next()).await.unwrap().unwrap();
    let Message::Close(Some(frame)) = frame else { panic!("expected the close, got {frame:?}") };
    assert_eq!(frame.reason.as_str(), "server-side session disconnect");
    newer.ask(r#"{"cid":"1","ping":{}}"#).await;
}

#[tokio::test]
async fn a_ban_is_told_to_the_sockets_and_closes_them() {
    let server = start(|_| {}).await;
    let core = &server.server.app().core;
    let credential = meadhall_core::account::Credential::Device("device-of-ann".into());
    let request =
        meadhall_core::account::LoginRequest { credential, create: true, username: "ann".into(), address: None };
    let ann = core.accounts.authenticate(request).await.unwrap().user_id;
    let mut sockets = [server.connect(ann.uuid().as_u128()).await, server.connect(ann.uuid().as_u128()).await];
    server.wait_for_sessions(2).await;
    core.ban(ann).await.unwrap();
    for socket in &mut sockets {
        let told = socket.next_of("notifications").await["notifications"][0].take();
        assert_eq!((&told["code"], &told["subject"]), (&serde_json::json!(-8), &serde_json::json!("banned")));
        assert_eq!(socket.closed().await, (1000, "server-side session disconnect".to_owned()));
    }
}
