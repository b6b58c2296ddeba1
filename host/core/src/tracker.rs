//! The tracker: which presences are in which stream, and the presence events that tell of it.

use crate::ids::{SessionId, UserId};
use crate::outbox::ReplySlot;
use crate::presence::{Presence, PresenceMeta};
use crate::session::Session;
use crate::stream::Stream;
use std::sync::Arc;

/// All presences of this node, sharded by stream.
#[derive(Debug)]
pub struct Tracker {}

/// What a join found.
#[derive(Debug)]
pub struct Joined {
    /// False when the session was in the stream already; then nothing changed, its flags neither.
    pub new: bool,
    /// The session's own presence.
    pub presence: Presence,
    /// The visible presences: without the session's own on a new join, with it on a repeated one.
    pub visible: Vec<Presence>,
    /// The place for the reply, before anything that the stream sends from now on.
    pub reply: ReplySlot,
}

/// Why a presence cannot join.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    #[error("session {0} is not connected")]
    SessionClosed(SessionId),
}

impl Tracker {
    /// Adds a session to a stream. Snapshot and insertion are one step.
    pub fn join(&self, _session: &Arc<Session>, _stream: &Stream, _meta: PresenceMeta) -> Result<Joined, JoinError> { todo!() }
    /// Changes a presence's meta; joins when it is not there. One event with the old and the new presence; an update to hidden
    /// is a leave only, one from hidden a join only.
    pub fn update(&self, _session: &Arc<Session>, _stream: &Stream, _meta: PresenceMeta) -> Result<(), JoinError> { todo!() }
    /// Takes a session off a stream; false when it was not there.
    pub fn leave(&self, _stream: &Stream, _user: UserId, _session: SessionId) -> bool { todo!() }
    /// Takes a session off all its streams, one event a stream, and lets it join none any more.
    pub fn leave_all(&self, _session: &Session) { todo!() }
    /// Takes everybody off a stream, without events; how many that were.
    pub fn close(&self, _stream: &Stream) -> usize { todo!() }
    /// How many are in a stream, hidden ones included.
    pub fn count(&self, _stream: &Stream) -> usize { todo!() }
    /// Who is in a stream.
    pub fn list(&self, _stream: &Stream, _hidden: bool, _not_hidden: bool) -> Vec<Presence> { todo!() }
    /// One presence.
    pub fn get(&self, _stream: &Stream, _user: UserId, _session: SessionId) -> Option<Presence> { todo!() }
    /// How many presences and streams there are, for metrics.
    pub fn totals(&self) -> (usize, usize) { todo!() }
}
