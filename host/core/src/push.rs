//! What the server sends to clients of its own accord. Core says what happened; the edge writes it for the wire, once
//! for each format.

use crate::history::ChannelMessage;
use crate::notification::Notification;
use crate::presence::Presence;
use crate::stream::Stream;
use bytes::Bytes;
use std::sync::OnceLock;

/// How many wire formats a push is encoded in (JSON and protobuf).
pub const FORMATS: usize = 2;

/// A happening on its way to any number of sessions, with its encodings as they are made. Shared as `Arc<Push>`.
#[derive(Debug)]
pub struct Push {
    event: PushEvent,
    encoded: [OnceLock<Bytes>; FORMATS],
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum PushEvent {
    /// A message in a chat channel: new, changed or removed, as its code says.
    ChannelMessage(ChannelMessage),
    /// Presences joined or left a stream, of any mode but [`crate::stream::mode::STATUS`]. Leaves come before joins; an
    /// update is the old presence in `leaves` and the new one in `joins`.
    StreamPresence {
        /// The stream.
        stream: Stream,
        /// Who is there now.
        joins: Vec<Presence>,
        /// Who is there no more.
        leaves: Vec<Presence>,
    },
    /// A user came online, went offline or changed their status.
    StatusPresence {
        /// The statuses that hold now.
        joins: Vec<Presence>,
        /// The statuses that hold no more.
        leaves: Vec<Presence>,
    },
    /// Data sent to a stream.
    StreamData {
        /// The stream.
        stream: Stream,
        /// Who sent it; none for the server itself.
        sender: Option<Presence>,
        /// Any text.
        data: String,
        /// Whether the sender wants it to arrive for certain. Told to clients; all transports here are reliable.
        reliable: bool,
    },
    /// A notification.
    Notification(Notification),
    /// An envelope that is already in its wire formats, in the order of the edge's formats.
    Encoded([Bytes; FORMATS]),
}

impl Push {
    /// A push that is not encoded yet.
    pub fn new(event: PushEvent) -> Self {
        Self { event, encoded: Default::default() }
    }

    /// What happened.
    pub fn event(&self) -> &PushEvent {
        &self.event
    }

    /// The bytes in one format: made by `encode` the first time, shared afterwards.
    ///
    /// # Panics
    /// When `format` is not below [`FORMATS`].
    pub fn encoded(&self, format: usize, encode: impl FnOnce(&PushEvent) -> Bytes) -> Bytes {
        self.encoded[format].get_or_init(|| encode(&self.event)).clone()
    }

    /// About how many bytes it takes, for the bound of an outbox; known before anything is encoded.
    pub fn weight(&self) -> usize {
        match &self.event {
            PushEvent::ChannelMessage(message) => message.content.len(),
            PushEvent::StreamPresence { joins, leaves, .. } | PushEvent::StatusPresence { joins, leaves } => {
                (joins.len() + leaves.len()) * 128
            }
            PushEvent::StreamData { data, .. } => data.len(),
            PushEvent::Notification(notification) => notification.content.len() + notification.subject.len(),
            PushEvent::Encoded(formats) => formats.iter().map(Bytes::len).max().unwrap_or(0),
        }
    }
}
