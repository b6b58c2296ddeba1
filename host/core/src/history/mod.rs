//! History: the one order of a channel's messages, live and stored.

mod cursor;
mod line;
mod sequence;

pub(crate) use sequence::Sequence;

use crate::caller::Actor;
use crate::chat::{Action, ChatError};
use crate::clock::Timestamp;
use crate::ids::{MessageId, UserId};
use crate::store::history as rows;
use crate::store::{Store, StoreError, Txn};
use crate::stream::Stream;
use crate::tracker::Tracker;
use cursor::Cursor;
use line::{Lines, Turn};
use std::sync::Arc;
use tokio::sync::oneshot;

/// What a message is. The numbers are public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum MessageCode {
    /// A new message.
    Chat = 0,
    /// A message has changed.
    Update = 1,
    /// A message was removed.
    Remove = 2,
    /// A user joined the group.
    GroupJoin = 3,
    /// A user was added to the group.
    GroupAdd = 4,
    /// A user left the group.
    GroupLeave = 5,
    /// A user was taken out of the group.
    GroupKick = 6,
    /// A user has a higher rank.
    GroupPromote = 7,
    /// A user was taken out of the group for good.
    GroupBan = 8,
    /// A user has a lower rank.
    GroupDemote = 9,
}

/// A message in a channel. Cloning is cheap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelMessage {
    /// The channel.
    pub stream: Stream,
    /// The same for a message, its changes and its removal.
    pub id: MessageId,
    /// What it tells.
    pub code: MessageCode,
    /// Nil for the server itself.
    pub sender_id: UserId,
    /// The sender's name when it was sent.
    pub username: Arc<str>,
    /// A JSON object, as the text that was sent.
    pub content: Arc<str>,
    /// When it was sent first.
    pub create_time: Timestamp,
    /// When it was sent or changed last.
    pub update_time: Timestamp,
    /// Whether it is stored.
    pub persistent: bool,
}

/// Which page of a history.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// The channel.
    pub stream: Stream,
    /// 1 to 100.
    pub limit: usize,
    /// Oldest first.
    pub forward: bool,
    /// Begins at this moment, instead of at the beginning or the end of the history. Not beside a cursor.
    pub from: Option<Timestamp>,
    /// From [`Page`]; opaque text, bound to the channel and the direction. None and empty begin at the beginning.
    pub cursor: Option<String>,
}

/// One page of a history.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// In the direction that was asked for.
    pub messages: Vec<ChannelMessage>,
    /// Only when there is more.
    pub next_cursor: Option<String>,
    /// Only when a cursor was given and the page is not empty.
    pub prev_cursor: Option<String>,
    /// Always forward, after the last message returned; absent for an empty page without a cursor.
    pub cacheable_cursor: Option<String>,
}

/// Why a page cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// The cursor is of another channel or direction, or none at all.
    #[error("Cursor is invalid or expired.")]
    InvalidCursor,
    /// A direct channel of two others.
    #[error("Channel not found.")]
    ChannelNotFound,
    /// There is no such group, or the reader is not in it.
    #[error("Group not found.")]
    GroupNotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Messages on their way into the history, and out of it.
#[derive(Debug)]
pub(crate) struct History {
    store: Store,
    sequence: Arc<Sequence>,
    lines: Arc<Lines>,
}

/// What a change of who may be in a channel does there, in the channel's one order: after every message that was
/// sequenced before it, and before every later one.
#[derive(Debug)]
pub(crate) enum Happening {
    /// A message of the server's own, stored.
    Message(ChannelMessage),
    /// A user's presences leave. The user gets no event; the others do if `told`.
    Evict { user: UserId, told: bool },
    /// Everybody's presences leave, without events.
    Close,
}

/// Gathers what happens in a channel, while a write runs.
#[derive(Debug)]
pub(crate) struct Happenings {
    stream: Stream,
    sequence: Arc<Sequence>,
    list: Vec<Happening>,
}

impl Happenings {
    /// A stored message of the server's own about a user.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub(crate) fn message(&mut self, txn: &mut Txn, about: Actor, code: MessageCode) -> Result<(), StoreError> {
        let (id, now) = self.sequence.next();
        let draft = Draft { stream: self.stream.clone(), sender: about, content: "{}".into() };
        let message = draft.message(code, id, now, now, true);
        rows::append(txn, &message)?;
        self.list.push(Happening::Message(message));
        Ok(())
    }

    /// A user's presences leave; see [`Happening::Evict`].
    pub(crate) fn evict(&mut self, user: UserId, told: bool) {
        self.list.push(Happening::Evict { user, told });
    }

    /// Everybody's presences leave, without events.
    pub(crate) fn close(&mut self) {
        self.list.push(Happening::Close);
    }
}

/// What somebody wants to say.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) stream: Stream,
    pub(crate) sender: Actor,
    pub(crate) content: Arc<str>,
}

impl History {
    /// The history in a store, told to the members that the tracker knows. `sequence` goes on above all that is stored.
    pub(crate) fn new(store: Store, tracker: Arc<Tracker>, sequence: Arc<Sequence>) -> Self {
        Self { store, sequence, lines: Arc::new(Lines::new(tracker)) }
    }

    /// Adds a message. Returns when it is published, and before that durable if `persistent`.
    pub(crate) async fn append(&self, draft: Draft, persistent: bool) -> Result<ChannelMessage, ChatError> {
        if !persistent {
            let (id, now) = self.sequence.next();
            return self.lines.publish(draft.message(MessageCode::Chat, id, now, now, false)).await;
        }
        let sequence = self.sequence.clone();
        let stream = draft.stream.clone();
        self.write(&stream, move |txn| {
            let (id, now) = sequence.next();
            let message = draft.message(MessageCode::Chat, id, now, now, true);
            rows::append(txn, &message)?;
            Ok(message)
        })
        .await
    }

