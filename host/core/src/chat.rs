//! Chat: joining channels, and sending, changing and removing their messages.

mod read_marker;

pub use read_marker::{ReadMarker, ReadMarkerPage, UNREAD_MAX};

use crate::caller::Actor;
use crate::history::{ChannelMessage, Draft, History, ListError, MessageCode, Page, PageRequest, access};
use crate::ids::{MessageId, UserId};
use crate::json;
use crate::notification::{NewNotification, Notifications, code};
use crate::presence::{Presence, PresenceMeta};
use crate::session::Session;
use crate::store::{Store, StoreError, Txn, account, friend};
use crate::stream::{Stream, mode};
use crate::tracker::{JoinError, Joined, Tracker};
use std::fmt;
use std::sync::Arc;

/// Bytes of a room's name.
const ROOM_NAME_MAX: usize = 64;

/// What others see of a removed message.
const NO_CONTENT: &str = "{}";

/// Channels and their messages.
#[derive(Debug)]
pub struct Chat {
    store: Store,
    tracker: Arc<Tracker>,
    history: Arc<History>,
    notifications: Notifications,
}

/// What was tried with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Sending it.
    Send,
    /// Changing its content.
    Update,
    /// Removing it.
    Remove,
}

/// Why a chat operation is refused. The texts that begin with a capital are the wire's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChatError {
    /// A room's name is empty, or longer than 64 bytes; it has so many.
    #[error("{}", room_name_text(*.0))]
    InvalidRoomName(usize),
    /// A room's name has control characters in it.
    #[error("Channel name must not contain control chars: Invalid channel target")]
    ControlCharacters,
    /// The other one of a direct channel does not exist, or has blocked the user.
    #[error("User ID not found: Invalid channel target")]
    UserNotFound,
    /// A direct channel with oneself.
    #[error("Cannot chat with oneself: Invalid channel target")]
    ChatWithOneself,
    /// There is no such group, or the user is not in it.
    #[error("Group not found: Invalid channel target")]
    GroupNotFound,
    /// The session is not in the channel, or its user may not be there any more.
    #[error("Must join channel before {} messages", .0.gerund())]
    NotJoined(Action),
    /// The content is no JSON, or no object.
    #[error("Message content must be a valid JSON object")]
    InvalidContent,
    /// The sender has no such message in the channel.
    #[error("Could not find message to {0} in channel history")]
    MessageNotFound(Action),
    /// The stream cannot be joined.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn room_name_text(length: usize) -> &'static str {
    match length {
        0 => "Invalid channel target",
        _ => "Channel name is required and must be 1-64 chars: Invalid channel target",
    }
}

impl Action {
    fn gerund(self) -> &'static str {
        match self {
            Self::Send => "sending",
            Self::Update => "updating",
            Self::Remove => "removing",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Send => "send",
            Self::Update => "update",
            Self::Remove => "remove",
        })
    }
}

impl Chat {
    pub(crate) fn new(
        store: Store,
        tracker: Arc<Tracker>,
        history: Arc<History>,
        notifications: Notifications,
    ) -> Self {
        Self { store, tracker, history, notifications }
    }

    /// Joins a channel: a room, the channel of a group that the user is in, or one with another user (see
    /// [`Stream::direct`]), who is notified if that is new and they are not there. What the session sends there is stored
    /// if `persistence`.
    ///
    /// # Errors
    /// When the room's name is no room name, the user may not be in the channel, the session has ended, or the store
    /// failed: nothing is changed.
    pub async fn join(
        &self,
        session: &Arc<Session>,
        stream: &Stream,
        persistence: bool,
        hidden: bool,
    ) -> Result<Joined, ChatError> {
        let meta = PresenceMeta { hidden, persistence, ..PresenceMeta::default() };
        match stream.mode {
            mode::GROUP => self.join_group(session, stream, meta).await,
            mode::DIRECT => self.join_direct(session, stream, meta).await,
            mode::ROOM => {
                check_room_name(&stream.label)?;
                Ok(self.tracker.join(session, stream, meta)?)
            }
            _ => Ok(self.tracker.join(session, stream, meta)?),
        }
    }

    async fn join_group(
        &self,
        session: &Arc<Session>,
        stream: &Stream,
        meta: PresenceMeta,
    ) -> Result<Joined, ChatError> {
        let (user, group) = (session.user_id(), stream.clone());
        let check = move |txn: &mut Txn| {
            let allowed = access::may_join(txn, &group, user)?;
            allowed.then_some(()).ok_or(ChatError::GroupNotFound)
        };
        self.history.join(session, stream, meta, check).await
    }

