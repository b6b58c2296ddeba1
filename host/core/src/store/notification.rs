//! The rows of notifications. Key: tag, user, id; so the notifications of a user lie together in the order of their ids.

use super::{StoreError, Txn};
use crate::ids::UserId;
use crate::notification::Notification;

/// Stores a notification.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn put(_txn: &mut Txn, _user: UserId, _notification: &Notification) -> Result<(), StoreError> {
    Err(StoreError::Failed("notifications are not stored yet".into()))
}
