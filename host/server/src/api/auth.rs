//! Who may call: the server key for logging in, a session token for the rest. The HTTP key is `rpc.rs`'s.

use crate::app::App;
use crate::failure::Failure;
use crate::net::tokens::SessionToken;
use axum::http::HeaderMap;
use axum::http::header;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use meadhall_core::account::AccountError;
use meadhall_core::clock::Timestamp;
use meadhall_protocol::error::Code;
use meadhall_protocol::texts;
use subtle::ConstantTimeEq as _;

/// What a caller must show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Auth {
    /// HTTP Basic with the server key as user name; the password is ignored.
    ServerKey,
    /// A session token as bearer.
    Session,
}

/// Checks the server key.
///
/// # Errors
/// When it is missing or wrong.
pub(super) fn server_key(app: &App, headers: &HeaderMap) -> Result<(), Failure> {
    let Some(authorization) = headers.get(header::AUTHORIZATION) else {
        return Err(Failure::new(Code::Unauthenticated, texts::SERVER_KEY_REQUIRED));
    };
    match basic_user(authorization.as_bytes()) {
        Some(user) if same(&user, &app.config.server.server_key) => Ok(()),
        _ => Err(Failure::new(Code::Unauthenticated, texts::SERVER_KEY_INVALID)),
    }
}

/// Checks a session token, revocation included.
///
/// # Errors
/// When it is missing or invalid.
pub(super) fn session(app: &App, headers: &HeaderMap, now: Timestamp) -> Result<SessionToken, Failure> {
    let Some(authorization) = headers.get(header::AUTHORIZATION) else {
        return Err(Failure::new(Code::Unauthenticated, texts::AUTH_TOKEN_REQUIRED));
    };
    valid_session(app, bearer(authorization.as_bytes()).unwrap_or_default(), now)
}

/// The token, when it is good and was not logged out.
///
/// # Errors
/// When it is not, or its user is banned.
pub(super) fn valid_session(app: &App, token: &str, now: Timestamp) -> Result<SessionToken, Failure> {
    let invalid = || Failure::new(Code::Unauthenticated, texts::AUTH_TOKEN_INVALID);
    let token = app.tokens.verify_session(token, now).map_err(|_| invalid())?;
    if app.core.revocations.is_banned(token.user.id) {
        return Err(AccountError::Banned.into());
    }
    let issued = Timestamp::from_seconds(token.issued_at);
    if app.core.revocations.is_revoked(token.user.id, token.token_id, issued) { Err(invalid()) } else { Ok(token) }
}

/// The token of a bearer authorization. The scheme is matched as clients write it.
pub(super) fn bearer(authorization: &[u8]) -> Option<&str> {
    std::str::from_utf8(authorization.strip_prefix(b"Bearer ")?).ok()
}

/// The user name of a basic authorization.
pub(super) fn basic_user(authorization: &[u8]) -> Option<String> {
    let decoded = BASE64_STANDARD.decode(authorization.strip_prefix(b"Basic ")?).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (user, _password) = text.split_once(':')?;
    Some(user.to_owned())
}

/// Whether a key is the configured one, in a time that does not tell how much of it is right.
pub(super) fn same(given: &str, configured: &str) -> bool {
    // An empty key would let everybody in; the configuration fills it, this makes sure.
    !configured.is_empty() && bool::from(given.as_bytes().ct_eq(configured.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_is_read_as_clients_write_it() {
        let cases = [
            ("Basic ZGVmYXVsdGtleTo=", Some("defaultkey")),
            ("Basic ZGVmYXVsdGtleTpwYXNz", Some("defaultkey")),
            ("Basic ZGVmYXVsdGtleQ==", None),
            ("basic ZGVmYXVsdGtleTo=", None),
            ("Bearer ZGVmYXVsdGtleTo=", None),
            ("Basic ***", None),
            ("Basic", None),
            ("", None),
        ];
        for (header, expected) in cases {
            assert_eq!(basic_user(header.as_bytes()).as_deref(), expected, "{header}");
        }
    }

    #[test]
    fn bearer_is_read_as_clients_write_it() {
        for (header, expected) in
            [("Bearer x.y.z", Some("x.y.z")), ("bearer x.y.z", None), ("Bearer ", Some("")), ("", None)]
        {
            assert_eq!(bearer(header.as_bytes()), expected, "{header}");
        }
    }

    #[test]
    fn an_empty_key_lets_nobody_in() {
        assert!(same("key", "key"));
        assert!(!same("kex", "key"));
        assert!(!same("key ", "key"));
        assert!(!same("", ""));
    }
}
