//! Sessions: new tokens for a refresh token, and logging out.

use super::auth::Auth;
use super::authenticate::open;
use super::endpoint::{Call, Endpoint, Input};
use super::reply::Empty;
use crate::failure::Failure;
use crate::net::tokens::{Claims, SessionToken};
use meadhall_core::account::AccountError;
use meadhall_core::clock::Timestamp;
use meadhall_protocol::api;
use meadhall_protocol::error::Code;
use meadhall_protocol::texts;
use std::sync::Arc;

/// `POST /v2/account/session/refresh`
pub(super) struct SessionRefresh;
/// `POST /v2/session/logout`
pub(super) struct SessionLogout;

impl Endpoint for SessionRefresh {
    const NAME: &'static str = "SessionRefresh";
    const AUTH: Auth = Auth::ServerKey;
    type Request = api::SessionRefreshRequest;
    type Reply = api::Session;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        input.body()
    }

    /// Token id, time of issue and, unless new ones are given, vars stay; the name is read again.
    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        if request.token.is_empty() {
            return Err(Failure::new(Code::InvalidArgument, texts::REFRESH_TOKEN_REQUIRED));
        }
        let app = Arc::clone(&call.app);
        let invalid = || Failure::new(Code::Unauthenticated, texts::REFRESH_TOKEN_EXPIRED);
        let old = app.tokens.verify_refresh(&request.token, call.now).map_err(|_| invalid())?;
        if app.core.revocations.is_banned(old.user.id) {
            return Err(AccountError::Banned.into());
        }
        if app.core.revocations.is_revoked(old.user.id, old.token_id, Timestamp::from_seconds(old.issued_at)) {
            return Err(invalid());
        }
        let account = app.core.accounts.get(old.user.id).await.map_err(|error| match error {
            // The token is good, but what it was for is gone.
            AccountError::NotFound => invalid(),
            other => other.into(),
        })?;
        let vars = if request.vars.is_empty() { old.user.vars } else { Arc::new(request.vars) };
        let claims = Claims {
            token_id: old.token_id,
            user_id: old.user.id,
            username: account.user.username.into(),
            vars,
            issued_at: old.issued_at,
        };
        Ok(open(call, claims, false))
    }
}

impl Endpoint for SessionLogout {
    const NAME: &'static str = "SessionLogout";
    const AUTH: Auth = Auth::Session;
    type Request = api::SessionLogoutRequest;
    type Reply = Empty;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        input.body()
    }

    /// With tokens, ends these; without any, all of the user's. Sockets stay open.
    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let app = Arc::clone(&call.app);
        let user = call.user()?.id;
        let until = app.tokens.all_expired_after(call.now);
        if request.token.is_empty() && request.refresh_token.is_empty() {
            // A token counts whole seconds, and one of this very second stays good: whoever logs in again at once would
            // otherwise be logged out with the rest.
            let issued = Timestamp::from_seconds(call.now.seconds().saturating_sub(1));
            app.core.revocations.revoke_all(user, issued, until, None).await?;
            return Ok(Empty {});
        }
        // Both are checked before either is ended: a refusal changes nothing.
        let mine = |token: &SessionToken| token.user.id == user;
        let refused = |text| Failure::new(Code::InvalidArgument, text);
        let mut ended = Vec::new();
        if !request.token.is_empty() {
            let token = app.tokens.verify_session(&request.token, call.now).ok().filter(mine);
            ended.push(token.ok_or_else(|| refused(texts::LOGOUT_SESSION_TOKEN_INVALID))?);
        }
        if !request.refresh_token.is_empty() {
            let token = app.tokens.verify_refresh(&request.refresh_token, call.now).ok().filter(mine);
            ended.push(token.ok_or_else(|| refused(texts::LOGOUT_REFRESH_TOKEN_INVALID))?);
        }
        ended.dedup_by_key(|token| token.token_id);
        for token in ended {
            app.core.revocations.revoke(token.token_id, until.max(token.user.expires_at)).await?;
        }
        Ok(Empty {})
    }
}
