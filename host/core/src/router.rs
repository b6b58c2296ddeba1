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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::{Outbox, OutboxLimits};
    use crate::presence::PresenceMeta;
    use crate::push::PushEvent;
    use crate::session::Session;
    use crate::session::tests::{session, session_with};
    use crate::status::Followers;
    use std::time::Duration;

    fn room() -> Stream {
        Stream::labelled(2, "room")
    }

    fn router(members: &[Arc<Session>]) -> Router {
        let tracker = Arc::new(Tracker::new("node".into(), Followers::default()));
        for member in members {
            let hidden = PresenceMeta { hidden: true, ..PresenceMeta::default() };
            drop(tracker.join(member, &room(), hidden).unwrap());
        }
        Router::new(tracker)
    }

    fn data(text: &str) -> Arc<Push> {
        let data = text.to_owned();
        Arc::new(Push::new(PushEvent::StreamData { stream: room(), sender: None, data, reliable: true }))
    }

    #[test]
    fn everybody_gets_the_same_push() {
        let members: Vec<_> = (1..=3).map(session).collect();
        let router = router(&members);
        let push = data("hello");
        assert_eq!(router.to_stream(&room(), push.clone()), 3);
        assert_eq!(router.to_stream(&Stream::labelled(2, "empty"), push.clone()), 0);
        assert_eq!(Arc::strong_count(&push), 4, "one is shared by all three, and nothing is copied");
    }

    #[test]
    fn only_named_members_are_sent_to() {
        let members: Vec<_> = (1..=3).map(session).collect();
        let router = router(&members);
        let stranger = session(9);
        let only = [(members[1].user_id(), members[1].id()), (stranger.user_id(), stranger.id())];
        assert_eq!(router.to_presences(&room(), &only, data("psst")), 1);
        let waiting: Vec<_> = members.iter().map(|member| member.outbox.len()).collect();
        assert_eq!(waiting, [0, 1, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_stops_reading_costs_the_others_nothing() {
        let limits = OutboxLimits { messages: 8, bytes: 1 << 20, write_wait: Duration::from_secs(5) };
        let members: Vec<_> = (1..=100).map(|number| session_with(number, Outbox::new(limits))).collect();
        let router = router(&members);
        let (stuck, healthy) = members.split_first().unwrap();
        let mut received = vec![Vec::new(); healthy.len()];
        for number in 0..50 {
            router.to_stream(&room(), data(&number.to_string()));
            if number == 0 {
                // It takes the first message, and then no byte any more.
                stuck.outbox.take(&mut Vec::new()).await;
            }
            for (member, received) in healthy.iter().zip(&mut received) {
                member.outbox.take(received).await;
            }
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        stuck.outbox.overflowed().await;
        assert!(stuck.outbox.is_empty());
        for (member, received) in healthy.iter().zip(received) {
            assert!(!member.outbox.is_overflowing());
            assert_eq!(received.len(), 50);
        }
    }
}
