//! The rows of who is in which group.
//!
//! A user's place in a group is two rows, one found from the group and one from the user, and its state is a part of
//! both keys: so members lie together by state, and no row can say that a user has two.

use super::{GroupRow, PutError, get, put};
use crate::group::GroupState;
use crate::ids::{GroupId, UserId};
use crate::store::dump::{Fault, Table, record};
use crate::store::key::{Key, KeyFields, KeyRange, Tag};
use crate::store::view::Rows;
use crate::store::{StoreError, Txn, account};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// In the order in which it is likely that a user is found.
const COMMON_FIRST: [GroupState; 5] =
    [GroupState::Member, GroupState::Admin, GroupState::Superadmin, GroupState::JoinRequest, GroupState::Banned];

/// Whether a user is in a group: as superadmin, admin or member. The common answer costs one look-up.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn is_member(rows: &impl Rows, group: GroupId, user: UserId) -> Result<bool, StoreError> {
    find(rows, group, user, &COMMON_FIRST[..3]).map(|state| state.is_some())
}

/// A user's place in a group.
pub(crate) fn place(rows: &impl Rows, group: GroupId, user: UserId) -> Result<Option<GroupState>, StoreError> {
    find(rows, group, user, &COMMON_FIRST)
}

fn find(
    rows: &impl Rows,
    group: GroupId,
    user: UserId,
    states: &[GroupState],
) -> Result<Option<GroupState>, StoreError> {
    for state in states {
        if rows.row(&member_key(group, *state, user))?.is_some() {
            return Ok(Some(*state));
        }
    }
    Ok(None)
}

/// Moves a user from the place they have to another one, on both sides.
pub(crate) fn set_place(
    txn: &mut Txn,
    group: GroupId,
    user: UserId,
    from: Option<GroupState>,
    to: Option<GroupState>,
) -> Result<(), StoreError> {
    if let Some(from) = from {
        txn.delete(member_key(group, from, user))?;
        txn.delete(user_group_key(user, from, group))?;
    }
    if let Some(to) = to {
        txn.put(member_key(group, to, user), Vec::new())?;
        txn.put(user_group_key(user, to, group), Vec::new())?;
    }
    Ok(())
}

/// The superadmins of a group, at most so many.
pub(crate) fn superadmins(txn: &Txn, group: GroupId, limit: usize) -> Result<Vec<UserId>, StoreError> {
    let rows = txn.range(member_list(group, Some(GroupState::Superadmin))).take(limit);
    rows.map(|row| member_of(&row?.0).map(|(user, _)| user)).collect()
}

/// Who leads a group when a user no longer does: whoever has the highest rank of those who are in it.
pub(crate) fn first_heir(
    txn: &Txn,
    group: GroupId,
    without: UserId,
) -> Result<Option<(UserId, GroupState)>, StoreError> {
    for row in txn.range(member_list(group, None)) {
        let (user, state) = member_of(&row?.0)?;
        if !state.is_member() {
            return Ok(None);
        }
        if user != without {
            return Ok(Some((user, state)));
        }
    }
    Ok(None)
}

/// Everybody with a place in a group of one of these states.
pub(crate) fn all_members(
    txn: &Txn,
    group: GroupId,
    states: &[GroupState],
) -> Result<Vec<(UserId, GroupState)>, StoreError> {
    let rows = states.iter().flat_map(|state| txn.range(member_list(group, Some(*state))));
    rows.map(|row| member_of(&row?.0)).collect()
}

/// Removes everybody's place in a group.
pub(crate) fn delete_members(txn: &mut Txn, group: GroupId) -> Result<(), StoreError> {
    for (user, state) in all_members(txn, group, &GroupState::ALL)? {
        set_place(txn, group, user, Some(state), None)?;
    }
    Ok(())
}

/// All places of a user.
pub(crate) fn places_of_user(txn: &Txn, user: UserId) -> Result<Vec<(GroupId, GroupState)>, StoreError> {
    let rows = txn.range(Key::new(Tag::UserGroup).uuid(user.uuid()).range());
    rows.map(|row| user_group_of(&row?.0)).collect()
}

