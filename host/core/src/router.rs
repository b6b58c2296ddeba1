//! The router: from a stream or a user to the outboxes of sessions.

use crate::ids::{SessionId, UserId};
use crate::push::Push;
use crate::stream::Stream;
use crate::tracker::Tracker;
use std::sync::Arc;

/// Sends pushes to the members of streams.
#[derive(Clone, Debug)]
pub struct Router {
    tracker: Arc<Tracker>,
}

impl Router {
    /// A router to the members that this tracker knows.
    pub fn new(tracker: Arc<Tracker>) -> Self {
        Self { tracker }
    }

    /// To every member, hidden ones too; to how many.
    pub fn to_stream(&self, stream: &Stream, push: Arc<Push>) -> usize {
        let Some(everyone) = self.tracker.everyone(stream) else { return 0 };
        for member in everyone.iter() {
            member.outbox.push(push.clone());
        }
        everyone.len()
    }

    /// To the named members that are in the stream; to how many.
    pub fn to_presences(&self, stream: &Stream, only: &[(UserId, SessionId)], push: Arc<Push>) -> usize {
        let members = self.tracker.members(stream, only);
        for member in &members {
            member.outbox.push(push.clone());
        }
        members.len()
    }
}
