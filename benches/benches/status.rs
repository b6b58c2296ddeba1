//! One user whom 1,000 connected others follow: how much CPU time of the server one change of status costs for each of
//! them, and what followers cost who have gone. Fails above 7 µs for each, or when those who have gone cost anything.
//!
//! Changes follow each other as in the rows of chat, each after the reply to the one before. Beside it stands what a
//! change costs that all have seen before the next is made: then each event is a write of its own to a socket that
//! nobody has touched for a while, and most of it is the system's.
//!
//! `tiny` as an argument tries it with a few, and fails at nothing but lost events.

use anyhow::{Context, Result, ensure};
use meadhall_benches::outside::Outside;
use meadhall_protocol::codec::Format;
use meadhall_tests::PATIENCE;
use meadhall_tests::http::Http;
use meadhall_tests::socket::Socket;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use std::process::ExitCode;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

const MOST_FOR_EACH: Duration = Duration::from_micros(7);
/// What a change may cost more, in parts of what it costs without followers: the clock's steps and chance.
const CHANCE: f64 = 1.3;

struct Sizes {
    followers: usize,
    /// Changes that all followers are told of.
    changes: u32,
    /// Changes that nobody is told of.
    unseen: u32,
}

fn main() -> Result<ExitCode> {
    let tiny = std::env::args().any(|argument| argument == "tiny");
    let sizes = match tiny {
        true => Sizes { followers: 20, changes: 10, unseen: 200 },
        false => Sizes { followers: 1_000, changes: 300, unseen: 20_000 },
    };
    // Each follower is a socket of this process.
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })
        .context("raising the limit of open files")?;
    let runtime = tokio::runtime::Runtime::new()?;
    let data = tempfile::tempdir()?;
    let fair = runtime.block_on(async { run(&Outside::start(data.path()).await?, &sizes).await })?;
    Ok(if fair || tiny { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run(server: &Outside, sizes: &Sizes) -> Result<bool> {
    let http = Http::new(server.addr);
    let star = http.log_in("device-of-the-star", "star").await?;
    let mut socket = Socket::open(server.addr, &star.token, Format::Json).await?;
    let alone = change(server, &mut socket, sizes.unseen, async || Ok(())).await?;
    println!("a change without followers: {alone:.1?}");

    // Each follower says when it has seen a change.
    // As many as there are events: a follower never waits to be counted.
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut followers = JoinSet::new();
    for number in 0..sizes.followers {
        let login = http.log_in(&format!("device-of-follower-{number}"), &format!("follower-{number}")).await?;
        let mut follower = Socket::open(server.addr, &login.token, Format::Json).await?;
        follower.ask(json!({ "status_follow": { "user_ids": [star.user_id] } }), "status").await?;
        let tell = tell.clone();
        followers.spawn(async move {
            while follower.wait_for("status_presence_event").await.is_ok() {
                tell.send(()).context("nobody counts")?;
            }
            anyhow::Ok(())
        });
    }
    let count = u32::try_from(sizes.followers)?;
    let mut all_see = async |changes: u32| {
        for _ in 0..changes * count {
            tokio::time::timeout(PATIENCE, told.recv()).await.context("a follower was not told")?;
        }
        anyhow::Ok(())
    };
    let apart = change(server, &mut socket, sizes.changes, async || all_see(1).await).await? / count;
    println!("a change with {count} followers, each seen by all before the next: {apart:.2?} for each");
    let before = server.cpu()?;
    change(server, &mut socket, sizes.changes, async || Ok(())).await?;
    all_see(sizes.changes).await?;
    let each = (server.cpu()? - before) / sizes.changes / count;
    println!("a change with {count} followers: {each:.2?} for each, at most {MOST_FOR_EACH:?}");

    followers.shutdown().await;
    gone(&http, server).await?;
    let left = change(server, &mut socket, sizes.unseen, async || Ok(())).await?;
    println!("a change after they have gone: {left:.1?}");
    Ok(each <= MOST_FOR_EACH && left.as_secs_f64() <= alone.as_secs_f64() * CHANCE)
}

/// What one of many changes costs the server. Each is done before the next: `wait` waits until everybody has seen it.
async fn change(
    server: &Outside,
    socket: &mut Socket,
    changes: u32,
    mut wait: impl AsyncFnMut() -> Result<()>,
) -> Result<Duration> {
    let before = server.cpu()?;
    for number in 0..changes {
        let status = format!("on stage for the {number}th time");
        let reply = socket.call(json!({ "status_update": { "status": status } })).await?;
        ensure!(reply["error"].is_null(), "the status is refused: {reply}");
        wait().await?;
        // The user's own sessions are told as well.
        socket.wait_for("status_presence_event").await?;
    }
    Ok((server.cpu()? - before) / changes)
}

/// Waits until the server has noticed that all followers are gone: its CPU time stands still.
async fn gone(http: &Http, server: &Outside) -> Result<()> {
    let mut last = Duration::MAX;
    while server.cpu()? != last {
        last = server.cpu()?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    ensure!(http.get_openly("/healthcheck").await?.status == 200, "the server is ill");
    Ok(())
}
