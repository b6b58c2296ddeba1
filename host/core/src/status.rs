//! Who follows whose online status. Every session follows its own user from the start.

use crate::ids::UserId;
use crate::session::Session;
use std::sync::Arc;

/// The followers of each user.
#[derive(Debug, Default)]
pub struct Followers {}

impl Followers {
    /// The session gets the status events of the user from now on.
    pub fn follow(&self, _session: &Arc<Session>, _user: UserId) { todo!() }
    /// The session follows nobody any more.
    pub fn unfollow_all(&self, _session: &Session) { todo!() }
    /// The sessions that follow a user.
    pub fn of(&self, _user: UserId) -> Vec<Arc<Session>> { todo!() }
}
