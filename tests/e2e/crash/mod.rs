//! A server that is killed again and again, like by power cuts: every acknowledged write is there, once, in one order.
//!
//! The test process keeps the book of what was tried and what was acknowledged; the server is a process of its own.

mod book;
mod writer;

use crate::device;
use anyhow::{Context, Result, ensure};
use book::Book;
use meadhall_tests::http::{Http, Login};
use meadhall_tests::process::{ServerProcess, serve_arguments};
use parking_lot::Mutex;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

const ROUNDS: usize = 24;
const WRITERS: usize = 6;
const ROOMS: usize = 2;

/// The id of a shared channel.
fn channel(room: usize) -> String {
    format!("2...crash-{room}")
}

fn name(writer: usize) -> String {
    format!("writer-{writer}")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_every_kill() -> Result<()> {
    let data = tempfile::tempdir()?;
    let mut random = SmallRng::seed_from_u64(7);
    let book = Arc::new(Mutex::new(Book::default()));
    for round in 0..ROUNDS {
        if round % 3 == 2 {
            kill_while_starting(data.path(), Duration::from_micros(random.random_range(0..60_000))).await?;
        }
        let mut server = ServerProcess::spawn(serve_arguments(data.path()))?;
        let addr = server.listening().await?;
        let http = Http::new(addr);
        let logins = log_in_all(&http, &book).await?;
        check(&http, &logins, &book).await.with_context(|| format!("after {round} kills"))?;

        let mut writers = JoinSet::new();
        for (number, login) in logins.into_iter().enumerate() {
            let seed = (round * WRITERS + number) as u64;
            writers.spawn(writer::write_until_killed(addr, login, number, Arc::clone(&book), seed));
        }
        // The kill falls after a number of acknowledgements, while as many more writes are on their way.
        let enough = book.lock().acknowledged + random.random_range(1..250);
        loop {
            tokio::select! {
                ended = writers.join_next() => ended.context("there are writers")??.context("a writer ended before the kill")?,
                () = Book::grows(&book) => if book.lock().acknowledged >= enough { break },
            }
        }
        server.kill_hard().await?;
        while writers.join_next().await.is_some() {}
    }
    let mut server = ServerProcess::spawn(serve_arguments(data.path()))?;
    let http = Http::new(server.listening().await?);
    let logins = log_in_all(&http, &book).await?;
    check(&http, &logins, &book).await.context("at the end")?;
    let acknowledged = book.lock().acknowledged;
    ensure!(acknowledged > ROUNDS as u64, "only {acknowledged} writes were acknowledged");
    server.kill_hard().await
}

/// A kill at any moment of a start: before the store is open, while it recovers, or just after. The time is what is
/// tried here, and nothing is waited for by it.
async fn kill_while_starting(data: &Path, after: Duration) -> Result<()> {
    let mut server = ServerProcess::spawn(serve_arguments(data))?;
    tokio::time::sleep(after).await;
    server.kill_hard().await
}

async fn log_in_all(http: &Http, book: &Mutex<Book>) -> Result<Vec<Login>> {
    let mut logins = Vec::new();
    for number in 0..WRITERS {
        let login = http.log_in(&device(&name(number)), &name(number)).await?;
        let known = book.lock().users.entry(number).or_insert_with(|| login.user_id.clone()).clone();
        ensure!(known == login.user_id, "{} was {known} and is {} now", name(number), login.user_id);
        logins.push(login);
    }
    Ok(logins)
}

/// Compares all histories and accounts with the book.
async fn check(http: &Http, logins: &[Login], book: &Mutex<Book>) -> Result<()> {
    for room in 0..ROOMS {
        let history = http.history(&channel(room), &logins[0].token).await?;
        book.lock().check_history(room, &history).with_context(|| format!("in the history of {}", channel(room)))?;
    }
    for (number, login) in logins.iter().enumerate() {
        let account = http.get("/v2/account", &login.token).await?.ok()?;
        let shown = account["user"]["display_name"].as_str().unwrap_or_default();
        book.lock().check_account(number, shown).with_context(|| format!("in {account}"))?;
    }
    Ok(())
}

/// A text field that must be there.
fn text<'a>(message: &'a Value, field: &str) -> Result<&'a str> {
    message[field].as_str().with_context(|| format!("no {field:?} in {message}"))
}