/// The users of a group, by state and then by id: those of one state, or all but the banned ones.
pub(crate) fn member_list(group: GroupId, state: Option<GroupState>) -> KeyRange {
    with_state(Key::new(Tag::GroupMember).uuid(group.uuid()), state)
}

/// The groups of a user, by state and then by id: those of one state, or all but those that banned the user.
pub(crate) fn user_group_list(user: UserId, state: Option<GroupState>) -> KeyRange {
    with_state(Key::new(Tag::UserGroup).uuid(user.uuid()), state)
}

fn with_state(key: Key, state: Option<GroupState>) -> KeyRange {
    match state {
        Some(state) => key.u8(state as u8).range(),
        None => key.clone().range().before(key.u8(GroupState::Banned as u8)),
    }
}

/// Whose place a row of a group is, and which.
pub(crate) fn member_of(key: &[u8]) -> Result<(UserId, GroupState), StoreError> {
    let (_, state, user) = fields(Tag::GroupMember, key)?;
    Ok((UserId::new(user), state))
}

/// In which group a row of a user is a place, and which.
pub(crate) fn user_group_of(key: &[u8]) -> Result<(GroupId, GroupState), StoreError> {
    let (_, state, group) = fields(Tag::UserGroup, key)?;
    Ok((GroupId::new(group), state))
}

fn fields(tag: Tag, key: &[u8]) -> Result<(Uuid, GroupState, Uuid), StoreError> {
    let read = || {
        let mut fields = KeyFields::new(tag, key)?;
        Some((fields.uuid()?, GroupState::from_number(fields.u8()?.into())?, fields.uuid()?))
    };
    read().ok_or_else(|| StoreError::Unreadable("a user's place in a group is damaged".into()))
}

fn member_key(group: GroupId, state: GroupState, user: UserId) -> Key {
    Key::new(Tag::GroupMember).uuid(group.uuid()).u8(state as u8).uuid(user.uuid())
}

fn user_group_key(user: UserId, state: GroupState, group: GroupId) -> Key {
    Key::new(Tag::UserGroup).uuid(user.uuid()).u8(state as u8).uuid(group.uuid())
}

impl GroupRow {
    /// Counts a user who moves from one place to another.
    pub(crate) fn count(&mut self, from: Option<GroupState>, to: Option<GroupState>) {
        for (state, arrives) in [(from, false), (to, true)] {
            let count = match state {
                Some(state) if state.is_member() => &mut self.edge_count,
                Some(GroupState::JoinRequest) => &mut self.request_count,
                _ => continue,
            };
            *count = if arrives { count.saturating_add(1) } else { count.saturating_sub(1) };
        }
    }
}

/// How a user's place in a group is exported.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberRecord {
    group_id: Uuid,
    user_id: Uuid,
    state: u8,
}

/// Places of users in groups, for export and import; after accounts and groups, whose counts they make.
pub(crate) const MEMBER_TABLE: Table = Table {
    kind: "group_member",
    rows: || Key::new(Tag::GroupMember).range(),
    export: |key, _| {
        let (group_id, state, user_id) = fields(Tag::GroupMember, key)?;
        record(MemberRecord { group_id, user_id, state: state as u8 })
    },
    import: |txn, record| {
        let MemberRecord { group_id, user_id, state } = serde_json::from_value(record)?;
        let (group, user) = (GroupId::new(group_id), UserId::new(user_id));
        let state = GroupState::from_number(state.into())
            .ok_or_else(|| Fault::Record(format!("state {state} must be 0 to 4")))?;
        let mut row = get(txn, group)?.ok_or_else(|| Fault::Record(format!("there is no group {group}")))?;
        if account::get(txn, user)?.is_none() {
            return Err(Fault::Record(format!("there is no user {user}")));
        }
        if place(txn, group, user)?.is_some() {
            return Err(Fault::Record(format!("user {user} is in group {group} twice")));
        }
        row.count(None, Some(state));
        set_place(txn, group, user, None, Some(state))?;
        put(txn, group, &row).map_err(|error| match error {
            PutError::NameTaken => Fault::Record(format!("name {:?} is another group's too", row.name)),
            PutError::Store(error) => error.into(),
        })
    },
};
