//! Chat: joining channels, and sending, changing and removing their messages.

use crate::history::{ChannelMessage, ListError, Page, PageRequest};
use crate::ids::{MessageId, UserId};
use crate::session::Session;
use crate::store::StoreError;
use crate::stream::Stream;
use crate::tracker::{JoinError, Joined};
use std::sync::Arc;

/// Channels and their messages.
#[derive(Debug)]
pub struct Chat {}

/// In whose name a plugin writes.
#[derive(Clone, Debug)]
pub struct Sender {
    /// Nil for the server itself.
    pub user_id: UserId,
    pub username: Arc<str>,
}

/// Why a chat operation is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChatError {
    #[error("channel name is {0} bytes, must be 1 to 64")]
    InvalidRoomName(usize),
    #[error("channel name must not contain control characters")]
    ControlCharacters,
    #[error("Must join channel before sending messages")]
    NotJoined,
    #[error("Message content must be a valid JSON object")]
    InvalidContent,
    #[error("message content is {0} bytes, the limit is {1}")]
    ContentTooLarge(usize, usize),
    #[error("Could not find message to update in channel history")]
    MessageNotFound,
    #[error(transparent)]
    Join(#[from] JoinError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Chat {
    /// Joins a room (later also group and direct channels).
    pub fn join(
        &self,
        _session: &Arc<Session>,
        _stream: &Stream,
        _persistence: bool,
        _hidden: bool,
    ) -> Result<Joined, ChatError> {
        todo!()
    }
    /// Leaves a channel; nothing happens when the session is not in it.
    pub fn leave(&self, _session: &Session, _stream: &Stream) {
        todo!()
    }
    /// Sends a message as a member. Returns when it is durable (where it is stored) and delivered to every outbox. It
    /// happens whole even when the caller stops waiting.
    pub async fn send(
        &self,
        _session: &Session,
        _stream: &Stream,
        _content: &str,
    ) -> Result<ChannelMessage, ChatError> {
        todo!()
    }
    /// Changes a message of the session's own.
    pub async fn update(
        &self,
        _session: &Session,
        _stream: &Stream,
        _id: MessageId,
        _content: &str,
    ) -> Result<ChannelMessage, ChatError> {
        todo!()
    }
    /// Removes a message of the session's own.
    pub async fn remove(
        &self,
        _session: &Session,
        _stream: &Stream,
        _id: MessageId,
    ) -> Result<ChannelMessage, ChatError> {
        todo!()
    }
    /// Sends as a plugin, which need not be a member.
    pub async fn send_as(
        &self,
        _sender: Sender,
        _stream: &Stream,
        _content: &str,
        _persist: bool,
    ) -> Result<ChannelMessage, ChatError> {
        todo!()
    }
    /// Changes a message of that sender.
    pub async fn update_as(
        &self,
        _sender: Sender,
        _stream: &Stream,
        _id: MessageId,
        _content: &str,
        _persist: bool,
    ) -> Result<ChannelMessage, ChatError> {
        todo!()
    }
    /// Removes a message of that sender.
    pub async fn remove_as(
        &self,
        _sender: Sender,
        _stream: &Stream,
        _id: MessageId,
        _persist: bool,
    ) -> Result<ChannelMessage, ChatError> {
        todo!()
    }
    /// One page of history.
    pub async fn list(&self, _request: PageRequest) -> Result<Page, ListError> {
        todo!()
    }
}
