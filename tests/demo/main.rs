//! The demo: a game evening of two clients on a real server with the example plugins, in what each side sees.
//!
//! `meadhall-demo [--once]`, run by `cargo xtask demo`. Every line is checked: what is missing is said, and with `--once`
//! it is the exit code.

mod company;
mod evening;
mod stage;

use anyhow::{Context, Result};
use meadhall_tests::http::{HTTP_KEY, SERVER_KEY};
use meadhall_tests::plugins::{example, repository};
use meadhall_tests::process::{ServerProcess, serve_arguments};
use rustix::process::Signal;
use stage::Stage;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::process::ExitCode;

const PLUGINS: [&str; 2] = ["session-events", "global-stream"];

#[tokio::main]
async fn main() -> ExitCode {
    let once = std::env::args().skip(1).any(|argument| argument == "--once");
    match play(once).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn play(once: bool) -> Result<()> {
    let data = tempfile::Builder::new().prefix("meadhall-demo-").tempdir().context("making a data folder")?;
    let mut arguments = serve_arguments(data.path());
    for plugin in PLUGINS {
        arguments.extend([OsString::from("--plugin"), example(plugin).into()]);
    }
    let mut server = ServerProcess::spawn(arguments)?;
    let addr = server.listening().await?;
    println!(
        "Meadhall listens on {addr}, with the plugins {}, its data in {}.",
        PLUGINS.join(" and "),
        data.path().display()
    );

    let mut stage = Stage::new(&server);
    evening::play(&mut stage, addr).await?;
    let outcome = stage.close();
    if !once {
        print_how_to_connect(addr);
        tokio::signal::ctrl_c().await.context("waiting for Ctrl-C")?;
        println!();
    }
    server.signal(Signal::TERM)?;
    let status = server.exit().await?;
    println!("The server has stopped: {status}.");
    outcome
}

fn print_how_to_connect(addr: SocketAddr) {
    let (host, port) = (addr.ip(), addr.port());
    let folder = repository().join("tests/js").display().to_string();
    println!(
        r#"
The server keeps running until Ctrl-C. With curl:

  TOKEN=$(curl -s -u {SERVER_KEY}: 'http://{addr}/v2/account/authenticate/device?create=true' \
      -d '{{"id":"my-device-0001"}}' | sed 's/.*"token":"\([^"]*\)".*/\1/')
  curl -s -H "Authorization: Bearer $TOKEN" http://{addr}/v2/account
  curl -s -H "Authorization: Bearer $TOKEN" http://{addr}/v2/event -d '{{"name":"toast","properties":{{"drink":"mead"}}}}'
  curl -s 'http://{addr}/v2/channel/2...hall?limit=10' -H "Authorization: Bearer $TOKEN"
  curl -s -H "Authorization: Bearer $TOKEN" http://{addr}/healthcheck

With the JavaScript SDK, as it is on npm (for example in {folder}, which has it; HTTP key: {HTTP_KEY}):

  import {{ Client }} from "@heroiclabs/nakama-js";
  import WebSocket from "ws";
  globalThis.WebSocket = WebSocket;                      // Node 20 has none; browsers do
  const client = new Client("{SERVER_KEY}", "{host}", "{port}");
  const session = await client.authenticateDevice("my-device-0001");
  const socket = client.createSocket();
  socket.onchannelmessage = (message) => console.log(message.username, message.content);
  await socket.connect(session, true);
  const hall = await socket.joinChat("hall", 1, true, false);
  await socket.writeChatMessage(hall.id, {{ words: "skål" }});
"#
    );
}
