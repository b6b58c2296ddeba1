//! The rows of groups and of who is in them.
//!
//! A user's place in a group is two rows, one found from the group and one from the user, and its state is a part of
//! both keys: so members lie together by state, and no row can say that a user has two.

use super::StoreError;
use super::key::{Key, Tag};
use super::view::Rows;
use crate::group::GroupState;
use crate::ids::{GroupId, UserId};

/// Whether a user is in a group: as superadmin, admin or member. The common answer costs one look-up.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn is_member(rows: &impl Rows, group: GroupId, user: UserId) -> Result<bool, StoreError> {
    for state in [GroupState::Member, GroupState::Admin, GroupState::Superadmin] {
        if rows.row(&member_key(group, state, user))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn member_key(group: GroupId, state: GroupState, user: UserId) -> Key {
    Key::new(Tag::GroupMember).uuid(group.uuid()).u8(state as u8).uuid(user.uuid())
}
