//! The tracker: which presences are in which stream, and the presence events that tell of it.
//!
//! A change is made under the lock of the stream's shard, and told without it. Whoever makes a change while nobody tells
//! of one becomes the teller: an idle stream sends one event an operation. What others change meanwhile is merged (see
//! `changes.rs`) and told next by the same teller, so that a stream's events have one order and a burst of joins does not
//! become a square of events. Nothing waits in a queue, so no change is ever lost.

mod changes;
mod member;

pub(crate) use member::{Everyone, Member};

use crate::ids::{SessionId, UserId};
use crate::outbox::ReplySlot;
use crate::presence::{Presence, PresenceId, PresenceMeta};
use crate::push::{Push, PushEvent};
use crate::session::Session;
use crate::sharded::Sharded;
use crate::status::Followers;
use crate::stream::{Stream, mode};
use changes::Told;
use member::{Delivery, Members};
use parking_lot::MutexGuard;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::runtime::Handle;

/// After so many events the teller hands on, so that one caller does not tell of everybody's changes for ever.
const EVENTS_PER_TURN: usize = 16;

/// All presences of this node, sharded by stream. Cloning is cheap, and all clones are the same.
#[derive(Clone, Debug)]
pub struct Tracker {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    node: Arc<str>,
    followers: Followers,
    streams: Sharded<Stream, Members>,
    presences: AtomicUsize,
}

type Shard<'a> = MutexGuard<'a, HashMap<Stream, Members>>;

/// What a join found.
#[derive(Debug)]
pub struct Joined {
    /// False when the session was in the stream already; then nothing changed, its flags neither.
    pub new: bool,
    /// The session's own presence.
    pub presence: Presence,
    /// The visible presences, oldest first: without the session's own on a new join, with it on a repeated one.
    pub visible: Vec<Presence>,
    /// The place for the reply, before anything that the stream sends from now on.
    pub reply: ReplySlot,
}

/// Why a presence cannot join.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// The session is ending: it has left all its streams for good.
    #[error("session {0} is not connected")]
    SessionClosed(SessionId),
}

impl Tracker {
    /// A tracker of no presences, for the node of this name. The events of [`mode::STATUS`] go to `followers`.
    pub fn new(node: Arc<str>, followers: Followers) -> Self {
        let inner = Inner { node, followers, streams: Sharded::default(), presences: AtomicUsize::new(0) };
        Self { inner: Arc::new(inner) }
    }

    /// Adds a session to a stream. Snapshot and insertion are one step.
    ///
    /// # Errors
    /// When the session has ended: nothing is changed.
    pub fn join(&self, session: &Arc<Session>, stream: &Stream, meta: PresenceMeta) -> Result<Joined, JoinError> {
        let mut shard = self.lock_for_join(session, stream);
        let members = shard.get_mut(stream);
        if let Some(member) = members.as_ref().and_then(|members| members.get(session.id())).cloned() {
            let members = members.expect("it has a member");
            members.snapshot_again(&member);
            let reply = session.outbox.reserve();
            let everyone = members.everyone();
            drop(shard);
            return Ok(Joined { new: false, presence: member.presence.clone(), visible: visible(&everyone), reply });
        }
        let others = members.map(|members| members.everyone());
        let presence = self.presence(session, meta);
        self.insert(&mut shard, session, stream, presence.clone())?;
        let reply = session.outbox.reserve();
        self.tell(shard, stream);
        let visible = others.map(|others| visible(&others)).unwrap_or_default();
        Ok(Joined { new: true, presence, visible, reply })
    }

    /// Changes a presence's meta; joins when it is not there. One event with the old and the new presence; an update to
    /// hidden is a leave only, one from hidden a join only.
    ///
    /// # Errors
    /// When the session has ended: nothing is changed.
    pub fn update(&self, session: &Arc<Session>, stream: &Stream, meta: PresenceMeta) -> Result<(), JoinError> {
        let mut shard = self.lock_for_join(session, stream);
        let presence = self.presence(session, meta);
        let member = |members: &mut Members| members.get(session.id()).cloned();
        match shard.get_mut(stream).and_then(|members| member(members).map(|member| (members, member))) {
            Some((members, member)) => members.update(&member, presence),
            None => self.insert(&mut shard, session, stream, presence)?,
        }
        self.tell(shard, stream);
        Ok(())
    }

    /// Takes a session off a stream; false when it was not there.
    pub fn leave(&self, stream: &Stream, user: UserId, session: SessionId) -> bool {
        let mut shard = self.inner.streams.lock(stream);
        let Some(members) = shard.get_mut(stream) else { return false };
        if members.get(session).is_none_or(|member| member.presence.user_id != user) {
            return false;
        }
        if let Some(member) = members.remove(session) {
            self.forget(&member, stream);
        }
        self.tell(shard, stream);
        true
    }

