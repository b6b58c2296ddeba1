//! History: the one order of what happens in a channel: messages, live and stored, joins, and changes of who may join.

pub(crate) mod access;
mod cursor;
mod line;
mod page;
mod sequence;

pub use page::{ListError, Page, PageRequest};
pub(crate) use sequence::Sequence;

use crate::caller::Actor;
use crate::chat::{Action, ChatError};
use crate::clock::Timestamp;
use crate::ids::{MessageId, SessionId, UserId};
use crate::presence::PresenceMeta;
use crate::session::Session;
use crate::store::history as rows;
use crate::store::{Store, StoreError, Txn};
use crate::stream::Stream;
use crate::tracker::{Joined, Tracker};
use line::{Join, Lines, Turn};
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

impl MessageCode {
    /// The code of a number.
    pub(crate) fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Chat,
            1 => Self::Update,
            2 => Self::Remove,
            3 => Self::GroupJoin,
            4 => Self::GroupAdd,
            5 => Self::GroupLeave,
            6 => Self::GroupKick,
            7 => Self::GroupPromote,
            8 => Self::GroupBan,
            9 => Self::GroupDemote,
            _ => return None,
        })
    }

    /// Whether it tells of what a user, or a plugin, says; otherwise of a change that the server tells of.
    pub(crate) fn is_of_a_user(self) -> bool {
        matches!(self, Self::Chat | Self::Update | Self::Remove)
    }
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
        let draft = Draft { stream: self.stream.clone(), sender: about, content: "{}".into(), session: None };
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
    /// The session that says it, which must be allowed in the channel when its turn comes; none for plugins.
    pub(crate) session: Option<SessionId>,
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
            // Who may be in a channel is asked of the disk only for what goes there. Whoever is taken out is no member
            // when the message's turn has come.
            let member = draft.session.filter(|_| access::is_limited(&draft.stream));
            return self.lines.publish(draft.message(MessageCode::Chat, id, now, now, false), member).await;
        }
        let sequence = self.sequence.clone();
        let stream = draft.stream.clone();
        self.write(&stream, move |txn| {
            draft.check(txn, Action::Send)?;
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
            draft.check(txn, action)?;
            let old = rows::get(txn, &draft.stream, id)?;
            let refused = match &old {
                // What the server says about a user is not the user's to change.
                Some(old) => old.sender_id != draft.sender.user_id || !old.code.is_of_a_user(),
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
        let (done, happened) = oneshot::channel();
        let mut happenings = Happenings { stream: stream.clone(), sequence: self.sequence.clone(), list: Vec::new() };
        let altered = self.write_turn(&stream, move |txn| {
            let value = op(txn, &mut happenings)?;
            let turn = (!happenings.list.is_empty()).then(|| Turn::Alter(happenings.list, done));
            Ok::<_, E>((value, turn))
        });
        let value = altered.await?;
        // Nobody tells of it when nothing was to happen.
        let _ = happened.await;
        Ok(value)
    }

    /// One message; none when it is not in the history.
    pub(crate) async fn get(&self, stream: &Stream, id: MessageId) -> Result<Option<ChannelMessage>, StoreError> {
        let stream = stream.clone();
        self.store.read(move |reader| rows::get(reader, &stream, id)).await
    }

    /// Lets a session join a channel, in the channel's one order, if `check` lets it on the writer: so no join slips past
    /// a change of who may be there, and none is undone by an older change.
    pub(crate) async fn join(
        &self,
        session: &Arc<Session>,
        stream: &Stream,
        meta: PresenceMeta,
        check: impl FnOnce(&mut Txn) -> Result<(), ChatError> + Send + 'static,
    ) -> Result<Joined, ChatError> {
        let (sender, outcome) = oneshot::channel();
        let join = Box::new(Join { session: session.clone(), meta, sender });
        self.write_turn(stream, move |txn| check(txn).map(|()| ((), Some(Turn::Join(join))))).await?;
        Ok(outcome.await.map_err(|_| self.given_up())??)
    }

    /// Runs `op` on the writer, with a place in the channel's line that was taken in the same step, and gives back what it
    /// says once that is durable. What `op` wants to happen then, happens when its turn has come.
    async fn write_turn<T, E>(
        &self,
        stream: &Stream,
        op: impl FnOnce(&mut Txn) -> Result<(T, Option<Turn>), E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let permit = self.store.reserve().await?;
        let pending = self.lines.take_place(stream, |ticket| {
            permit.write(move |txn| {
                let (value, turn) = op(txn)?;
                txn.on_commit(move |durable| {
                    if let (Ok(()), Some(turn)) = (durable, turn) {
                        ticket.ready(turn);
                    }
                });
                Ok::<_, E>(value)
            })
        });
        pending.await?
    }

    /// The time now, and never before that of a message.
    pub(crate) fn time(&self) -> Timestamp {
        self.sequence.time()
    }

    /// Runs `op`, which says a message, on the writer, with a place in the channel's line that was taken in the same step.
    /// Returns when it is published. As [`Self::write_turn`], but one answer tells of disk and line.
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
                        Ok(()) => ticket.ready(Turn::Message { message: Box::new(message), member: None, sender }),
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
    /// Refuses what is said by a session whose user may not be in the channel.
    fn check(&self, txn: &Txn, action: Action) -> Result<(), ChatError> {
        match self.session {
            Some(_) if !access::may_join(txn, &self.stream, self.sender.user_id)? => Err(ChatError::NotJoined(action)),
            _ => Ok(()),
        }
    }

    fn message(
        self,
        code: MessageCode,
        id: MessageId,
        create_time: Timestamp,
        update_time: Timestamp,
        persistent: bool,
    ) -> ChannelMessage {
        let Self { stream, sender: Actor { user_id: sender_id, username }, content, session: _ } = self;
        ChannelMessage { stream, id, code, sender_id, username, content, create_time, update_time, persistent }
    }
}

#[cfg(test)]
mod tests;