    /// Changes or removes a message of the sender's. One that is not in the history is told all the same, unless
    /// `stored` says that it must be there.
    pub(crate) async fn change(
        &self,
        draft: Draft,
        id: MessageId,
        action: Action,
        stored: bool,
    ) -> Result<ChannelMessage, ChatError> {
        let sequence = self.sequence.clone();
        let stream = draft.stream.clone();
        self.write(&stream, move |txn| {
            let old = rows::get(txn, &draft.stream, id)?;
            let refused = match &old {
                Some(old) => old.sender_id != draft.sender.user_id,
                None => stored,
            };
            if refused {
                return Err(ChatError::MessageNotFound(action));
            }
            let now = sequence.time();
            let create_time = old.as_ref().map_or(now, |old| old.create_time);
            let message = draft.message(action.code(), id, create_time, now, old.is_some());
            match (&old, action) {
                (Some(_), Action::Remove) => rows::remove(txn, &message)?,
                (Some(_), Action::Send | Action::Update) => rows::replace(txn, &message)?,
                (None, _) => {}
            }
            Ok(message)
        })
        .await
    }

    /// Runs `op` on the writer, with a place in the channel's line that was taken in the same step: what it gathers
    /// happens there once it is durable and its turn has come. Returns after that. It happens whole even when the caller
    /// stops waiting; when `op` returns an error, nothing is changed and nothing happens.
    pub(crate) async fn alter<T, E>(
        &self,
        stream: Stream,
        op: impl FnOnce(&mut Txn, &mut Happenings) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let permit = self.store.reserve().await?;
        let (done, happened) = oneshot::channel();
        let mut happenings = Happenings { stream: stream.clone(), sequence: self.sequence.clone(), list: Vec::new() };
        let pending = self.lines.take_place(&stream, |ticket| {
            permit.write(move |txn| {
                let value = op(txn, &mut happenings)?;
                txn.on_commit(move |durable| {
                    if durable.is_ok() && !happenings.list.is_empty() {
                        ticket.ready(Turn::Alter(happenings.list, done));
                    }
                });
                Ok::<_, E>(value)
            })
        });
        let value = pending.await??;
        // Nobody tells of it when nothing was to happen.
        let _ = happened.await;
        Ok(value)
    }

    /// One page.
    pub(crate) async fn list(&self, request: PageRequest) -> Result<Page, ListError> {
        let PageRequest { stream, limit, forward, from: _, cursor } = request;
        let cursor = match cursor.as_deref() {
            None | Some("") => None,
            Some(text) => Some(Cursor::decode(text).ok_or(ListError::InvalidCursor)?),
        };
        if cursor.as_ref().is_some_and(|cursor| cursor.stream != stream || cursor.forward != forward) {
            return Err(ListError::InvalidCursor);
        }
        let onward = cursor.as_ref().is_none_or(|cursor| cursor.onward);
        let range = rows::Range {
            from: cursor.as_ref().map(|cursor| cursor.id),
            ascending: forward == onward,
            // One more tells whether there is more.
            limit: limit + 1,
        };
        let mut messages = self
            .store
            .read({
                let stream = stream.clone();
                move |reader| rows::page(reader, &stream, range)
            })
            .await?;
        let more = messages.len() > limit;
        messages.truncate(limit);
        if !onward {
            messages.reverse();
        }
        let place = |id, forward, onward| Cursor { stream: stream.clone(), forward, onward, id }.encode();
        let first = messages.first().map(|message| message.id);
        let last = messages.last().map(|message| message.id);
        let (has_next, has_previous) = if onward { (more, cursor.is_some()) } else { (true, more) };
        Ok(Page {
            next_cursor: last.filter(|_| has_next).map(|id| place(id, forward, true)),
            prev_cursor: first.filter(|_| has_previous).map(|id| place(id, forward, false)),
            cacheable_cursor: last.or(cursor.as_ref().map(|cursor| cursor.id)).map(|id| place(id, true, true)),
            messages,
        })
    }

    /// Runs `op` on the writer, with a place in the channel's line that was taken in the same step.
    async fn write(
        &self,
        stream: &Stream,
        op: impl FnOnce(&mut Txn) -> Result<ChannelMessage, ChatError> + Send + 'static,
    ) -> Result<ChannelMessage, ChatError> {
        let permit = self.store.reserve().await?;
        let (sender, outcome) = oneshot::channel();
        self.lines.take_place(stream, |ticket| {
            // Its turn tells of the outcome, so the store's own answer is not waited for.
            drop(permit.write(move |txn| match op(txn) {
                Ok(message) => {
                    txn.on_commit(move |durable| match durable {
                        Ok(()) => ticket.ready(Turn::Message(Box::new(message), sender)),
                        Err(error) => _ = sender.send(Err(error.into())),
                    });
                    Ok(())
                }
                Err(error) => {
                    let _ = sender.send(Err(error));
                    Err(())
                }
            }));
        });
        outcome.await.unwrap_or_else(|_| Err(self.given_up().into()))
    }

    /// Why the store never ran an operation.
    fn given_up(&self) -> StoreError {
        self.store.health().err().unwrap_or_else(|| StoreError::Failed("the operation was given up".into()))
    }
}

impl Draft {
    fn message(
        self,
        code: MessageCode,
        id: MessageId,
        create_time: Timestamp,
        update_time: Timestamp,
        persistent: bool,
    ) -> ChannelMessage {
        let Self { stream, sender: Actor { user_id: sender_id, username }, content } = self;
        ChannelMessage { stream, id, code, sender_id, username, content, create_time, update_time, persistent }
    }
}

#[cfg(test)]
mod tests;