    /// Takes a session off all its streams, one event a stream, and lets it join none any more.
    pub fn leave_all(&self, session: &Session) {
        for stream in session.streams.end() {
            self.leave(&stream, session.user_id(), session.id());
        }
    }

    /// Takes all sessions of a user off a stream. The others get one event of it if `told`; otherwise nobody does.
    pub(crate) fn evict(&self, stream: &Stream, user: UserId, told: bool) {
        let mut shard = self.inner.streams.lock(stream);
        let Some(members) = shard.get_mut(stream) else { return };
        for session in members.sessions_of(user) {
            let member = if told { members.remove(session) } else { members.remove_untold(session) };
            if let Some(member) = member {
                self.forget(&member, stream);
            }
        }
        self.tell(shard, stream);
    }

    /// Takes everybody off a stream, without events; how many that were.
    pub fn close(&self, stream: &Stream) -> usize {
        let mut shard = self.inner.streams.lock(stream);
        let Some(members) = shard.get_mut(stream) else { return 0 };
        let gone = members.clear();
        for member in &gone {
            self.forget(member, stream);
        }
        if members.is_unused() {
            shard.remove(stream);
        }
        gone.len()
    }

    /// How many are in a stream, hidden ones included.
    pub fn count(&self, stream: &Stream) -> usize {
        self.inner.streams.lock(stream).get(stream).map_or(0, Members::len)
    }

    /// Who is in a stream, oldest first.
    pub fn list(&self, stream: &Stream, hidden: bool, not_hidden: bool) -> Vec<Presence> {
        let Some(everyone) = self.everyone(stream) else { return Vec::new() };
        list(&everyone, |meta| if meta.hidden { hidden } else { not_hidden })
    }

    /// The visible presences of a stream, for somebody who is no member and is told of its events from now on: a follower
    /// of a status. What is in this list and leaves before anybody was told that it came is told to have left.
    pub(crate) fn look(&self, stream: &Stream) -> Vec<Presence> {
        let mut shard = self.inner.streams.lock(stream);
        let Some(members) = shard.get_mut(stream) else { return Vec::new() };
        members.looked_at();
        let everyone = members.everyone();
        drop(shard);
        visible(&everyone)
    }

    /// One presence.
    pub fn get(&self, stream: &Stream, user: UserId, session: SessionId) -> Option<Presence> {
        let shard = self.inner.streams.lock(stream);
        let presence = &shard.get(stream)?.get(session)?.presence;
        (presence.user_id == user).then(|| presence.clone())
    }

    /// Whether some session of a user is in a stream, seen or hidden. Looks at every member.
    pub(crate) fn is_present(&self, stream: &Stream, user: UserId) -> bool {
        let shard = self.inner.streams.lock(stream);
        shard.get(stream).is_some_and(|members| !members.sessions_of(user).is_empty())
    }

    /// Whether a user has a status on some session.
    pub fn is_online(&self, user: UserId) -> bool {
        self.count(&Stream::about(mode::STATUS, user.uuid())) > 0
    }

    /// How many presences and streams there are, for metrics.
    pub fn totals(&self) -> (usize, usize) {
        let streams = self.inner.streams.each().map(|shard| shard.len()).sum();
        (self.inner.presences.load(Ordering::Relaxed), streams)
    }

    /// Everybody in a stream, hidden ones too; none when it is empty.
    pub(crate) fn everyone(&self, stream: &Stream) -> Option<Everyone> {
        self.inner.streams.lock(stream).get_mut(stream).map(Members::everyone)
    }

    /// Those of the named sessions that are in a stream.
    pub(crate) fn members(&self, stream: &Stream, named: &[(UserId, SessionId)]) -> Vec<Arc<Member>> {
        let shard = self.inner.streams.lock(stream);
        let Some(members) = shard.get(stream) else { return Vec::new() };
        let member = |(user, session): &(UserId, SessionId)| {
            members.get(*session).filter(|member| member.presence.user_id == *user).cloned()
        };
        named.iter().filter_map(member).collect()
    }

