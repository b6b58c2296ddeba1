//! Presences: who is in a stream, on which session.

use crate::ids::{SessionId, UserId};
use std::sync::Arc;

/// Where a presence is reached. With several nodes, routing goes by node and session.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PresenceId {
    /// The node that holds the session.
    pub node: Arc<str>,
    /// The session.
    pub session_id: SessionId,
}

/// One session's presence in one stream. Cloning is cheap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    /// Where it is reached.
    pub id: PresenceId,
    /// Whose it is.
    pub user_id: UserId,
    /// The user's name when they joined.
    pub username: Arc<str>,
    /// How it stands in the stream.
    pub meta: PresenceMeta,
}

/// How a presence stands in a stream.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PresenceMeta {
    /// Receives everything, is not listed to clients and causes no presence events.
    pub hidden: bool,
    /// Whether what this presence sends is stored, where the stream stores anything.
    pub persistence: bool,
    /// Free text that others see, at most 2048 bytes.
    pub status: Arc<str>,
}
