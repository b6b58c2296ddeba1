//! Why group operations are refused.

use crate::ids::UserId;
use crate::store::StoreError;

/// Why a group operation is refused. The texts that begin with a capital are the wire's, word for word.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GroupError {
    /// There is no such group.
    #[error("Group not found.")]
    NotFound,
    /// There is no such group, or the user may not manage its members.
    #[error("Group not found or permission denied.")]
    MayNotManage,
    /// There is no such group, or the user may not change it.
    #[error("Group not found or you're not allowed to update.")]
    MayNotUpdate,
    /// There is no such group, or the user may not delete it.
    #[error("Group not found or you're not allowed to delete.")]
    MayNotDelete,
    /// There is no such user.
    #[error("there is no user {0}")]
    UserNotFound(UserId),
    /// More users than one call may be about.
    #[error("{0} users are too many for one call, the limit is 1000")]
    TooManyUsers(usize),
    /// It has as many members as it may have.
    #[error("Group is full.")]
    Full,
    /// As many users ask already as may.
    #[error("group has {0} join requests already, and takes no more before some are answered")]
    TooManyRequests(u32),
    /// A superadmin leaves who is the only one.
    #[error("Cannot leave group when you are the last superadmin.")]
    LastSuperadminLeaves,
    /// The server takes the rank of a group's only superadmin away.
    #[error("user {0} is the last superadmin of the group")]
    LastSuperadmin(UserId),
    /// A new group without a name.
    #[error("Group name must be set.")]
    NameRequired,
    /// A change to no name.
    #[error("Group name cannot be empty.")]
    NameEmpty,
    /// The name is too long; in bytes.
    #[error("group name is {0} bytes, the limit is 255")]
    NameTooLong(usize),
    /// The name has a control character.
    #[error("group name must not contain control characters")]
    NameCharacters,
    /// A new group with the name of another one.
    #[error("Group name is in use.")]
    NameTaken,
    /// A change to the name of another group, which has another code on the wire.
    #[error("Group name is in use.")]
    NewNameTaken,
    /// A change to no language.
    #[error("Group language cannot be empty.")]
    LanguageEmpty,
    /// A field is too long; in characters.
    #[error("{field} is {length} characters, the limit is {limit}")]
    FieldTooLong {
        /// The name of the field on the wire.
        field: &'static str,
        /// How long it is.
        length: usize,
        /// How long it may be.
        limit: usize,
    },
    /// The metadata is not what it must be.
    #[error("metadata must be a JSON object")]
    InvalidMetadata,
    /// A capacity below one, or above what the wire can tell.
    #[error("Group max count must be >= 1 when set.")]
    InvalidMaxCount,
    /// A capacity below what is there.
    #[error("group has {members} members, its max count cannot be {max_count}")]
    MaxCountBelowMembers {
        /// How many are in it.
        members: u32,
        /// What was asked for.
        max_count: u32,
    },
    /// An update that changes nothing.
    #[error("Specify at least one field to update.")]
    NothingToUpdate,
    /// The name is a filter that stands alone.
    #[error("name filter cannot be combined with any other filter")]
    NameFilterNotAlone,
    /// The cursor is not one of this list.
    #[error("Cursor is invalid.")]
    InvalidCursor,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl GroupError {
    /// The code that the public API gives with it: a gRPC status code.
    pub const fn code(&self) -> u32 {
        match self {
            Self::NotFound | Self::MayNotManage | Self::MayNotUpdate | Self::UserNotFound(_) => 5,
            Self::NameTaken => 6,
            Self::TooManyRequests(_) => 8,
            Self::LastSuperadmin(_) => 9,
            Self::Store(_) => 13,
            Self::MayNotDelete
            | Self::TooManyUsers(_)
            | Self::Full
            | Self::LastSuperadminLeaves
            | Self::NameRequired
            | Self::NameEmpty
            | Self::NameTooLong(_)
            | Self::NameCharacters
            | Self::NewNameTaken
            | Self::LanguageEmpty
            | Self::FieldTooLong { .. }
            | Self::InvalidMetadata
            | Self::InvalidMaxCount
            | Self::MaxCountBelowMembers { .. }
            | Self::NothingToUpdate
            | Self::NameFilterNotAlone
            | Self::InvalidCursor => 3,
        }
    }
}
