//! The example plugin `daily-reward-js`.

use super::payload;
use crate::device;
use anyhow::Result;
use meadhall_protocol::codec::Format;
use meadhall_tests::PATIENCE;
use meadhall_tests::javascript::component;
use meadhall_tests::server::TestServer;
use meadhall_tests::socket::Socket;
use reqwest::Method;
use serde_json::{Value, json};

async fn start() -> Result<TestServer> {
    TestServer::start([component("plugins/daily-reward-js")]).await
}

/// Waits until a counter of the plugin's has this value.
async fn counted(server: &TestServer, name: &str, value: &str) -> Result<()> {
    let reached = async {
        let is_there = |line: &str| line.starts_with(name) && line.ends_with(&format!(" {value}"));
        while !server.metrics().await?.lines().any(is_there) {
            tokio::task::yield_now().await;
        }
        Ok(())
    };
    tokio::time::timeout(PATIENCE, reached).await?
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reward_is_given_once_a_day() -> Result<()> {
    let server = start().await?;
    let login = server.http.log_in(&device("astrid"), "astrid").await?;
    let mut socket = Socket::open(server.addr(), &login.token, Format::Json).await?;

    let claims = (0..8).map(|_| server.http.rpc("daily.claim", &login.token, ""));
    let mut given = 0;
    for answer in futures_util::future::try_join_all(claims).await? {
        match answer.status {
            200 => {
                given += 1;
                assert_eq!(payload(&answer)?, json!({ "reward": 10, "gold": 10, "streak": 1 }));
            }
            // Taken already, or taken by another call between this one's reading and writing.
            400 => assert_eq!(answer.body["code"], 9, "{}", answer.body),
            _ => panic!("{}: {}", answer.status, answer.body),
        }
    }
    assert_eq!(given, 1, "of eight calls at once one gets the reward");
    let refused = server.http.rpc("daily.claim", &login.token, "").await?;
    assert_eq!(refused.body["message"], "today's reward is taken, come back tomorrow");
    let purse = payload(&server.http.rpc("daily.purse", &login.token, "").await?)?;
    assert_eq!((&purse["gold"], &purse["streak"]), (&json!(10), &json!(1)));

    let told = socket.wait_for("notifications").await?;
    assert_eq!(told["notifications"][0]["subject"], "You got 10 gold", "{told}");
    assert_eq!(server.http.rpc_as_server("daily.claim", "").await?.status, 401, "a purse has an owner");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_the_tavern_are_looked_after() -> Result<()> {
    let server = start().await?;
    let login = server.http.log_in(&device("astrid"), "astrid").await?;
    let rename =
        |name: &str| server.http.call(Method::PUT, "/v2/account", &login.token, Some(json!({ "display_name": name })));
    assert_eq!(rename("The Treasurer").await?.status, 403);
    assert_eq!(rename("Astrid").await?.status, 200);

    let mut socket = Socket::open(server.addr(), &login.token, Format::Protobuf).await?;
    counted(&server, "plugin_visits", "1").await?;
    socket.join_room("tavern").await?;
    let message = socket.wait_for("channel_message").await?;
    let content: Value = serde_json::from_str(message["content"].as_str().unwrap_or_default())?;
    assert_eq!(content["text"], "astrid, take your reward: daily.claim");
    Ok(())
}
