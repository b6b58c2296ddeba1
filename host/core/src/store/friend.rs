//! The rows of edges between users: one for each side, whose state is a part of its key.
//!
//! Key: tag, user, state, other user. So a user's edges lie together by state, and no row can say that an edge has two.

use super::StoreError;
use super::key::{Key, Tag};
use super::view::Rows;
use crate::friend::FriendState;
use crate::ids::UserId;

/// Whether a user has blocked another one.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn has_blocked(rows: &impl Rows, user: UserId, other: UserId) -> Result<bool, StoreError> {
    Ok(rows.row(&key(user, FriendState::Blocked, other))?.is_some())
}

fn key(user: UserId, state: FriendState, other: UserId) -> Key {
    Key::new(Tag::Friend).uuid(user.uuid()).u8(state as u8).uuid(other.uuid())
}
