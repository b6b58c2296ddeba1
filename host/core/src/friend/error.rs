//! Why friend operations are refused: a variant for each text of the wire.

use super::METADATA_LEN_MAX;
use crate::store::StoreError;

/// Why a friend operation is refused. Nothing was changed. The texts that begin with a capital are the wire's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FriendError {
    /// The user adds themselves.
    #[error("Cannot add self as friend.")]
    AddSelf,
    /// The user deletes themselves.
    #[error("Cannot delete self.")]
    DeleteSelf,
    /// The user blocks themselves.
    #[error("Cannot block self.")]
    BlockSelf,
    /// An id that no user can have: it is no UUID, or the server's own.
    #[error("Invalid user ID '{0}'.")]
    InvalidUserId(String),
    /// An empty name.
    #[error("Username must not be empty.")]
    EmptyUsername,
    /// No id was given, and nobody has any of the names.
    #[error("No valid ID or username was provided.")]
    NoTarget,
    /// The metadata is no JSON, or no object.
    #[error("metadata must be a JSON object")]
    InvalidMetadata,
    /// The metadata is too long; it has so many bytes.
    #[error("metadata is {0} bytes, the limit is {METADATA_LEN_MAX}")]
    MetadataTooLong(usize),
    /// The cursor is not one of this list.
    #[error("Cursor is invalid.")]
    InvalidCursor,
    /// The account of whoever asks is gone.
    #[error("Account not found.")]
    AccountNotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