    async fn join_direct(
        &self,
        session: &Arc<Session>,
        stream: &Stream,
        meta: PresenceMeta,
    ) -> Result<Joined, ChatError> {
        if stream.subject == stream.subcontext {
            return Err(ChatError::ChatWithOneself);
        }
        let user = Actor { user_id: session.user_id(), username: session.username().clone() };
        // A pair in the wrong order is a channel that nobody is in.
        let other = access::other(stream, user.user_id).filter(|other| *stream == Stream::direct(user.user_id, *other));
        let other = other.ok_or(ChatError::UserNotFound)?;
        let (tracker, notifications) = (self.tracker.clone(), self.notifications.clone());
        let (channel, session_id) = (stream.clone(), session.id());
        let check = move |txn: &mut Txn| {
            let exists = account::get(txn, other)?.is_some();
            if !exists || friend::has_blocked(txn, other, user.user_id)? {
                return Err(ChatError::UserNotFound);
            }
            // Who joins or leaves at this very moment may be asked once too often, or not at all.
            let joins_anew = tracker.get(&channel, user.user_id, session_id).is_none();
            if joins_anew && !tracker.is_present(&channel, other) {
                notifications.post(txn, wants_to_chat(&user, other))?;
            }
            Ok(())
        };
        self.history.join(session, stream, meta, check).await
    }

    /// Leaves a channel; nothing happens when the session is not in it.
    pub fn leave(&self, session: &Session, stream: &Stream) {
        self.tracker.leave(stream, session.user_id(), session.id());
    }

    /// Sends a message as a member. Returns when it is durable (where it is stored) and delivered to every outbox. It
    /// happens whole even when the caller stops waiting.
    ///
    /// # Errors
    /// When the content is no JSON object, the session is not in the channel, or the store failed: nothing is sent.
    pub async fn send(&self, session: &Session, stream: &Stream, content: &str) -> Result<ChannelMessage, ChatError> {
        check_content(content)?;
        let presence = self.presence(session, stream, Action::Send)?;
        self.history.append(members_draft(&presence, stream, content), presence.meta.persistence).await
    }

    /// Changes a message of the session's own.
    ///
    /// # Errors
    /// When the content is no JSON object, the session is not in the channel or has no such message there, or the store
    /// failed: nothing is changed.
    pub async fn update(
        &self,
        session: &Session,
        stream: &Stream,
        id: MessageId,
        content: &str,
    ) -> Result<ChannelMessage, ChatError> {
        check_content(content)?;
        let presence = self.presence(session, stream, Action::Update)?;
        let draft = members_draft(&presence, stream, content);
        self.history.change(draft, id, Action::Update, presence.meta.persistence).await
    }

    /// Removes a message of the session's own.
    ///
    /// # Errors
    /// When the session is not in the channel or has no such message there, or the store failed: nothing is changed.
    pub async fn remove(&self, session: &Session, stream: &Stream, id: MessageId) -> Result<ChannelMessage, ChatError> {
        let presence = self.presence(session, stream, Action::Remove)?;
        let draft = members_draft(&presence, stream, NO_CONTENT);
        self.history.change(draft, id, Action::Remove, presence.meta.persistence).await
    }

    /// Sends as a plugin, which need not be a member.
    ///
    /// # Errors
    /// When the content is no JSON object, or the store failed: nothing is sent.
    pub async fn send_as(
        &self,
        sender: Actor,
        stream: &Stream,
        content: &str,
        persist: bool,
    ) -> Result<ChannelMessage, ChatError> {
        check_content(content)?;
        self.history.append(draft(sender, stream, content), persist).await
    }

    /// Changes a message of that sender.
    ///
    /// # Errors
    /// When the content is no JSON object, the sender has no such message, or the store failed: nothing is changed.
    pub async fn update_as(
        &self,
        sender: Actor,
        stream: &Stream,
        id: MessageId,
        content: &str,
        persist: bool,
    ) -> Result<ChannelMessage, ChatError> {
        check_content(content)?;
        self.history.change(draft(sender, stream, content), id, Action::Update, persist).await
    }

    /// Removes a message of that sender.
    ///
    /// # Errors
    /// When the sender has no such message, or the store failed: nothing is changed.
    pub async fn remove_as(
        &self,
        sender: Actor,
        stream: &Stream,
        id: MessageId,
        persist: bool,
    ) -> Result<ChannelMessage, ChatError> {
        self.history.change(draft(sender, stream, NO_CONTENT), id, Action::Remove, persist).await
    }

