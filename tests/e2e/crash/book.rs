//! What the writers tried, and what the server acknowledged.

use super::text;
use anyhow::{Context, Result, ensure};
use parking_lot::Mutex;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::Notify;

/// The book. A moment is its own count of entries, so that two writes can be compared across writers.
#[derive(Debug, Default)]
pub(super) struct Book {
    /// How many writes were acknowledged.
    pub(super) acknowledged: u64,
    /// Which user a writer has.
    pub(super) users: BTreeMap<usize, String>,
    now: u64,
    grows: Arc<Notify>,
    /// By what every message says first and no other says: its mark.
    messages: HashMap<String, Message>,
    /// Ids that some member was shown, by room.
    shown: HashMap<usize, HashSet<String>>,
    /// The ids of the last check, by room.
    kept: HashMap<usize, Vec<String>>,
    accounts: HashMap<usize, Tried>,
}

/// A message that was tried to be sent.
#[derive(Debug)]
struct Message {
    room: usize,
    sent_at: u64,
    /// When the ack came, and the id that it gave.
    acknowledged: Option<(u64, String)>,
    content: Tried,
    removal: Removal,
}

/// A value that is written over and over: what it may be now.
#[derive(Clone, Debug, Default)]
struct Tried {
    acknowledged: String,
    /// Tried after the last acknowledged one, and never answered.
    unanswered: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Removal {
    None,
    Tried,
    Acknowledged,
}

impl Tried {
    fn allows(&self, value: &str) -> bool {
        self.acknowledged == value || self.unanswered.iter().any(|tried| tried == value)
    }

    fn acknowledge(&mut self, value: &str) {
        self.acknowledged = value.to_owned();
        self.unanswered.clear();
    }
}

impl Book {
    /// Waits for the next acknowledgement.
    pub(super) async fn grows(book: &Mutex<Self>) {
        let grows = Arc::clone(&book.lock().grows);
        grows.notified().await;
    }

    pub(super) fn sending(&mut self, room: usize, mark: &str, content: &str) {
        let sent_at = self.tick();
        let content = Tried { acknowledged: content.to_owned(), unanswered: Vec::new() };
        let message = Message { room, sent_at, acknowledged: None, content, removal: Removal::None };
        assert!(self.messages.insert(mark.to_owned(), message).is_none(), "two messages with the mark {mark:?}");
    }

    pub(super) fn sent(&mut self, mark: &str, id: &str) {
        let now = self.acknowledge();
        self.message(mark).acknowledged = Some((now, id.to_owned()));
    }

    pub(super) fn updating(&mut self, mark: &str, content: &str) {
        self.message(mark).content.unanswered.push(content.to_owned());
    }

    pub(super) fn updated(&mut self, mark: &str, content: &str) {
        self.acknowledge();
        self.message(mark).content.acknowledge(content);
    }

    pub(super) fn removing(&mut self, mark: &str) {
        self.message(mark).removal = Removal::Tried;
    }

    pub(super) fn removed(&mut self, mark: &str) {
        self.acknowledge();
        self.message(mark).removal = Removal::Acknowledged;
    }

    pub(super) fn changing_account(&mut self, writer: usize, display_name: &str) {
        self.accounts.entry(writer).or_default().unanswered.push(display_name.to_owned());
    }

    pub(super) fn changed_account(&mut self, writer: usize, display_name: &str) {
        self.acknowledge();
        self.accounts.entry(writer).or_default().acknowledge(display_name);
    }

    /// A member was shown a new message.
    pub(super) fn shown(&mut self, room: usize, id: &str) {
        self.shown.entry(room).or_default().insert(id.to_owned());
    }

    /// Compares a writer's account with the book.
    pub(super) fn check_account(&mut self, writer: usize, display_name: &str) -> Result<()> {
        let tried = self.accounts.entry(writer).or_default();
        ensure!(tried.allows(display_name), "the display name is {display_name:?}, the book says {tried:?}");
        tried.acknowledge(display_name);
        Ok(())
    }

