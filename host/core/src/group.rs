//! Groups: users with a name, a chat channel of their own, and ranks.

use crate::account::{User, Users};
use crate::caller::Actor;
use crate::clock::{Environment, Timestamp};
use crate::history::History;
use crate::ids::{GroupId, UserId};
use crate::notification::Notifications;
use crate::store::{Store, StoreError, Txn};
use std::sync::Arc;

/// A user's place in a group. The numbers are public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum GroupState {
    /// Owns it; there is always at least one.
    Superadmin = 0,
    /// Manages members.
    Admin = 1,
    /// Is in it.
    Member = 2,
    /// Asks to be.
    JoinRequest = 3,
    /// Must not be.
    Banned = 4,
}

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Which.
    pub id: GroupId,
    /// Who made it.
    pub creator_id: UserId,
    /// Unique, 1 to 255 bytes.
    pub name: String,
    /// Empty for none.
    pub description: String,
    /// Such as `en`.
    pub lang_tag: String,
    /// A JSON object.
    pub metadata: String,
    /// Empty for none.
    pub avatar_url: String,
    /// Whether everybody may join; otherwise they ask.
    pub open: bool,
    /// How many members: superadmins, admins and members.
    pub edge_count: u32,
    /// How many there may be.
    pub max_count: u32,
    /// A whole second.
    pub create_time: Timestamp,
    /// A whole second.
    pub update_time: Timestamp,
}

/// A group to make. What is empty gets its default.
#[derive(Clone, Debug, Default)]
pub struct NewGroup {
    /// 1 to 255 bytes, not taken.
    pub name: String,
    /// Any text.
    pub description: String,
    /// `en` when empty.
    pub lang_tag: String,
    /// A JSON object; plugins only.
    pub metadata: String,
    /// Any text.
    pub avatar_url: String,
    /// Whether everybody may join.
    pub open: bool,
    /// 0 for the default, 100.
    pub max_count: u32,
}

/// What to change in a group: what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct GroupUpdate {
    /// 1 to 255 bytes, not taken.
    pub name: Option<String>,
    /// Any text.
    pub description: Option<String>,
    /// Any text.
    pub lang_tag: Option<String>,
    /// A JSON object; plugins only.
    pub metadata: Option<String>,
    /// Any text.
    pub avatar_url: Option<String>,
    /// Whether everybody may join.
    pub open: Option<bool>,
    /// Not below the member count; plugins only.
    pub max_count: Option<u32>,
}

/// Which groups to list. The name stands alone; the others combine.
#[derive(Clone, Debug, Default)]
pub struct GroupFilter {
    /// The whole name in any case, or its beginning when it ends with `%`.
    pub name: Option<String>,
    /// Only open ones, or only closed ones.
    pub open: Option<bool>,
    /// Exactly this language.
    pub lang_tag: Option<String>,
    /// At most so many members.
    pub members: Option<u32>,
}

/// One page of groups.
#[derive(Clone, Debug, Default)]
pub struct GroupPage {
    /// The groups: by name where the filter is a name, otherwise those with the most members first.
    pub groups: Vec<Group>,
    /// Where the next page begins; none when this is the last.
    pub cursor: Option<String>,
}

/// One page of a group's users, by state and then by user id.
#[derive(Clone, Debug, Default)]
pub struct GroupUserPage {
    /// The users (their count of friends is left out), each with their place.
    pub users: Vec<(User, GroupState)>,
    /// Where the next page begins; none when this is the last.
    pub cursor: Option<String>,
}

/// One page of a user's groups, by state and then by group id. Those that banned the user are left out.
#[derive(Clone, Debug, Default)]
pub struct UserGroupPage {
    /// The groups, each with the user's place.
    pub groups: Vec<(Group, GroupState)>,
    /// Where the next page begins; none when this is the last.
    pub cursor: Option<String>,
}

/// Why a group operation is refused. The texts that begin with a capital are the wire's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    /// There is no such group.
    #[error("Group not found.")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The groups.
#[derive(Debug)]
pub struct Groups {
    store: Store,
    env: Environment,
    users: Users,
    notifications: Notifications,
    history: Arc<History>,
}

