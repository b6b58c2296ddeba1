//! A disk that is full: said, not hidden.

use crate::device;
use anyhow::{Result, ensure};
use meadhall_protocol::codec::Format;
use meadhall_tests::http::Http;
use meadhall_tests::process::{ServerProcess, binary, serve_arguments};
use meadhall_tests::socket::Socket;
use serde_json::{Value, json};
use tokio::process::Command;

/// Far more than fits: messages of 3 kB into files that the store lets grow to 4 MiB.
const MESSAGES_AT_MOST: usize = 20_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_writes_until_there_is_room_and_keeps_reads() -> Result<()> {
    let data = tempfile::tempdir()?;
    // The shell limits the size of every file to 36 MiB, of which the store keeps 32 free. The signal that would end the
    // server is ignored.
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "trap '' XFSZ; ulimit -S -f 73728; exec \"$@\"", "sh"])
        .arg(binary()?)
        .args(serve_arguments(data.path()));
    let server = ServerProcess::spawn_command(shell)?;
    let addr = server.listening().await?;
    let http = Http::new(addr);
    let login = http.log_in(&device("astrid"), "astrid").await?;
    let mut socket = Socket::open(addr, &login.token, Format::Json).await?;
    socket.join_room("hall").await?;

    let (acknowledged, refusal) = fill(&mut socket).await?;
    assert_eq!(refusal["code"], Value::Null, "a full disk is a runtime exception, code 0: {refusal}");
    let message = refusal["message"].as_str().unwrap_or_default();
    ensure!(
        message.starts_with("the disk is full: ") && message.ends_with(" MiB are free, and 32 must be"),
        "{refusal}"
    );
    ensure!(!acknowledged.is_empty(), "nothing was written before the disk was full");
    assert_eq!(http.get_openly("/healthcheck").await?.status, 503);
    let update =
        http.call(reqwest::Method::PUT, "/v2/account", &login.token, Some(json!({ "location": "Birka" }))).await?;
    assert_eq!((update.status, &update.body["code"]), (500, &json!(13)), "{update:?}");
    let kept: Vec<Value> = http
        .history("2...hall", &login.token)
        .await?
        .into_iter()
        .map(|mut message| message["message_id"].take())
        .collect();
    assert_eq!(kept, acknowledged, "reads go on, and show what was acknowledged");

    server.lift_file_size_limit()?;
    assert_eq!(http.get_openly("/healthcheck").await?.status, 200);
    let reply = socket.call(json!({ "channel_message_send": { "channel_id": "2...hall", "content": "{}" } })).await?;
    ensure!(reply["channel_message_ack"]["message_id"].is_string(), "writes go on once there is room: {reply}");
    Ok(())
}

/// Writes until it is refused: the ids that were acknowledged, and the error.
async fn fill(socket: &mut Socket) -> Result<(Vec<Value>, Value)> {
    let content = json!({ "words": "x".repeat(3_000) }).to_string();
    let mut acknowledged = Vec::new();
    while acknowledged.len() < MESSAGES_AT_MOST {
        let mut reply =
            socket.call(json!({ "channel_message_send": { "channel_id": "2...hall", "content": content } })).await?;
        if !reply["error"].is_null() {
            return Ok((acknowledged, reply["error"].take()));
        }
        acknowledged.push(reply["channel_message_ack"]["message_id"].take());
        while socket.arrived().is_some() {}
    }
    anyhow::bail!("{MESSAGES_AT_MOST} messages fit on the full disk")
}
