//! Frames and envelopes.

use super::support::{Client, TestServer, start};
use meadhall_protocol::codec::{Format, decode_envelope, encode_envelope};
use meadhall_protocol::envelope::{KINDS, Sender};
use meadhall_protocol::realtime::envelope::Message as Kind;
use meadhall_protocol::realtime::{Envelope, Ping, Pong};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

#[tokio::test]
async fn a_ping_gets_a_pong_in_either_format() {
    let server = start(|_| {}).await;
    let mut json = server.connect(1).await;
    assert_eq!(json.ask(r#"{"cid":"1","ping":{}}"#).await, json!({"cid": "1", "pong": {}}));
    assert_eq!(json.ask(r#"{"ping":{}}"#).await, json!({"pong": {}}));

    let mut protobuf = server.connect_with(1, "&format=protobuf").await;
    let ping = encode_envelope(Format::Protobuf, &Envelope::reply("1", Kind::Ping(Ping {})));
    protobuf.send_frame(Message::binary(ping)).await;
    let Message::Binary(answer) = protobuf.frame().await else { panic!("expected a binary frame") };
    assert_eq!(decode_envelope(Format::Protobuf, &answer).unwrap(), Envelope::reply("1", Kind::Pong(Pong {})));
}

#[tokio::test]
async fn a_pong_gets_no_answer() {
    let server = start(|_| {}).await;
    let mut client = server.connect(1).await;
    client.send(r#"{"cid":"p","pong":{}}"#).await;
    assert_eq!(client.ask(r#"{"cid":"1","ping":{}}"#).await["cid"], "1");
}

#[tokio::test]
async fn a_burst_is_answered_in_order() {
    let server = start(|_| {}).await;
    let mut client = server.connect(1).await;
    for cid in 0..500 {
        client.send(&format!(r#"{{"cid":"{cid}","ping":{{}}}}"#)).await;
    }
    for cid in 0..500 {
        assert_eq!(client.json().await["cid"], cid.to_string());
    }
}

#[tokio::test]
async fn a_message_in_fragments_is_one_message() {
    let server = start(|_| {}).await;
    let mut client = server.connect(1).await;
    let parts: [(&'static str, Data, bool); 3] = [
        (r#"{"cid":"#, Data::Text, false),
        (r#""1","#, Data::Continue, false),
        (r#""ping":{}}"#, Data::Continue, true),
    ];
    for (text, kind, last) in parts {
        let frame = Frame::message(text.as_bytes(), OpCode::Data(kind), last);
        client.send_frame(Message::Frame(frame)).await;
    }
    assert_eq!(client.json().await, json!({"cid": "1", "pong": {}}));
}

#[tokio::test]
async fn what_the_server_does_not_take_closes_with_a_reason() {
    let server = start(|_| {}).await;
    let malformed = "received malformed payload";
    let unprocessed = "error processing message";
    let cases = [
        (Message::text("hello"), malformed),
        (Message::text(""), malformed),
        (Message::text(r#"{"cid":7,"ping":{}}"#), malformed),
        (Message::text(r#"{"cid":"1","ping":{},"colour":"red"}"#), malformed),
        (Message::text(r#"{"cid":"1","ping":{},"pong":{}}"#), malformed),
        (Message::text(r#"{"cid":"1"}"#), unprocessed),
        (Message::text(r#"{"cid":"1","ping":null}"#), unprocessed),
        (Message::text(r#"{"cid":"1","channel":{"id":"x"}}"#), unprocessed),
        (Message::binary(r#"{"cid":"1","ping":{}}"#), "received unexpected WebSocket message type"),
    ];
    for (frame, reason) in cases {
        let mut client = server.connect(1).await;
        client.send_frame(frame.clone()).await;
        assert_eq!(client.closed().await, (1000, reason.to_owned()), "{frame:?}");
        client.gone().await;
    }
    let mut protobuf = server.connect_with(1, "&format=protobuf").await;
    protobuf.send_frame(Message::binary(vec![0xff, 0xff])).await;
    assert_eq!(protobuf.closed().await, (1000, malformed.to_owned()));
    let mut protobuf = server.connect_with(1, "&format=protobuf").await;
    protobuf.send(r#"{"ping":{}}"#).await;
    assert_eq!(protobuf.closed().await.1, "received unexpected WebSocket message type");
}

#[tokio::test]
async fn the_error_is_told_before_the_close() {
    let server = start(|_| {}).await;
    let mut client = server.connect(1).await;
    let error = client.ask(r#"{"cid":"1"}"#).await;
    assert_eq!(error, json!({"cid": "1", "error": {"code": 2, "message": "Missing message."}}));
    let mut client = server.connect(1).await;
    let error = client.ask(r#"{"cid":"1","match":{}}"#).await;
    assert_eq!(error, json!({"cid": "1", "error": {"code": 1, "message": "Unrecognized message."}}));
}

#[tokio::test]
async fn an_oversized_message_closes_with_1009() {
    let server = start(|_| {}).await;
    let fits = |size: usize| format!(r#"{{"cid":"{}","ping":{{}}}}"#, "c".repeat(size - 20));
    let mut client = server.connect(1).await;
    client.send(&fits(4096)).await;
    assert!(client.json().await.get("pong").is_some(), "4096 bytes fit");
    client.send(&fits(4097)).await;
    assert_eq!(client.closed().await, (1009, String::new()));

    // In fragments that fit each by itself, and so large that the server does not read it to its end.
    let mut client = server.connect(1).await;
    for (kind, last) in [(Data::Text, false), (Data::Continue, true)] {
        let part = vec![b' '; 3000];
        client.send_frame(Message::Frame(Frame::message(part, OpCode::Data(kind), last))).await;
    }
    assert_eq!(client.closed().await, (1009, String::new()));
    let mut client = server.connect(1).await;
    client.send(&fits(70_000)).await;
    assert_eq!(client.closed().await, (1009, String::new()));
}

#[tokio::test]
async fn what_is_not_built_yet_says_so() {
    let built = [
        "Ping",
        "Pong",
        "Rpc",
        "ChannelJoin",
        "ChannelLeave",
        "ChannelMessageSend",
        "ChannelMessageUpdate",
        "ChannelMessageRemove",
        "StatusFollow",
        "StatusUnfollow",
        "StatusUpdate",
    ];
    let server = start(|_| {}).await;
    let mut client = server.connect(1).await;
    let missing = KINDS.iter().filter(|kind| kind.sender == Sender::Client && !built.contains(&kind.name));
    let mut count = 0;
    for kind in missing {
        count += 1;
        let error = client.ask(&format!(r#"{{"cid":"1","{}":{{}}}}"#, kind.field)).await;
        let message = format!("not supported yet: {}", kind.name);
        assert_eq!(error, json!({"cid": "1", "error": {"code": 3, "message": message}}), "{}", kind.field);
    }
    assert_eq!(count, 18, "all that clients send but what is built");
}

#[tokio::test]
async fn rpc_needs_an_id_that_exists() {
    let server = start(|_| {}).await;
    let mut client = server.connect(1).await;
    assert_error(&mut client, r#"{"cid":"1","rpc":{}}"#, 3, "RPC ID must be set").await;
    assert_error(&mut client, r#"{"cid":"1","rpc":{"id":"nothing.here"}}"#, 6, "RPC function not found").await;
}

async fn assert_error(client: &mut Client, request: &str, code: i32, message: &str) {
    assert_eq!(client.ask(request).await["error"], json!({"code": code, "message": message}), "{request}");
}

/// All that waits when the connection's task comes to it leaves in one write, so a client can read it in one go. One
/// thread, so that the task does not come to it earlier.
#[tokio::test(flavor = "current_thread")]
async fn all_that_waits_leaves_in_one_write() {
    let server: TestServer = start(|_| {}).await;
    let mut client = server.connect(1).await;
    client.ask(r#"{"cid":"1","ping":{}}"#).await;
    let session = server.server.app().core.sessions.all().pop().unwrap();
    for number in 0..200 {
        session.outbox.reply(format!(r#"{{"cid":"{number}"}}"#).into());
    }
    let tokio_tungstenite::MaybeTlsStream::Plain(stream) = client.socket.get_ref() else { unreachable!() };
    stream.readable().await.unwrap();
    let mut bytes = vec![0; 1 << 16];
    let count = stream.try_read(&mut bytes).unwrap();
    let text = String::from_utf8_lossy(&bytes[..count]);
    assert_eq!(text.matches("cid").count(), 200, "{count} bytes came first");
}
