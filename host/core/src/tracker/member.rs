//! The members of one stream.

use super::changes::Changes;
use crate::ids::{SessionId, UserId};
use crate::outbox::Outbox;
use crate::presence::Presence;
use crate::session::Session;
use parking_lot::{ArcMutexGuard, Mutex, RawMutex};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A session in a stream.
#[derive(Debug)]
pub(crate) struct Member {
    /// That of the session, one step nearer for whoever sends to thousands.
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) session: Arc<Session>,
    pub(crate) presence: Presence,
    /// The number of the operation that made it a member.
    pub(super) joined: u64,
    /// The number of the last operation whose reply listed the members to it.
    snapshot: AtomicU64,
}

impl Member {
    pub(super) fn snapshot(&self) -> u64 {
        self.snapshot.load(Ordering::Relaxed)
    }

    /// The presence, where others see it.
    pub(super) fn visible(&self) -> Option<Presence> {
        (!self.presence.meta.hidden).then(|| self.presence.clone())
    }
}

/// Everybody in a stream at one moment, to be sent to without a lock.
pub(crate) type Everyone = Arc<[Arc<Member>]>;

/// A stream with its members. All of it changes under the lock of its shard. Small, since each user has a stream of
/// their own.
#[derive(Debug, Default)]
pub(super) struct Members {
    by_session: HashMap<SessionId, Arc<Member>>,
    /// Made when it is asked for, forgotten with every change: most sends find it.
    everyone: Option<Everyone>,
    /// How many operations there were. Joins, leaves and updates are numbered from 1.
    operations: u64,
    last_snapshot: u64,
    /// There while somebody tells of changes, or is about to.
    telling: Option<Box<Telling>>,
}

/// What happened since the last event, and what is known of the event that is told at this moment.
#[derive(Debug, Default)]
struct Telling {
    pending: Changes,
    /// Somebody tells, without the shard's lock, and looks for more when that is done.
    begun: bool,
    /// Held while an event is pushed.
    gate: Arc<Mutex<()>>,
    /// The sessions that left since the addressees of the event were chosen. It may still be on its way to them, so they
    /// must not get a new list of members before it.
    departed: HashSet<SessionId>,
}

/// Changes to tell, and to whom.
pub(super) struct Delivery {
    pub(super) changes: Changes,
    pub(super) everyone: Everyone,
    /// Whoever rejoins waits for this.
    pub(super) _gate: ArcMutexGuard<RawMutex, ()>,
}

impl Members {
    pub(super) fn get(&self, session: SessionId) -> Option<&Arc<Member>> {
        self.by_session.get(&session)
    }

    /// The sessions of one user. Looks at every member.
    pub(super) fn sessions_of(&self, user: UserId) -> Vec<SessionId> {
        let members = self.by_session.iter().filter(|(_, member)| member.presence.user_id == user);
        members.map(|(session, _)| *session).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.by_session.len()
    }

    /// All members.
    pub(super) fn everyone(&mut self) -> Everyone {
        self.everyone.get_or_insert_with(|| self.by_session.values().cloned().collect()).clone()
    }

    /// Adds a member.
    pub(super) fn insert(&mut self, session: &Arc<Session>, presence: Presence) {
        let number = self.next_operation();
        self.last_snapshot = number;
        self.put(session.clone(), presence, number, number);
        self.record(session.id(), None, number);
    }

    /// Notes that a member is shown the list once more.
    pub(super) fn snapshot_again(&mut self, member: &Member) {
        self.looked_at();
        member.snapshot.store(self.last_snapshot, Ordering::Relaxed);
    }

    /// Notes that somebody who is no member is shown the list.
    pub(super) fn looked_at(&mut self) {
        self.last_snapshot = self.next_operation();
    }

    /// Replaces the presence of a member.
    pub(super) fn update(&mut self, old: &Member, presence: Presence) {
        let number = self.next_operation();
        self.put(old.session.clone(), presence, old.joined, old.snapshot());
        self.record(old.session.id(), old.visible(), number);
    }

    /// Takes a member out.
    pub(super) fn remove(&mut self, session: SessionId) -> Option<Arc<Member>> {
        let member = self.by_session.remove(&session)?;
        self.everyone = None;
        let number = self.next_operation();
        self.record(session, member.visible(), number);
        self.depart(session);
        Some(member)
    }

    /// Takes a member out and tells nobody, not even of what it did before and nobody was told of yet.
    pub(super) fn remove_untold(&mut self, session: SessionId) -> Option<Arc<Member>> {
        let member = self.by_session.remove(&session)?;
        self.everyone = None;
        if let Some(telling) = &mut self.telling {
            telling.pending.forget(session);
        }
        self.depart(session);
        Some(member)
    }

    /// Takes everybody out, and tells nobody.
    pub(super) fn clear(&mut self) -> Vec<Arc<Member>> {
        self.everyone = None;
        let members: Vec<_> = self.by_session.drain().map(|(_, member)| member).collect();
        if let Some(telling) = &mut self.telling {
            telling.pending = Changes::default();
            telling.departed.extend(members.iter().map(|member| member.session.id()));
        }
        members
    }

    /// What a session must wait for before it may join: an event that is on its way to it since it left.
    pub(super) fn gate_for(&self, session: SessionId) -> Option<Arc<Mutex<()>>> {
        let telling = self.telling.as_ref()?;
        telling.departed.contains(&session).then(|| telling.gate.clone())
    }

    /// Begins to tell of what is pending; none when there is nothing, or somebody is at it.
    pub(super) fn begin_delivery(&mut self) -> Option<Delivery> {
        if self.telling.as_ref().is_some_and(|telling| telling.begun) { None } else { self.continue_delivery() }
    }

    /// What whoever is telling has to tell next; none when that was all, and the telling has ended.
    pub(super) fn continue_delivery(&mut self) -> Option<Delivery> {
        let mut telling = self.telling.take().filter(|telling| !telling.pending.is_empty())?;
        telling.begun = true;
        telling.departed.clear();
        let changes = std::mem::take(&mut telling.pending);
        // Nobody else holds it for longer than a moment: whoever waits for it lets go at once.
        let gate = telling.gate.lock_arc();
        self.telling = Some(telling);
        Some(Delivery { changes, everyone: self.everyone(), _gate: gate })
    }

    /// Whether nothing is lost when the stream is forgotten.
    pub(super) fn is_unused(&self) -> bool {
        self.by_session.is_empty() && self.telling.is_none()
    }

    fn put(&mut self, session: Arc<Session>, presence: Presence, joined: u64, snapshot: u64) {
        let id = session.id();
        let outbox = session.outbox.clone();
        let member = Member { outbox, session, presence, joined, snapshot: AtomicU64::new(snapshot) };
        self.by_session.insert(id, Arc::new(member));
        self.everyone = None;
    }

    fn record(&mut self, session: SessionId, before: Option<Presence>, number: u64) {
        let after = self.by_session.get(&session).and_then(|member| member.visible());
        if before.is_some() || after.is_some() {
            let telling = self.telling.get_or_insert_default();
            telling.pending.record(session, before, after, number, self.last_snapshot);
        }
    }

    fn depart(&mut self, session: SessionId) {
        if let Some(telling) = &mut self.telling {
            telling.departed.insert(session);
        }
    }

    fn next_operation(&mut self) -> u64 {
        self.operations += 1;
        self.operations
    }
}