    /// Locks the stream's shard, as soon as no older event of the stream is on its way to the session. Otherwise such an
    /// event, chosen for it before it left, could arrive after the list in its reply, and say what is no longer true.
    fn lock_for_join(&self, session: &Session, stream: &Stream) -> Shard<'_> {
        let shard = self.inner.streams.lock(stream);
        let Some(gate) = shard.get(stream).and_then(|members| members.gate_for(session.id())) else { return shard };
        drop(shard);
        drop(gate.lock());
        // What is on its way now was addressed after the session had left.
        self.inner.streams.lock(stream)
    }

    fn insert(
        &self,
        shard: &mut Shard<'_>,
        session: &Arc<Session>,
        stream: &Stream,
        presence: Presence,
    ) -> Result<(), JoinError> {
        let entry = shard.entry(stream.clone());
        // The key's clone shares its label with all other members.
        if !session.streams.add(entry.key().clone()) {
            return Err(JoinError::SessionClosed(session.id()));
        }
        let members = match entry {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(Members::default()),
        };
        members.insert(session, presence);
        self.inner.presences.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn forget(&self, member: &Member, stream: &Stream) {
        member.session.streams.remove(stream);
        self.inner.presences.fetch_sub(1, Ordering::Relaxed);
    }

    fn presence(&self, session: &Session, meta: PresenceMeta) -> Presence {
        Presence {
            id: PresenceId { node: self.inner.node.clone(), session_id: session.id() },
            user_id: session.user_id(),
            username: session.username().clone(),
            meta,
        }
    }

    /// After a change: tells of it, unless somebody is telling, who will find it.
    fn tell(&self, mut shard: Shard<'_>, stream: &Stream) {
        let Some(members) = shard.get_mut(stream) else { return };
        let delivery = members.begin_delivery();
        if members.is_unused() {
            shard.remove(stream);
        }
        drop(shard);
        if let Some(delivery) = delivery {
            self.tell_all(stream, delivery);
        }
    }

    /// Tells of changes until there are none.
    fn tell_all(&self, stream: &Stream, first: Delivery) {
        self.push(stream, first);
        for _ in 1..EVENTS_PER_TURN {
            if !self.tell_next(stream) {
                return;
            }
        }
        match Handle::try_current() {
            Ok(runtime) => {
                let (tracker, stream) = (self.clone(), stream.clone());
                runtime.spawn(async move {
                    while tracker.tell_next(&stream) {
                        tokio::task::yield_now().await;
                    }
                });
            }
            Err(_) => while self.tell_next(stream) {},
        }
    }

    /// Tells of what was merged meanwhile; false when that was nothing, and somebody else tells of the next change.
    fn tell_next(&self, stream: &Stream) -> bool {
        self.next_delivery(stream).is_some_and(|delivery| {
            self.push(stream, delivery);
            true
        })
    }

    fn next_delivery(&self, stream: &Stream) -> Option<Delivery> {
        let mut shard = self.inner.streams.lock(stream);
        let members = shard.get_mut(stream)?;
        let delivery = members.continue_delivery();
        if members.is_unused() {
            shard.remove(stream);
        }
        delivery
    }

    fn push(&self, stream: &Stream, delivery: Delivery) {
        let Delivery { changes, everyone, .. } = &delivery;
        if stream.mode == mode::STATUS {
            // Followers are no members, so nobody knows what each was shown: all are told of what came and went.
            let ghosts = changes.ghosts().map(|leaves| Told { joins: Vec::new(), leaves });
            for Told { joins, leaves } in changes.for_all().into_iter().chain(ghosts) {
                let push = Arc::new(Push::new(PushEvent::StatusPresence { joins, leaves }));
                for follower in self.inner.followers.of(UserId::new(stream.subject)) {
                    follower.outbox.push(push.clone());
                }
            }
            return;
        }
        let event = |told: Told| {
            let Told { joins, leaves } = told;
            Arc::new(Push::new(PushEvent::StreamPresence { stream: stream.clone(), joins, leaves }))
        };
        if let Some(push) = changes.for_all().map(event) {
            for member in everyone.iter().filter(|member| changes.concern(member)) {
                member.outbox.push(push.clone());
            }
        }
        if changes.ghosts().is_some() {
            for member in everyone.iter() {
                let leaves = changes.ghosts_of(member);
                if !leaves.is_empty() {
                    member.outbox.push(event(Told { joins: Vec::new(), leaves }));
                }
            }
        }
    }
}

fn visible(everyone: &Everyone) -> Vec<Presence> {
    list(everyone, |meta| !meta.hidden)
}

/// The presences that are wanted, oldest first.
fn list(everyone: &Everyone, wanted: impl Fn(&PresenceMeta) -> bool) -> Vec<Presence> {
    let mut members: Vec<&Arc<Member>> = everyone.iter().filter(|member| wanted(&member.presence.meta)).collect();
    members.sort_unstable_by_key(|member| member.joined);
    members.into_iter().map(|member| member.presence.clone()).collect()
}

#[cfg(test)]
mod tests;
