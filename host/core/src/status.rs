//! Who follows whose online status. Every session follows its own user from the start.

use crate::account::Targets;
use crate::ids::{SessionId, UserId};
use crate::outbox::ReplySlot;
use crate::presence::Presence;
use crate::session::Session;
use crate::sharded::Sharded;
use crate::store::{Store, StoreError};
use crate::tracker::{JoinError, Tracker};
use std::collections::HashMap;
use std::sync::Arc;

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
    /// The statuses of those who are online.
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

    /// The session gets the status events of these users from now on; unknown ones are left out.
    pub async fn follow(&self, session: &Arc<Session>, targets: Targets) -> Result<Followed, StatusError> {
        unimplemented!("{session:?} {targets:?} {:?}", (&self.store, &self.followers))
    }

    /// The session gets the status events of these users no more.
    pub fn unfollow(&self, session: &Session, users: &[UserId]) {
        users.iter().for_each(|user| self.followers.unfollow(session, *user));
    }

    /// The session shows a status, another one, or none any more.
    pub fn update(&self, session: &Arc<Session>, status: Option<&str>) -> Result<(), StatusError> {
        unimplemented!("{session:?} {status:?} {:?}", self.tracker)
    }
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
