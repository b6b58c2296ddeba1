//! The router: from a stream or a user to the outboxes of sessions.

use crate::ids::{SessionId, UserId};
use crate::push::Push;
use crate::stream::Stream;
use crate::tracker::Tracker;
use std::sync::Arc;

/// Sends pushes to the members of streams.
#[derive(Clone, Debug)]
pub struct Router {
    _tracker: Arc<Tracker>,
}

impl Router {
    /// To every member, hidden ones too; to how many.
    pub fn to_stream(&self, _stream: &Stream, _push: Arc<Push>) -> usize { todo!() }
    /// To the named members that are in the stream; to how many.
    pub fn to_presences(&self, _stream: &Stream, _only: &[(UserId, SessionId)], _push: Arc<Push>) -> usize { todo!() }
}