    /// Compares a room's whole history with the book.
    pub(super) fn check_history(&mut self, room: usize, history: &[Value]) -> Result<()> {
        let mut marks = HashMap::new();
        let mut ids = Vec::new();
        let mut last_sent = 0;
        for message in history {
            let (id, content) = (text(message, "message_id")?, text(message, "content")?);
            let mark = mark(content).with_context(|| format!("the torn message {message}"))?;
            let known = self.messages.get(&mark).with_context(|| format!("nobody sent {message}"))?;
            ensure!(known.room == room, "{message} was sent to room {}", known.room);
            ensure!(known.content.allows(content), "{message} does not hold what the book says: {known:?}");
            ensure!(known.removal != Removal::Acknowledged, "{message} was removed");
            ensure!(marks.insert(mark, (id, content)).is_none(), "{message} is there twice");
            if let Some((acknowledged_at, given)) = &known.acknowledged {
                ensure!(given == id, "{message} was acknowledged as {given}");
                ensure!(*acknowledged_at > last_sent, "{message} stands behind one that was sent after its ack");
            }
            last_sent = last_sent.max(known.sent_at);
            ids.push(id.to_owned());
        }
        ensure!(ids.is_sorted(), "the ids do not rise");
        for (mark, message) in self.messages.iter().filter(|(_, message)| message.room == room) {
            let wanted = message.acknowledged.is_some() && message.removal == Removal::None;
            ensure!(!wanted || marks.contains_key(mark.as_str()), "the acknowledged {mark:?} is lost: {message:?}");
        }
        self.check_against_earlier(room, &ids)?;
        self.settle(room, &marks);
        self.kept.insert(room, ids);
        Ok(())
    }

    /// What was found once must stay so: from here on, writes that had no answer count as done or not done.
    fn settle(&mut self, room: usize, found: &HashMap<String, (&str, &str)>) {
        let now = self.tick();
        self.messages.retain(|mark, message| match found.get(mark) {
            Some((id, content)) if message.room == room => {
                message.acknowledged.get_or_insert_with(|| (now, (*id).to_owned()));
                message.content.acknowledge(content);
                message.removal = Removal::None;
                true
            }
            _ => message.room != room,
        });
        let present: HashSet<&str> = found.values().map(|(id, _)| *id).collect();
        self.shown.entry(room).or_default().retain(|id| present.contains(id.as_str()));
    }

    /// What members were shown, and what an earlier check found, is still there, in the same order.
    fn check_against_earlier(&self, room: usize, ids: &[String]) -> Result<()> {
        let present: HashSet<&str> = ids.iter().map(String::as_str).collect();
        let may_be_removed: HashSet<&str> = self
            .messages
            .values()
            .filter(|message| message.removal != Removal::None)
            .filter_map(|message| Some(message.acknowledged.as_ref()?.1.as_str()))
            .collect();
        for id in self.shown.get(&room).into_iter().flatten() {
            let there = present.contains(id.as_str()) || may_be_removed.contains(id.as_str());
            ensure!(there, "{id} was shown to a member, and a crash took it back");
        }
        let earlier = self.kept.get(&room).into_iter().flatten().filter(|id| present.contains(id.as_str()));
        let now: Vec<&String> = ids.iter().take(earlier.clone().count()).collect();
        ensure!(earlier.collect::<Vec<_>>() == now, "the order has changed since the last check");
        Ok(())
    }

    fn message(&mut self, mark: &str) -> &mut Message {
        self.messages.get_mut(mark).expect("a writer changes only what it sent")
    }

    fn acknowledge(&mut self) -> u64 {
        self.acknowledged += 1;
        self.grows.notify_one();
        self.tick()
    }

    fn tick(&mut self) -> u64 {
        self.now += 1;
        self.now
    }
}

/// The mark inside a content, whose length is checked as well: a torn text would be shorter.
fn mark(content: &str) -> Result<String> {
    let content: Value = serde_json::from_str(content).context("the content is no JSON")?;
    let padding = text(&content, "padding")?;
    ensure!(content["length"].as_u64() == Some(padding.len() as u64), "the content is cut");
    Ok(text(&content, "mark")?.to_owned())
}