    /// One message of a channel's history, whoever sent it; none when it is not there. For plugins, which may read all.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn message(&self, stream: &Stream, id: MessageId) -> Result<Option<ChannelMessage>, StoreError> {
        self.history.get(stream, id).await
    }

    /// One page of history, for a user who may read it without having joined; the nil user, the server, reads all.
    ///
    /// # Errors
    /// When the reader may not, the cursor is not of this channel and direction or stands beside a moment, or the store
    /// cannot be read.
    pub async fn list(&self, reader: UserId, request: PageRequest) -> Result<Page, ListError> {
        self.history.list(reader, request).await
    }

    /// The session's presence in a channel.
    fn presence(&self, session: &Session, stream: &Stream, action: Action) -> Result<Presence, ChatError> {
        self.tracker.get(stream, session.user_id(), session.id()).ok_or(ChatError::NotJoined(action))
    }
}

impl Action {
    /// The code of the message that tells of it.
    pub(crate) fn code(self) -> MessageCode {
        match self {
            Self::Send => MessageCode::Chat,
            Self::Update => MessageCode::Update,
            Self::Remove => MessageCode::Remove,
        }
    }
}

/// What a member says, as long as it may.
fn members_draft(presence: &Presence, stream: &Stream, content: &str) -> Draft {
    let sender = Actor { user_id: presence.user_id, username: presence.username.clone() };
    Draft { session: Some(presence.id.session_id), ..draft(sender, stream, content) }
}

fn draft(sender: Actor, stream: &Stream, content: &str) -> Draft {
    Draft { stream: stream.clone(), sender, content: content.into(), session: None }
}

fn wants_to_chat(user: &Actor, other: UserId) -> NewNotification {
    NewNotification {
        user_id: other,
        subject: format!("{} wants to chat", user.username),
        content: serde_json::json!({"username": &*user.username}).to_string(),
        code: code::DIRECT_MESSAGE_REQUEST,
        sender_id: user.user_id,
        persistent: true,
    }
}

fn check_room_name(name: &str) -> Result<(), ChatError> {
    if name.is_empty() || name.len() > ROOM_NAME_MAX {
        return Err(ChatError::InvalidRoomName(name.len()));
    }
    // Nakama refuses the ASCII ones (core_channel.go:609-617).
    if name.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(ChatError::ControlCharacters);
    }
    Ok(())
}

fn check_content(content: &str) -> Result<(), ChatError> {
    if json::is_object(content) { Ok(()) } else { Err(ChatError::InvalidContent) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_names_are_1_to_64_bytes_without_control_characters() {
        for good in ["a", "with spaces", "dots.in.name", "zürich 🦊", &"x".repeat(64)] {
            assert_eq!(check_room_name(good), Ok(()), "{good:?}");
        }
        let texts = [
            ("", "Invalid channel target"),
            (&"x".repeat(65), "Channel name is required and must be 1-64 chars: Invalid channel target"),
            (&"🦊".repeat(17), "Channel name is required and must be 1-64 chars: Invalid channel target"),
            ("bad\u{1}name", "Channel name must not contain control chars: Invalid channel target"),
            ("bad\nname", "Channel name must not contain control chars: Invalid channel target"),
        ];
        for (bad, text) in texts {
            assert_eq!(check_room_name(bad).unwrap_err().to_string(), text, "{bad:?}");
        }
    }

    #[test]
    fn content_is_a_json_object() {
        assert_eq!(check_content("{}"), Ok(()));
        assert_eq!(check_content("[1]"), Err(ChatError::InvalidContent));
    }

    #[test]
    fn refusals_say_what_was_tried_in_the_words_of_the_wire() {
        let text = |error: ChatError| error.to_string();
        assert_eq!(text(ChatError::NotJoined(Action::Send)), "Must join channel before sending messages");
        assert_eq!(text(ChatError::NotJoined(Action::Update)), "Must join channel before updating messages");
        assert_eq!(text(ChatError::NotJoined(Action::Remove)), "Must join channel before removing messages");
        let not_found = |action| text(ChatError::MessageNotFound(action));
        assert_eq!(not_found(Action::Update), "Could not find message to update in channel history");
        assert_eq!(not_found(Action::Remove), "Could not find message to remove in channel history");
    }
}
