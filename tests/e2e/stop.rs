//! Stopping: on a signal the server says goodbye, finishes what it took, and ends with 0.

use crate::device;
use anyhow::Result;
use meadhall_protocol::codec::Format;
use meadhall_tests::http::Http;
use meadhall_tests::process::{ServerProcess, serve_arguments};
use meadhall_tests::socket::{Closed, Socket};
use rustix::process::Signal;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn signals_end_the_server_gracefully() -> Result<()> {
    // Whatever the log takes or leaves out, the server waits for its signal.
    for (signal, level) in [(Signal::TERM, "info"), (Signal::INT, "error")] {
        let data = tempfile::tempdir()?;
        let mut arguments = serve_arguments(data.path());
        arguments.extend(["--set".into(), format!("log.level={level}").into()]);
        let mut server = ServerProcess::spawn(arguments)?;
        let addr = server.listening().await?;
        let http = Http::new(addr);
        assert_eq!(http.get_openly("/healthcheck").await?.status, 200);
        let login = http.log_in(&device("astrid"), "astrid").await?;
        let mut socket = Socket::open(addr, &login.token, Format::Json).await?;
        socket.join_room("hall").await?;
        let message = json!({ "channel_message_send": { "channel_id": "2...hall", "content": "{}" } });
        let ack = socket.ask(message, "channel_message_ack").await?;

        server.signal(signal)?;
        let goodbye = Closed { code: Some(1000), reason: "server shutting down".to_owned() };
        assert_eq!(socket.closed().await?, goodbye, "after {signal:?}");
        drop(socket);
        assert_eq!(server.exit().await?.code(), Some(0), "after {signal:?}:\n{}", server.lines().join("\n"));

        let mut again = ServerProcess::spawn(serve_arguments(data.path()))?;
        let http = Http::new(again.listening().await?);
        let login = http.log_in(&device("astrid"), "").await?;
        let history = http.history("2...hall", &login.token).await?;
        assert_eq!(history[0]["message_id"], ack["message_id"]);
        again.kill_hard().await?;
    }
    Ok(())
}
