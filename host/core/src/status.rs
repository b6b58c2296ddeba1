//! Who follows whose online status. Every session follows its own user from the start.

use crate::ids::{SessionId, UserId};
use crate::session::Session;
use crate::sharded::Sharded;
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
