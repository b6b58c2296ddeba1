//! The members of one stream.

use super::changes::Changes;
use crate::ids::SessionId;
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

/// A stream with its members. All of it changes under the lock of its shard.
#[derive(Debug, Default)]
pub(super) struct Members {
    by_session: HashMap<SessionId, Arc<Member>>,
    /// Made when it is asked for, forgotten with every change: most sends find it.
    everyone: Option<Everyone>,
    /// How many operations there were. Joins, leaves and updates are numbered from 1.
    operations: u64,
    last_snapshot: u64,
    /// What happened since the last event.
    pending: Changes,
    /// Somebody tells of changes at this moment, and looks for more when that is done.
    delivery: Option<Ongoing>,
}

/// What is known of a delivery while it happens without the shard's lock.
#[derive(Debug)]
struct Ongoing {
    /// Held while events are pushed.
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
        let number = self.next_operation();
        self.last_snapshot = number;
        member.snapshot.store(number, Ordering::Relaxed);
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

    /// Takes everybody out, and tells nobody.
    pub(super) fn clear(&mut self) -> Vec<Arc<Member>> {
        self.everyone = None;
        self.pending = Changes::default();
        let members: Vec<_> = self.by_session.drain().map(|(_, member)| member).collect();
        for member in &members {
            self.depart(member.session.id());
        }
        members
    }

    /// What a session must wait for before it may join: an event that is on its way to it since it left.
    pub(super) fn gate_for(&self, session: SessionId) -> Option<Arc<Mutex<()>>> {
        self.delivery
            .as_ref()
            .filter(|delivery| delivery.departed.contains(&session))
            .map(|delivery| delivery.gate.clone())
    }

    /// Begins to tell of what is pending; none when there is nothing, or somebody is at it.
    pub(super) fn begin_delivery(&mut self) -> Option<Delivery> {
        if self.delivery.is_some() { None } else { self.continue_delivery() }
    }

    /// What whoever is telling has to tell next; none when that was all, and the delivery has ended.
    pub(super) fn continue_delivery(&mut self) -> Option<Delivery> {
        if self.pending.is_empty() {
            self.delivery = None;
            return None;
        }
        let changes = std::mem::take(&mut self.pending);
        let everyone = self.everyone();
        let ongoing =
            self.delivery.get_or_insert_with(|| Ongoing { gate: Arc::default(), departed: HashSet::default() });
        ongoing.departed.clear();
        // Nobody else holds it for longer than a moment: whoever waits for it lets go at once.
        let gate = ongoing.gate.lock_arc();
        Some(Delivery { changes, everyone, _gate: gate })
    }

    /// Whether nothing is lost when the stream is forgotten.
    pub(super) fn is_unused(&self) -> bool {
        self.by_session.is_empty() && self.delivery.is_none()
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
            self.pending.record(session, before, after, number, self.last_snapshot);
        }
    }

    fn depart(&mut self, session: SessionId) {
        if let Some(delivery) = &mut self.delivery {
            delivery.departed.insert(session);
        }
    }

    fn next_operation(&mut self) -> u64 {
        self.operations += 1;
        self.operations
    }
}
