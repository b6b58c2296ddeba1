//! Chat: joining channels, and sending, changing and removing their messages.

use crate::caller::Actor;
use crate::clock::Timestamp;
use crate::history::{ChannelMessage, Draft, History, ListError, MessageCode, Page, PageRequest};
use crate::ids::{MessageId, UserId};
use crate::json;
use crate::presence::{Presence, PresenceMeta};
use crate::session::Session;
use crate::store::StoreError;
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
    tracker: Arc<Tracker>,
    history: Arc<History>,
}

/// How far a user has read a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadMarker {
    /// The channel.
    pub stream: Stream,
    /// The last message that was read; none while the user has marked none.
    pub message_id: Option<MessageId>,
    /// When that was said.
    pub update_time: Option<Timestamp>,
    /// How many messages of others follow it; [`UNREAD_MAX`] stands for so many and more.
    pub unread: u32,
}

/// Unread messages are counted up to this many.
pub const UNREAD_MAX: u32 = 1000;

/// One page of a user's read markers.
#[derive(Clone, Debug, Default)]
pub struct ReadMarkerPage {
    /// The markers.
    pub markers: Vec<ReadMarker>,
    /// Where the next page begins; none when this is the last.
    pub cursor: Option<String>,
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
    /// The session is not in the channel.
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
    pub(crate) fn new(tracker: Arc<Tracker>, history: Arc<History>) -> Self {
        Self { tracker, history }
    }

    /// Joins a room (later also group and direct channels). What the session sends there is stored if `persistence`.
    ///
    /// # Errors
    /// When the room's name is no room name, or the session has ended: nothing is changed.
    pub async fn join(
        &self,
        session: &Arc<Session>,
        stream: &Stream,
        persistence: bool,
        hidden: bool,
    ) -> Result<Joined, ChatError> {
        if stream.mode == mode::ROOM {
            check_room_name(&stream.label)?;
        }
        Ok(self.tracker.join(session, stream, PresenceMeta { hidden, persistence, ..PresenceMeta::default() })?)
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
        self.history.append(draft(sender_of(&presence), stream, content), presence.meta.persistence).await
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
        let draft = draft(sender_of(&presence), stream, content);
        self.history.change(draft, id, Action::Update, presence.meta.persistence).await
    }

    /// Removes a message of the session's own.
    ///
    /// # Errors
    /// When the session is not in the channel or has no such message there, or the store failed: nothing is changed.
    pub async fn remove(&self, session: &Session, stream: &Stream, id: MessageId) -> Result<ChannelMessage, ChatError> {
        let presence = self.presence(session, stream, Action::Remove)?;
        let draft = draft(sender_of(&presence), stream, NO_CONTENT);
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

    /// One page of history, for a user who may read it without having joined; the nil user, the server, reads all.
    ///
    /// # Errors
    /// When the reader may not, the cursor is not of this channel and direction, or the store cannot be read.
    pub async fn list(&self, reader: UserId, request: PageRequest) -> Result<Page, ListError> {
        let _ = reader;
        self.history.list(request).await
    }

    /// How far a user has read a channel that they may read.
    pub async fn read_marker(&self, user: UserId, stream: &Stream) -> Result<ReadMarker, ListError> {
        unimplemented!("{user} {stream:?}")
    }

    /// A user has read a channel up to a message, or all of it; a marker never goes back. Returns where it is now.
    pub async fn mark_read(
        &self,
        user: UserId,
        stream: &Stream,
        message: Option<MessageId>,
    ) -> Result<ReadMarker, ListError> {
        unimplemented!("{user} {stream:?} {message:?}")
    }

    /// The channels that a user has marked, with what is unread in each; those that they may not read are left out.
    pub async fn read_markers(
        &self,
        user: UserId,
        limit: usize,
        cursor: Option<String>,
    ) -> Result<ReadMarkerPage, ListError> {
        unimplemented!("{user} {limit} {cursor:?}")
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

fn sender_of(presence: &Presence) -> Actor {
    Actor { user_id: presence.user_id, username: presence.username.clone() }
}

fn draft(sender: Actor, stream: &Stream, content: &str) -> Draft {
    Draft { stream: stream.clone(), sender, content: content.into() }
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
