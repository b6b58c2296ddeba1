//! Who may be in a channel, and who may read its history.

use super::ListError;
use crate::ids::{GroupId, UserId};
use crate::store::view::Rows;
use crate::store::{StoreError, friend, group};
use crate::stream::{Stream, mode};

/// Whether only some users may be in a channel.
pub(crate) fn is_limited(stream: &Stream) -> bool {
    matches!(stream.mode, mode::GROUP | mode::DIRECT)
}

/// Whether a user may be in a channel and speak there: members of the group; the two of a direct channel, while the other
/// one has not blocked them; everybody elsewhere. The common answer costs one look-up, none for a room.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn may_join(rows: &impl Rows, stream: &Stream, user: UserId) -> Result<bool, StoreError> {
    match stream.mode {
        mode::GROUP => group::is_member(rows, GroupId::new(stream.subject), user),
        mode::DIRECT => match other(stream, user) {
            Some(other) => Ok(!friend::has_blocked(rows, other, user)?),
            None => Ok(false),
        },
        _ => Ok(true),
    }
}

/// Whether a user may read a channel's history, in it or not: as [`may_join`], but the two of a direct channel always. The
/// nil user is the server itself, which reads all.
///
/// # Errors
/// When they may not, or the disk cannot be read.
pub(crate) fn may_read(rows: &impl Rows, stream: &Stream, reader: UserId) -> Result<(), ListError> {
    if reader.is_nil() {
        return Ok(());
    }
    match stream.mode {
        mode::GROUP if !may_join(rows, stream, reader)? => Err(ListError::GroupNotFound),
        mode::DIRECT if ![stream.subject, stream.subcontext].contains(&reader.uuid()) => {
            Err(ListError::ChannelNotFound)
        }
        _ => Ok(()),
    }
}

/// The other one of a direct channel; none when the user is not one of its two.
pub(crate) fn other(stream: &Stream, user: UserId) -> Option<UserId> {
    let (one, two) = (UserId::new(stream.subject), UserId::new(stream.subcontext));
    match user {
        _ if one == two => None,
        _ if user == one => Some(two),
        _ if user == two => Some(one),
        _ => None,
    }
}