impl Groups {
    /// The groups in a store. Changes of members are told in the groups' channels, through `history`.
    pub(crate) fn new(
        store: Store,
        env: Environment,
        users: Users,
        notifications: Notifications,
        history: Arc<History>,
    ) -> Self {
        Self { store, env, users, notifications, history }
    }

    /// Makes a group, whose superadmin is `creator`.
    pub async fn create(&self, creator: UserId, new: NewGroup) -> Result<Group, GroupError> {
        unimplemented!("{creator} {new:?} {self:?}")
    }

    /// Changes a group; for its superadmins and admins, and the server.
    pub async fn update(&self, actor: UserId, group: GroupId, update: GroupUpdate) -> Result<(), GroupError> {
        unimplemented!("{actor} {group} {update:?}")
    }

    /// Deletes a group and closes its channel; for its superadmins, and the server.
    pub async fn delete(&self, actor: UserId, group: GroupId) -> Result<(), GroupError> {
        unimplemented!("{actor} {group}")
    }

    /// Joins an open group, asks to join a closed one.
    pub async fn join(&self, actor: Actor, group: GroupId) -> Result<(), GroupError> {
        unimplemented!("{actor:?} {group}")
    }

    /// Leaves a group, or takes a request back.
    pub async fn leave(&self, actor: Actor, group: GroupId) -> Result<(), GroupError> {
        unimplemented!("{actor:?} {group}")
    }

    /// Adds users, or accepts their requests.
    pub async fn add(&self, actor: Actor, group: GroupId, users: Vec<UserId>) -> Result<(), GroupError> {
        unimplemented!("{actor:?} {group} {users:?}")
    }

    /// Takes users out, or refuses their requests.
    pub async fn kick(&self, actor: Actor, group: GroupId, users: Vec<UserId>) -> Result<(), GroupError> {
        unimplemented!("{actor:?} {group} {users:?}")
    }

    /// Takes users out for good.
    pub async fn ban(&self, actor: Actor, group: GroupId, users: Vec<UserId>) -> Result<(), GroupError> {
        unimplemented!("{actor:?} {group} {users:?}")
    }

    /// Raises users by one rank.
    pub async fn promote(&self, actor: Actor, group: GroupId, users: Vec<UserId>) -> Result<(), GroupError> {
        unimplemented!("{actor:?} {group} {users:?}")
    }

    /// Lowers users by one rank.
    pub async fn demote(&self, actor: Actor, group: GroupId, users: Vec<UserId>) -> Result<(), GroupError> {
        unimplemented!("{actor:?} {group} {users:?}")
    }

    /// Groups by id; unknown ones are left out.
    pub async fn get(&self, ids: Vec<GroupId>) -> Result<Vec<Group>, GroupError> {
        unimplemented!("{ids:?}")
    }

    /// Groups by name or by what they are.
    pub async fn list(
        &self,
        filter: GroupFilter,
        limit: usize,
        cursor: Option<String>,
    ) -> Result<GroupPage, GroupError> {
        unimplemented!("{filter:?} {limit} {cursor:?}")
    }

    /// The users of a group, all members and requests or those of one state.
    pub async fn users(
        &self,
        group: GroupId,
        limit: usize,
        state: Option<GroupState>,
        cursor: Option<String>,
    ) -> Result<GroupUserPage, GroupError> {
        unimplemented!("{group} {limit} {state:?} {cursor:?}")
    }

    /// The groups of a user, all or those of one state.
    pub async fn of_user(
        &self,
        user: UserId,
        limit: usize,
        state: Option<GroupState>,
        cursor: Option<String>,
    ) -> Result<UserGroupPage, GroupError> {
        unimplemented!("{user} {limit} {state:?} {cursor:?}")
    }
}

/// Takes a user out of all groups, as part of deleting the user. A group whose last superadmin this was gets a new one;
/// one that nobody is left in is deleted.
pub(crate) fn delete_all(_txn: &mut Txn, _user: UserId) -> Result<(), StoreError> {
    Ok(())
}
