//! One writer: sends, changes, removes and renames itself until the server is gone.

use super::book::Book;
use super::{ROOMS, channel, text};
use anyhow::{Context, Result, bail};
use meadhall_tests::http::{Http, Login};
use meadhall_tests::socket::{FORMATS, Socket};
use parking_lot::Mutex;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;

struct Writer {
    number: usize,
    seed: u64,
    socket: Socket,
    http: Http,
    login: Login,
    book: Arc<Mutex<Book>>,
    random: SmallRng,
    /// Marks and ids of messages that it sent in this round and did not remove.
    own: Vec<(usize, String, String)>,
    written: u64,
}

/// Writes until the server is gone. It ends with an error only when the server refuses something.
pub(super) async fn write_until_killed(
    addr: SocketAddr,
    login: Login,
    number: usize,
    book: Arc<Mutex<Book>>,
    seed: u64,
) -> Result<()> {
    let socket = Socket::open(addr, &login.token, FORMATS[number % 2]).await?;
    let random = SmallRng::seed_from_u64(seed);
    let http = Http::new(addr);
    let mut writer = Writer { number, seed, socket, http, login, book, random, own: Vec::new(), written: 0 };
    for room in 0..ROOMS {
        writer.socket.join_room(&channel(room)["2...".len()..]).await?;
    }
    loop {
        let written = writer.write().await;
        writer.note_what_was_shown()?;
        match written {
            Ok(()) => {}
            Err(Gone::Killed) => return Ok(()),
            Err(Gone::Refused(error)) => return Err(error),
        }
    }
}

/// Why a writer stops.
enum Gone {
    /// The server is not there any more: what was on its way has no answer.
    Killed,
    /// The server answered with a refusal, which no kill explains.
    Refused(anyhow::Error),
}

impl Writer {
    async fn write(&mut self) -> Result<(), Gone> {
        self.written += 1;
        let mark = format!("{}-{}-{}", self.number, self.seed, self.written);
        match self.random.random_range(0..10) {
            0 | 1 if !self.own.is_empty() => self.update().await,
            2 if !self.own.is_empty() => self.remove().await,
            3 => self.rename(&mark).await,
            _ => self.send(mark).await,
        }
    }

    async fn send(&mut self, mark: String) -> Result<(), Gone> {
        let room = self.random.random_range(0..ROOMS);
        let content = self.content(&mark);
        self.book.lock().sending(room, &mark, &content);
        let id = self.ask("channel_message_send", json!({ "channel_id": channel(room), "content": content })).await?;
        self.book.lock().sent(&mark, &id);
        self.own.push((room, mark, id));
        Ok(())
    }

    async fn update(&mut self) -> Result<(), Gone> {
        let (room, mark, id) = self.own[self.random.random_range(0..self.own.len())].clone();
        let content = self.content(&mark);
        self.book.lock().updating(&mark, &content);
        let update = json!({ "channel_id": channel(room), "message_id": id, "content": content });
        self.ask("channel_message_update", update).await?;
        self.book.lock().updated(&mark, &content);
        Ok(())
    }

    async fn remove(&mut self) -> Result<(), Gone> {
        let (room, mark, id) = self.own.swap_remove(self.random.random_range(0..self.own.len()));
        self.book.lock().removing(&mark);
        self.ask("channel_message_remove", json!({ "channel_id": channel(room), "message_id": id })).await?;
        self.book.lock().removed(&mark);
        Ok(())
    }

    async fn rename(&mut self, display_name: &str) -> Result<(), Gone> {
        self.book.lock().changing_account(self.number, display_name);
        let body = json!({ "display_name": display_name });
        let answer = self.http.call(Method::PUT, "/v2/account", &self.login.token, Some(body)).await;
        answer.map_err(|_| Gone::Killed)?.ok().map_err(Gone::Refused)?;
        self.book.lock().changed_account(self.number, display_name);
        Ok(())
    }

    /// Sends one message and returns the id in its ack.
    async fn ask(&mut self, kind: &str, message: Value) -> Result<String, Gone> {
        let reply = self.socket.call(json!({ kind: message })).await.map_err(|_| Gone::Killed)?;
        let id = || -> Result<String> {
            if !reply["error"].is_null() {
                bail!("{kind} was refused: {reply}");
            }
            Ok(text(&reply["channel_message_ack"], "message_id").context("an ack")?.to_owned())
        };
        id().map_err(Gone::Refused)
    }

    /// Notes the new messages that arrived in the meantime.
    fn note_what_was_shown(&mut self) -> Result<()> {
        while let Some(envelope) = self.socket.arrived() {
            let message = &envelope["channel_message"];
            if message["code"] == json!(0) {
                let room = (0..ROOMS).find(|room| message["channel_id"] == json!(channel(*room)));
                self.book
                    .lock()
                    .shown(room.with_context(|| format!("a foreign message {message}"))?, text(message, "message_id")?);
            }
        }
        Ok(())
    }

    fn content(&mut self, mark: &str) -> String {
        let padding = "x".repeat(self.random.random_range(0..600));
        json!({ "mark": mark, "salt": self.random.random::<u32>(), "length": padding.len(), "padding": padding })
            .to_string()
    }
}
