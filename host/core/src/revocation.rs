//! Tokens that were logged out: refused for as long as they would have lived, across restarts.

use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::store::StoreError;
use uuid::Uuid;

/// The invalidations, in memory for reading and in the store for restarts.
#[derive(Debug)]
pub struct Revocations {}

impl Revocations {
    /// Invalidates all tokens with this token id until they would have expired.
    pub async fn revoke(&self, _token_id: Uuid, _until: Timestamp) -> Result<(), StoreError> { todo!() }
    /// Invalidates all tokens of a user issued at or before `issued` (seconds count), except `keep`.
    pub async fn revoke_all(&self, _user: UserId, _issued: Timestamp, _until: Timestamp, _keep: Option<Uuid>) -> Result<(), StoreError> { todo!() }
    /// Whether a token is invalidated. Memory only.
    pub fn is_revoked(&self, _user: UserId, _token_id: Uuid, _issued: Timestamp) -> bool { todo!() }
}
