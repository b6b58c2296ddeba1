//! Who follows whose online status. Every session follows its own user from the start.

use crate::account::Targets;
use crate::ids::{SessionId, UserId};
use crate::outbox::ReplySlot;
use crate::presence::{Presence, PresenceMeta};
use crate::session::Session;
use crate::sharded::Sharded;
use crate::store::account::{self, Unique};
use crate::store::{Reader, Store, StoreError, friend};
use crate::stream::{Stream, mode};
use crate::tracker::{JoinError, Tracker};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Bytes of a status.
const STATUS_LEN_MAX: usize = 2048;
/// How many users one session follows. Beyond it, following is refused.
const FOLLOWS_MAX: usize = 10_000;

/// The followers of each user. Cloning is cheap, and all clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Followers {
    by_user: Arc<Sharded<UserId, HashMap<SessionId, Arc<Session>>>>,
}

impl Followers {
    /// The session gets the status events of the user from now on. Nothing happens when it does already, or has ended.
    pub fn follow(&self, session: &Arc<Session>, user: UserId) {
        let mut users = self.by_user.lock(&user);
        if session.follows.add(user) {
            users.entry(user).or_default().insert(session.id(), session.clone());
        }
    }

    /// The session gets the status events of the user no more.
    pub fn unfollow(&self, session: &Session, user: UserId) {
        self.remove(session, user);
    }

    /// The session follows nobody any more, and cannot start to.
    pub fn unfollow_all(&self, session: &Session) {
        for user in session.follows.end() {
            self.remove(session, user);
        }
    }

    /// The sessions that follow a user.
    pub fn of(&self, user: UserId) -> Vec<Arc<Session>> {
        self.by_user.lock(&user).get(&user).map(|followers| followers.values().cloned().collect()).unwrap_or_default()
    }

    fn remove(&self, session: &Session, user: UserId) {
        let mut users = self.by_user.lock(&user);
        session.follows.remove(&user);
        if let Some(followers) = users.get_mut(&user) {
            followers.remove(&session.id());
            if followers.is_empty() {
                users.remove(&user);
            }
        }
    }
}

/// The online statuses of users: who shows one, and who sees it. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Statuses {
    store: Store,
    tracker: Arc<Tracker>,
    followers: Followers,
}

/// What a session that follows users sees of them now.
#[derive(Debug)]
pub struct Followed {
    /// The statuses of those who are online, user by user.
    pub presences: Vec<Presence>,
    /// The place for the reply, before any later change of them.
    pub reply: ReplySlot,
}

/// Why a status operation is refused. The texts that begin with a capital are the wire's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// The status has more than 2048 bytes.
    #[error("Status must be 2048 characters or less")]
    TooLong,
    /// The session would follow this many users.
    #[error("the socket would follow {0} users, the limit is {FOLLOWS_MAX}")]
    TooMany(usize),
    /// The session has ended.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Statuses {
    /// The statuses that a tracker knows, of the users in a store.
    pub(crate) fn new(store: Store, tracker: Arc<Tracker>, followers: Followers) -> Self {
        Self { store, tracker, followers }
    }

    /// The session gets the status events of these users from now on, and what they show now. Unknown ones are left out,
    /// and so is everybody who has blocked the session's user or is blocked by them.
    ///
    /// # Errors
    /// When the session would follow more than 10,000 users, or the disk fails: nothing is changed.
    pub async fn follow(&self, session: &Arc<Session>, targets: Targets) -> Result<Followed, StatusError> {
        let fan = session.user_id();
        let stars = self.store.read(move |reader| resolve(reader, fan, targets)).await?;
        let count = session.follows.len_with(&stars);
        if count > FOLLOWS_MAX {
            return Err(StatusError::TooMany(count));
        }
        stars.iter().for_each(|star| self.followers.follow(session, *star));
        let stars = self.drop_blocked(session, stars).await?;
        // The order matters. A change that the lists below do not have is told after them to all who follow by then, so
        // the session has to follow already, and the place of the reply has to be taken. What is told of the others is
        // in the lists too, and where it comes after the reply, everything since comes with it.
        let reply = session.outbox.reserve();
        let presences = stars.iter().flat_map(|star| self.tracker.look(&stream_of(*star))).collect();
        Ok(Followed { presences, reply })
    }

    /// The session gets the status events of these users no more.
    pub fn unfollow(&self, session: &Session, users: &[UserId]) {
        users.iter().for_each(|user| self.followers.unfollow(session, *user));
    }

    /// The session shows a status, another one, or none any more.
    ///
    /// # Errors
    /// When the status has more than 2048 bytes, or the session has ended: nothing is changed.
    pub fn update(&self, session: &Arc<Session>, status: Option<&str>) -> Result<(), StatusError> {
        let stream = stream_of(session.user_id());
        match status {
            None => {
                self.tracker.leave(&stream, session.user_id(), session.id());
            }
            Some(status) if status.len() > STATUS_LEN_MAX => return Err(StatusError::TooLong),
            Some(status) => {
                let meta = PresenceMeta { status: status.into(), ..PresenceMeta::default() };
                self.tracker.update(session, &stream, meta)?;
            }
        }
        Ok(())
    }

    /// Whoever blocks parts the two when the block is durable. This is for those who were not following yet then.
    async fn drop_blocked(&self, session: &Arc<Session>, mut stars: Vec<UserId>) -> Result<Vec<UserId>, StoreError> {
        let fan = session.user_id();
        let (asked, followers) = (stars.clone(), self.followers.clone());
        let blocked = self.store.read(move |reader| {
            let blocked = |star: &UserId| is_blocked(reader, fan, *star).map(|blocked| blocked.then_some(*star));
            asked.iter().filter_map(|star| blocked(star).transpose()).collect::<Result<Vec<_>, _>>()
        });
        for blocked in blocked.await? {
            followers.unfollow(session, blocked);
            stars.retain(|star| *star != blocked);
        }
        Ok(stars)
    }
}

fn stream_of(user: UserId) -> Stream {
    Stream::about(mode::STATUS, user.uuid())
}

/// The users that are meant and that `fan` may follow, each once.
fn resolve(reader: &Reader, fan: UserId, targets: Targets) -> Result<Vec<UserId>, StoreError> {
    let named = targets.usernames.into_iter().map(|name| account::find(reader, &Unique::Username(name)));
    let (mut seen, mut found) = (HashSet::new(), Vec::new());
    for star in targets.ids.into_iter().map(|id| Ok(Some(id))).chain(named) {
        let Some(star) = star? else { continue };
        if seen.insert(star) && account::exists(reader, star)? && !is_blocked(reader, fan, star)? {
            found.push(star);
        }
    }
    Ok(found)
}

fn is_blocked(reader: &Reader, one: UserId, other: UserId) -> Result<bool, StoreError> {
    Ok(friend::has_blocked(reader, one, other)? || friend::has_blocked(reader, other, one)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::tests::session;

    #[test]
    fn following_twice_counts_once_and_the_end_stops_all() {
        let followers = Followers::default();
        let (fan, star) = (session(1), session(2));
        followers.follow(&fan, star.user_id());
        followers.follow(&fan, star.user_id());
        followers.follow(&fan, fan.user_id());
        assert_eq!(followers.of(star.user_id()).len(), 1);
        followers.unfollow(&fan, fan.user_id());
        assert!(followers.of(fan.user_id()).is_empty());
        followers.unfollow_all(&fan);
        followers.follow(&fan, star.user_id());
        assert!(followers.of(star.user_id()).is_empty(), "an ended session follows nobody");
    }
}
