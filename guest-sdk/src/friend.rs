//! Friends: edges between two users, and who has blocked whom. What is done here is done for a user, with the rules, the
//! notifications and the errors that their own client would meet.
//!
//! ```no_run
//! # use meadhall_guest::prelude::*;
//! # fn f(ctx: &Context) -> Result<()> {
//! friend::add(ctx.user_id()?, Whom::username("bjorn"), &json!({ "met": "at the fair" }))?;
//! let asked = friend::list(ctx.user_id()?, 100, Some(FriendState::InviteSent), None)?;
//! # Ok(()) }
//! ```

use crate::Result;
use crate::host::host_call;
use crate::message::{FriendList, FriendsOfFriendsList};
use serde::Serialize;
use serde_json::Value;

/// What another user is to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FriendState {
    /// A friend.
    Friend = 0,
    /// Invited by the user.
    InviteSent = 1,
    /// Invites the user.
    InviteReceived = 2,
    /// Blocked by the user.
    Blocked = 3,
}

/// Users, by id, by name or both; at most 100.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whom {
    /// Their ids.
    pub ids: Vec<String>,
    /// Their names.
    pub usernames: Vec<String>,
}

impl Whom {
    /// The user of an id.
    pub fn id(id: impl Into<String>) -> Self {
        Self { ids: vec![id.into()], usernames: Vec::new() }
    }

    /// The user of a name.
    pub fn username(username: impl Into<String>) -> Self {
        Self { ids: Vec::new(), usernames: vec![username.into()] }
    }

    /// The users of these ids.
    pub fn ids(ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { ids: ids.into_iter().map(Into::into).collect(), usernames: Vec::new() }
    }
}

/// One page of a user's edges, all or of one state, 1 to 100. The cursor is one of an earlier page with the same state.
///
/// # Errors
/// Invalid argument (3) for another limit, or a cursor that is not of this list.
pub fn list(user_id: &str, limit: u32, state: Option<FriendState>, cursor: Option<&str>) -> Result<FriendList> {
    let state = state.map(|state| state as u32);
    let page = host_call!(friend::list(user_id, limit, state, cursor.unwrap_or_default()))?;
    Ok(serde_json::from_str(&page)?)
}

/// One page of the friends of a user's friends, 1 to 100. The cursor is one of an earlier page.
///
/// # Errors
/// Invalid argument (3) for another limit, or a cursor that is not of this list.
pub fn list_of_friends(user_id: &str, limit: u32, cursor: Option<&str>) -> Result<FriendsOfFriendsList> {
    let page = host_call!(friend::list_of_friends(user_id, limit, cursor.unwrap_or_default()))?;
    Ok(serde_json::from_str(&page)?)
}

/// The user asks others to be friends, and accepts those who have asked. `metadata` becomes a JSON object that is kept
/// with the user's side of the edge; `&()` is none.
///
/// # Errors
/// Invalid argument (3) for oneself, for ids that are no UUIDs and for too many; not found (5) when the user does not exist.
pub fn add(user_id: &str, whom: Whom, metadata: &impl Serialize) -> Result<()> {
    let metadata = match serde_json::to_value(metadata)? {
        Value::Null => String::new(),
        metadata => metadata.to_string(),
    };
    host_call!(friend::add(user_id, &whom.ids, &whom.usernames, &metadata))
}

/// The user ends friendships, takes invitations back, refuses them, and unblocks.
///
/// # Errors
/// Invalid argument (3) for ids that are no UUIDs, and for too many.
pub fn delete(user_id: &str, whom: Whom) -> Result<()> {
    host_call!(friend::delete(user_id, &whom.ids, &whom.usernames))
}

/// The user blocks others, which ends what was between them.
///
/// # Errors
/// As [`add`].
pub fn block(user_id: &str, whom: Whom) -> Result<()> {
    host_call!(friend::block(user_id, &whom.ids, &whom.usernames))
}
