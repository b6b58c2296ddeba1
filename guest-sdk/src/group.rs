//! Groups: users with a name, a chat channel of their own, and ranks.
//!
//! ```no_run
//! # use meadhall_guest::prelude::*;
//! # fn f(ctx: &Context) -> Result<()> {
//! let new = NewGroup { name: "The Long Table".into(), open: true, ..NewGroup::default() };
//! let table = group::create(ctx.user_id()?, &new)?;
//! group::add(By::Server, &table.id, &["6a1c1b1e-0000-4000-8000-000000000001"])?;
//! # Ok(()) }
//! ```

use crate::Result;
use crate::host::host_call;
use crate::message::{Group, GroupList, GroupUserList, UserGroupList};
use serde::Serialize;
use serde_json::{Map, Value};

/// A user's place in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupState {
    /// Owns it.
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

/// In whose name something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By<'a> {
    /// The server itself, which may do everything.
    Server,
    /// A user, by their id, who needs the rank for it.
    User(&'a str),
}

impl<'a> By<'a> {
    fn id(self) -> &'a str {
        match self {
            Self::Server => "",
            Self::User(id) => id,
        }
    }
}

/// A group to make. What is empty gets its default.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewGroup {
    /// 1 to 255 bytes, and not taken.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// The language; `en` when empty.
    pub lang_tag: String,
    /// Where the picture is.
    pub avatar_url: String,
    /// Whether everybody may join; otherwise they ask.
    pub open: bool,
    /// How many members there may be; 0 for the default, 100.
    pub max_count: u32,
    /// What the game keeps with the group. Everybody can read it; only plugins can write it.
    pub metadata: Map<String, Value>,
}

/// What to change of a group: what is none stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct GroupChanges {
    /// 1 to 255 bytes, and not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang_tag: Option<String>,
    /// Where the picture is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// Whether everybody may join.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<bool>,
    /// How many members there may be, not fewer than there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_count: Option<u32>,
    /// What the game keeps with the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
}

/// Which groups to list. The name stands alone; the others combine.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct GroupFilter {
    /// The whole name in any case, or its beginning and a `%`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Only open ones, or only closed ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<bool>,
    /// Of exactly this language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang_tag: Option<String>,
    /// With at most so many members.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<u32>,
}

/// Makes a group, whose superadmin is `creator`.
///
/// # Errors
/// Already exists (6) when the name is taken, invalid argument (3) for a value that cannot be.
pub fn create(creator: &str, new: &NewGroup) -> Result<Group> {
    let new = serde_json::to_string(new)?;
    Ok(serde_json::from_str(&host_call!(group::create(creator, &new))?)?)
}

/// Changes a group.
///
/// # Errors
/// As [`create`], not found (5) when there is no such group, and when the actor lacks the rank.
pub fn update(actor: By<'_>, group_id: &str, changes: &GroupChanges) -> Result<()> {
    let changes = serde_json::to_string(changes)?;
    host_call!(group::update(actor.id(), group_id, &changes))
}

/// Deletes a group and closes its channel.
///
/// # Errors
/// When there is no such group, or the actor lacks the rank.
pub fn delete(actor: By<'_>, group_id: &str) -> Result<()> {
    host_call!(group::delete(actor.id(), group_id))
}

/// The groups with these ids, at most 100; unknown ones are left out.
///
/// # Errors
/// Invalid argument (3) for ids that are no UUIDs, and for too many.
pub fn get(ids: &[impl AsRef<str>]) -> Result<Vec<Group>> {
    let found: GroupList = serde_json::from_str(&host_call!(group::get(&owned(ids)))?)?;
    Ok(found.groups)
}

/// One page of groups, 1 to 100. The cursor is one of an earlier page with the same filter.
///
/// # Errors
/// Invalid argument (3) for another limit, a filter that cannot be, or a cursor that is not of this list.
pub fn list(filter: &GroupFilter, limit: u32, cursor: Option<&str>) -> Result<GroupList> {
    let filter = serde_json::to_string(filter)?;
    let page = host_call!(group::list(&filter, limit, cursor.unwrap_or_default()))?;
    Ok(serde_json::from_str(&page)?)
}

/// One page of a group's users, 1 to 100: all but the banned, or those of one state. The cursor is one of an earlier page
/// with the same state.
///
/// # Errors
/// Invalid argument (3) for another limit, or a cursor that is not of this list; not found (5) when there is no such group.
pub fn users(group_id: &str, limit: u32, state: Option<GroupState>, cursor: Option<&str>) -> Result<GroupUserList> {
    let state = state.map(|state| state as u32);
    let page = host_call!(group::users(group_id, limit, state, cursor.unwrap_or_default()))?;
    Ok(serde_json::from_str(&page)?)
}

/// One page of a user's groups, 1 to 100, all or those where the user has one state. The cursor is one of an earlier page
/// with the same state.
///
/// # Errors
/// Invalid argument (3) for another limit, or a cursor that is not of this list.
pub fn of_user(user_id: &str, limit: u32, state: Option<GroupState>, cursor: Option<&str>) -> Result<UserGroupList> {
    let state = state.map(|state| state as u32);
    let page = host_call!(group::of_user(user_id, limit, state, cursor.unwrap_or_default()))?;
    Ok(serde_json::from_str(&page)?)
}

/// The user joins an open group, or asks to join a closed one.
///
/// # Errors
/// When there is no such group, it is full, or the user is banned from it.
pub fn join(user_id: &str, group_id: &str) -> Result<()> {
    host_call!(group::join(user_id, group_id))
}

/// The user leaves a group, or takes their request back.
///
/// # Errors
/// When there is no such group, or the user is its last superadmin.
pub fn leave(user_id: &str, group_id: &str) -> Result<()> {
    host_call!(group::leave(user_id, group_id))
}

/// Adds users, at most 100, or accepts their requests.
///
/// # Errors
/// When there is no such group, it is full, or the actor lacks the rank.
pub fn add(actor: By<'_>, group_id: &str, user_ids: &[impl AsRef<str>]) -> Result<()> {
    host_call!(group::add(actor.id(), group_id, &owned(user_ids)))
}

/// Takes users out, at most 100, refuses their requests, or lifts their ban.
///
/// # Errors
/// When there is no such group, or the actor lacks the rank.
pub fn kick(actor: By<'_>, group_id: &str, user_ids: &[impl AsRef<str>]) -> Result<()> {
    host_call!(group::kick(actor.id(), group_id, &owned(user_ids)))
}

/// Takes users out for good, at most 100: joining has no effect for them until a kick lifts the ban. Those who neither are
/// in the group nor ask to be are passed over.
///
/// # Errors
/// As [`kick`].
pub fn ban(actor: By<'_>, group_id: &str, user_ids: &[impl AsRef<str>]) -> Result<()> {
    host_call!(group::ban(actor.id(), group_id, &owned(user_ids)))
}

/// Raises users by one rank, at most 100.
///
/// # Errors
/// As [`kick`].
pub fn promote(actor: By<'_>, group_id: &str, user_ids: &[impl AsRef<str>]) -> Result<()> {
    host_call!(group::promote(actor.id(), group_id, &owned(user_ids)))
}

/// Lowers users by one rank, at most 100.
///
/// # Errors
/// As [`kick`].
pub fn demote(actor: By<'_>, group_id: &str, user_ids: &[impl AsRef<str>]) -> Result<()> {
    host_call!(group::demote(actor.id(), group_id, &owned(user_ids)))
}

fn owned(texts: &[impl AsRef<str>]) -> Vec<String> {
    texts.iter().map(|text| text.as_ref().to_owned()).collect()
}
