//! Streams: the addresses that presences join and that data is sent to.

use crate::ids::UserId;
use std::sync::Arc;
use uuid::Uuid;

/// The modes that the server itself uses; 8 to 255 are free for plugins.
pub mod mode {
    /// A user's notifications; the subject is the user.
    pub const NOTIFICATIONS: u8 = 0;
    /// A user's online status; the subject is the user.
    pub const STATUS: u8 = 1;
    /// A chat room; the label is its name.
    pub const ROOM: u8 = 2;
    /// A group's chat; the subject is the group.
    pub const GROUP: u8 = 3;
    /// A direct chat of two users; subject and subcontext are the users, in ascending order.
    pub const DIRECT: u8 = 4;
    /// A relayed match.
    pub const MATCH_RELAYED: u8 = 5;
    /// An authoritative match.
    pub const MATCH_AUTHORITATIVE: u8 = 6;
    /// A party.
    pub const PARTY: u8 = 7;
}

/// A stream's address. Cloning is cheap.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stream {
    /// See [`mode`].
    pub mode: u8,
    /// What it is about; nil for none.
    pub subject: Uuid,
    /// What it is about, more closely; nil for none.
    pub subcontext: Uuid,
    /// Free text; empty for none.
    pub label: Arc<str>,
}

impl Stream {
    /// A stream with a mode and a label only.
    pub fn labelled(mode: u8, label: &str) -> Self {
        Self { mode, subject: Uuid::nil(), subcontext: Uuid::nil(), label: label.into() }
    }

    /// A stream with a mode and a subject only.
    pub fn about(mode: u8, subject: Uuid) -> Self {
        Self { mode, subject, subcontext: Uuid::nil(), label: Arc::default() }
    }

    /// The channel of two users, whichever is named first.
    pub fn direct(one: UserId, other: UserId) -> Self {
        let (one, other) = (one.uuid(), other.uuid());
        Self { subcontext: one.max(other), ..Self::about(mode::DIRECT, one.min(other)) }
    }

    /// Whether this is a chat channel: a room, a group's chat or a direct chat.
    pub fn is_channel(&self) -> bool {
        matches!(self.mode, mode::ROOM | mode::GROUP | mode::DIRECT)
    }
}
