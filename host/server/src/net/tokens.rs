//! Session and refresh tokens (JWT, HS256), as WIRE describes: claims `tid`, `uid`, `usn`, `vrs`, `exp`, `iat`.

use meadhall_core::caller::CallerUser;
use uuid::Uuid;

/// Signs and checks tokens.
#[derive(Debug)]
pub struct Tokens {}

/// A token that was checked: signature, expiry and form. Revocation is asked of core.
#[derive(Clone, Debug)]
pub struct SessionToken {
    pub token_id: Uuid,
    pub user: CallerUser,
    /// Seconds since the Unix epoch.
    pub issued_at: i64,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("token invalid")]
pub struct InvalidToken;

impl Tokens {
    /// Checks a session token at a time.
    pub fn verify_session(&self, _token: &str, _now: meadhall_core::clock::Timestamp) -> Result<SessionToken, InvalidToken> { todo!() }
}
