//! The presence changes of a stream that its members were not told of yet, merged: what one member sees of a session is
//! where it began and where it ended, whatever happened in between.

use super::member::Member;
use crate::ids::SessionId;
use crate::presence::Presence;
use std::collections::HashMap;

/// Merged changes. A single change stays as it is; several of one session merge into one:
///
/// - join, then leave: nothing, unless somebody joined in between, who has the presence in the reply and must lose it;
/// - leave, then join: both, told as one event, leaves before joins;
/// - several updates: from the oldest to the newest.
#[derive(Debug, Default)]
pub(super) struct Changes {
    by_session: HashMap<SessionId, Change>,
    /// The number of the last operation in here.
    last: u64,
}

/// What happened to one session, as others see it: `None` is not there, or hidden.
#[derive(Debug)]
struct Change {
    before: Option<Presence>,
    after: Option<Presence>,
    /// The number of the first and of the last operation that was merged.
    first: u64,
    last: u64,
    /// What was seen last of a presence that came and went.
    departed: Option<Presence>,
}

/// One event: what left and what joined, each in the order of the first operation.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Told {
    pub(super) joins: Vec<Presence>,
    pub(super) leaves: Vec<Presence>,
}

impl Changes {
    /// Adds an operation. `last_snapshot` is the number of the last join whose reply listed the members.
    pub(super) fn record(
        &mut self,
        session: SessionId,
        before: Option<Presence>,
        after: Option<Presence>,
        number: u64,
        last_snapshot: u64,
    ) {
        self.last = number;
        let Some(change) = self.by_session.get_mut(&session) else {
            let change = Change { before, after, first: number, last: number, departed: None };
            self.by_session.insert(session, change);
            return;
        };
        change.last = number;
        change.departed = if after.is_none() { before } else { None };
        change.after = after;
        if change.before.is_none() && change.after.is_none() && last_snapshot <= change.first {
            self.by_session.remove(&session);
        }
    }

    /// Takes out what a session did.
    pub(super) fn forget(&mut self, session: SessionId) {
        self.by_session.remove(&session);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_session.is_empty()
    }

    /// Whether a member has not seen all of this: the list in the reply to its join is older than the last operation.
    pub(super) fn concern(&self, member: &Member) -> bool {
        self.last >= member.joined
    }

    /// What everybody is told; none when everything cancelled out.
    pub(super) fn for_all(&self) -> Option<Told> {
        let mut changes: Vec<&Change> = self.by_session.values().filter(|change| !change.came_and_went()).collect();
        if changes.is_empty() {
            return None;
        }
        changes.sort_unstable_by_key(|change| change.first);
        Some(Told {
            joins: changes.iter().filter_map(|change| change.after.clone()).collect(),
            leaves: changes.iter().filter_map(|change| change.before.clone()).collect(),
        })
    }

    /// The presences that came and went while somebody looked; none when there are none.
    pub(super) fn ghosts(&self) -> Option<Vec<Presence>> {
        let ghosts = self.by_session.values().filter(|change| change.came_and_went());
        let ghosts: Vec<_> = ghosts.filter_map(|change| change.departed.clone()).collect();
        (!ghosts.is_empty()).then_some(ghosts)
    }

    /// The presences that came and went, and that this member was shown in between.
    pub(super) fn ghosts_of(&self, member: &Member) -> Vec<Presence> {
        let shown = member.snapshot();
        let saw = |change: &&Change| change.came_and_went() && change.first < shown && shown < change.last;
        self.by_session.values().filter(saw).filter_map(|change| change.departed.clone()).collect()
    }
}

impl Change {
    fn came_and_went(&self) -> bool {
        self.before.is_none() && self.after.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;
    use crate::presence::{PresenceId, PresenceMeta};
    use uuid::Uuid;

    fn presence(number: u128, status: &str) -> Presence {
        Presence {
            id: PresenceId { node: "n".into(), session_id: SessionId::new(Uuid::from_u128(number)) },
            user_id: UserId::new(Uuid::from_u128(number)),
            username: "u".into(),
            meta: PresenceMeta { status: status.into(), ..PresenceMeta::default() },
        }
    }

    fn told(steps: &[(Option<&str>, Option<&str>)]) -> Option<(Vec<String>, Vec<String>)> {
        let mut changes = Changes::default();
        for (number, (before, after)) in (1..).zip(steps) {
            let side = |status: &Option<&str>| status.map(|status| presence(1, status));
            changes.record(SessionId::new(Uuid::from_u128(1)), side(before), side(after), number, 0);
        }
        let statuses = |list: Vec<Presence>| list.iter().map(|one| one.meta.status.to_string()).collect();
        changes.for_all().map(|told| (statuses(told.leaves), statuses(told.joins)))
    }

    #[test]
    fn merging_keeps_where_it_began_and_where_it_ended() {
        let text = |list: &[&str]| list.iter().map(|text| text.to_string()).collect::<Vec<_>>();
        assert_eq!(told(&[(None, Some("a"))]), Some((text(&[]), text(&["a"]))));
        assert_eq!(told(&[(None, Some("a")), (Some("a"), None)]), None);
        assert_eq!(told(&[(Some("a"), None), (None, Some("b"))]), Some((text(&["a"]), text(&["b"]))));
        let updates = [(Some("a"), Some("b")), (Some("b"), Some("c")), (Some("c"), Some("d"))];
        assert_eq!(told(&updates), Some((text(&["a"]), text(&["d"]))));
        assert_eq!(told(&[(Some("a"), Some("b")), (Some("b"), None)]), Some((text(&["a"]), text(&[]))));
    }

    #[test]
    fn what_came_and_went_is_kept_while_somebody_was_shown_it() {
        let mut changes = Changes::default();
        let guest = SessionId::new(Uuid::from_u128(1));
        changes.record(guest, None, Some(presence(1, "a")), 1, 1);
        changes.record(guest, Some(presence(1, "a")), None, 3, 2);
        assert_eq!(changes.ghosts(), Some(vec![presence(1, "a")]));
        assert_eq!(changes.for_all(), None);
    }
}
