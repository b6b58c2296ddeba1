//! Friends: edges between two users, and who has blocked whom.

use crate::account::{Targets, User, Users};
use crate::caller::Actor;
use crate::clock::{Environment, Timestamp};
use crate::history::History;
use crate::ids::UserId;
use crate::notification::Notifications;
use crate::store::{Store, StoreError, Txn};
use std::sync::Arc;

/// What another user is to a user. The numbers are public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum FriendState {
    /// A friend.
    Friend = 0,
    /// Asked to be one.
    InviteSent = 1,
    /// Asks to be one.
    InviteReceived = 2,
    /// Blocked by the user; the other side has no row.
    Blocked = 3,
}

/// One side of an edge, with the user on the other one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Friend {
    /// The other user. Their count of friends is left out (0).
    pub user: User,
    /// What they are.
    pub state: FriendState,
    /// When the edge changed last, in whole seconds.
    pub update_time: Timestamp,
    /// A JSON object, given by whoever asked.
    pub metadata: String,
}

/// One page of a user's edges, by state and then by user id.
#[derive(Clone, Debug, Default)]
pub struct FriendPage {
    /// The edges.
    pub friends: Vec<Friend>,
    /// Where the next page begins; none when this is the last.
    pub cursor: Option<String>,
}

/// A friend of a friend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FriendOfFriend {
    /// The friend whose friend it is.
    pub referrer: UserId,
    /// The user.
    pub user: User,
}

/// One page of the friends of a user's friends.
#[derive(Clone, Debug, Default)]
pub struct FriendOfFriendPage {
    /// The users.
    pub friends_of_friends: Vec<FriendOfFriend>,
    /// Where the next page begins; none when this is the last.
    pub cursor: Option<String>,
}

/// Why a friend operation is refused. The texts that begin with a capital are the wire's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FriendError {
    /// The user adds themselves.
    #[error("Cannot add self as friend.")]
    AddSelf,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The edges between users.
#[derive(Debug)]
pub struct Friends {
    store: Store,
    env: Environment,
    users: Users,
    notifications: Notifications,
    history: Arc<History>,
}

impl Friends {
    /// The edges in a store. `history` is where a block takes a direct channel away.
    pub(crate) fn new(
        store: Store,
        env: Environment,
        users: Users,
        notifications: Notifications,
        history: Arc<History>,
    ) -> Self {
        Self { store, env, users, notifications, history }
    }

    /// Asks users to be friends, accepts those who have asked.
    pub async fn add(&self, actor: Actor, targets: Targets, metadata: Option<String>) -> Result<(), FriendError> {
        unimplemented!("{actor:?} {targets:?} {metadata:?} {self:?}")
    }

    /// Ends friendships, takes invitations back, refuses them, and ends blocks of the user's own.
    pub async fn delete(&self, user: UserId, targets: Targets) -> Result<(), FriendError> {
        unimplemented!("{user} {targets:?}")
    }

    /// Blocks users: ends what was between them, and takes the blocked one off their direct channel.
    pub async fn block(&self, actor: Actor, targets: Targets) -> Result<(), FriendError> {
        unimplemented!("{actor:?} {targets:?}")
    }

    /// A user's edges, all or of one state.
    pub async fn list(
        &self,
        user: UserId,
        limit: usize,
        state: Option<FriendState>,
        cursor: Option<String>,
    ) -> Result<FriendPage, FriendError> {
        unimplemented!("{user} {limit} {state:?} {cursor:?}")
    }

    /// The friends of a user's friends.
    pub async fn list_of_friends(
        &self,
        user: UserId,
        limit: usize,
        cursor: Option<String>,
    ) -> Result<FriendOfFriendPage, FriendError> {
        unimplemented!("{user} {limit} {cursor:?}")
    }
}

/// Removes all edges of a user, as part of deleting the user.
pub(crate) fn delete_all(_txn: &mut Txn, _user: UserId) -> Result<(), StoreError> {
    Ok(())
}
