//! What goes on while one version takes over from another.

use super::{Hall, until};
use crate::device;
use anyhow::Result;
use meadhall_protocol::codec::Format;
use meadhall_tests::socket::{FORMATS, Socket};
use serde_json::json;

/// Limits that let a call wait for the test.
const PATIENT: [&str; 4] = ["--set", "runtime.rpc_deadline_ms=60000", "--set", "runtime.event_deadline_ms=60000"];

#[tokio::test(flavor = "multi_thread")]
async fn sockets_streams_and_presences_stay() -> Result<()> {
    let hall = Hall::start(&[]).await?;
    let mut sockets = Vec::new();
    for (name, format) in ["astrid", "bjorn"].into_iter().zip(FORMATS) {
        let login = hall.http.log_in(&device(name), name).await?;
        let mut socket = Socket::open(hall.addr, &login.token, format).await?;
        socket.join_room("hall").await?;
        assert_eq!(socket.rpc("swap.join", "").await?, "true");
        sockets.push(socket);
    }
    for declared in ["2.0.0", "3.0.0"] {
        let told = hall.replace(declared).await?;
        assert!(told.contains("swap  replaced") && told.contains(&format!(" -> {declared}+")), "{told}");
        for socket in &mut sockets {
            assert_eq!(socket.rpc("swap.version", "").await?, declared);
            assert_eq!(socket.rpc("swap.join", "").await?, "false", "the plugin's stream has them still");
            assert_eq!(socket.rpc("swap.count", "").await?, "2");
        }
    }
    let message = json!({ "channel_message_send": { "channel_id": "2...hall", "content": "{\"words\":\"skål\"}" } });
    sockets[0].ask(message, "channel_message_ack").await?;
    assert_eq!(sockets[1].wait_for("channel_message").await?["username"], "astrid");
    while let Some(told) = sockets[0].arrived() {
        let leaves = [&told["channel_presence_event"]["leaves"], &told["stream_presence_event"]["leaves"]];
        assert!(leaves.iter().all(|leaves| leaves.as_array().is_none_or(Vec::is_empty)), "somebody left: {told}");
    }
    sockets.remove(1).close().await?;
    let left = sockets[0].wait_for("stream_presence_event").await?;
    assert_eq!(left["leaves"][0]["username"], "bjorn", "{left}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_in_flight_finishes_on_the_version_that_it_began_with() -> Result<()> {
    let hall = Hall::start(&PATIENT).await?;
    let http = hall.http.clone();
    let waiting = tokio::spawn(async move { http.rpc_as_server("swap.wait", "").await?.ok() });
    hall.logged(&["version 1.0.0 waits"]).await?;
    hall.replace("2.0.0").await?;
    assert_eq!(hall.version().await?, "2.0.0", "new calls go to it at once");
    assert_eq!(hall.status().await?["in_memory"], 2);
    let list = hall.operator.list().await?;
    assert!(list.contains("    calls of an earlier version still run\n"), "{list}");

    hall.rpc("swap.open", "").await?;
    assert_eq!(waiting.await??["payload"], "1.0.0");
    until("the old version is freed", async || Ok(hall.status().await?["in_memory"] == 1)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_are_queued_are_handled_by_the_version_that_follows() -> Result<()> {
    const QUEUED: u64 = 20;
    let hall = Hall::start(&[&PATIENT[..], &["--set", "runtime.event_queue_workers=1"]].concat()).await?;
    hall.rpc("swap.emit", "wait").await?;
    hall.logged(&["version 1.0.0 waits"]).await?;
    for _ in 0..QUEUED {
        hall.rpc("swap.emit", "toast").await?;
    }
    hall.replace("2.0.0").await?;
    assert_eq!(hall.handled("event", "2.0.0").await?, 0, "they wait for the one before them");
    hall.rpc("swap.open", "").await?;
    until("all are handled", async || Ok(hall.handled("event", "2.0.0").await? == QUEUED)).await?;
    assert_eq!(hall.handled("event", "1.0.0").await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_began_under_one_version_ends_under_the_next() -> Result<()> {
    let hall = Hall::start(&[]).await?;
    let login = hall.http.log_in(&device("astrid"), "astrid").await?;
    let socket = Socket::open(hall.addr, &login.token, Format::Json).await?;
    until("its start is handled", async || Ok(hall.handled("session-start", "1.0.0").await? == 1)).await?;
    hall.replace("2.0.0").await?;
    socket.close().await?;
    until("its end is handled", async || Ok(hall.handled("session-end", "2.0.0").await? == 1)).await?;
    assert_eq!(hall.handled("session-end", "1.0.0").await?, 0);
    assert_eq!(hall.handled("session-start", "2.0.0").await?, 0);
    Ok(())
}
