//! History: the one order of a channel's messages, live and stored.

use crate::clock::Timestamp;
use crate::ids::{MessageId, UserId};
use crate::store::StoreError;
use crate::stream::Stream;
use std::sync::Arc;

/// What a message is. The numbers are public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum MessageCode {
    Chat = 0,
    Update = 1,
    Remove = 2,
}

/// A message in a channel. Cloning is cheap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelMessage {
    /// The channel.
    pub stream: Stream,
    pub id: MessageId,
    pub code: MessageCode,
    /// Nil for the server itself.
    pub sender_id: UserId,
    /// The sender's name when it was sent.
    pub username: Arc<str>,
    /// A JSON object, as the text that was sent.
    pub content: Arc<str>,
    pub create_time: Timestamp,
    pub update_time: Timestamp,
    /// Whether it is stored.
    pub persistent: bool,
}

/// Which page of a history.
#[derive(Clone, Debug)]
pub struct PageRequest {
    pub stream: Stream,
    /// 1 to 100.
    pub limit: usize,
    /// Oldest first.
    pub forward: bool,
    /// From [`Page`]; opaque. The edge encodes it as text with the stream and direction bound in.
    pub cursor: Option<String>,
}

/// One page of a history.
#[derive(Clone, Debug, Default)]
pub struct Page {
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
    #[error("Cursor is invalid or expired.")]
    InvalidCursor,
    #[error(transparent)]
    Store(#[from] StoreError),
}
