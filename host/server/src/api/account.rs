//! The caller's own account.

use super::auth::Auth;
use super::endpoint::{Call, Endpoint, Input};
use super::reply::Empty;
use crate::convert;
use crate::failure::Failure;
use meadhall_core::account::{AccountError, AccountUpdate};
use meadhall_protocol::error::Code;
use meadhall_protocol::{api, texts};
use std::sync::Arc;

/// `GET /v2/account`
pub(super) struct GetAccount;
/// `PUT /v2/account`
pub(super) struct UpdateAccount;
/// `DELETE /v2/account`
pub(super) struct DeleteAccount;

impl Endpoint for GetAccount {
    const NAME: &'static str = "GetAccount";
    const AUTH: Auth = Auth::Session;
    type Request = Empty;
    type Reply = api::Account;

    fn decode(_: &Input) -> Result<Self::Request, Failure> {
        Ok(Empty {})
    }

    async fn run(call: &mut Call, _: Self::Request) -> Result<Self::Reply, Failure> {
        match call.app.core.accounts.get(call.user()?.id).await {
            Ok(account) => Ok(convert::account(account)),
            // A good token of an account that is gone; the text differs from that of a failed login.
            Err(AccountError::NotFound) => Err(Failure::new(Code::NotFound, texts::ACCOUNT_NOT_FOUND)),
            Err(other) => Err(other.into()),
        }
    }
}

impl Endpoint for UpdateAccount {
    const NAME: &'static str = "UpdateAccount";
    const AUTH: Auth = Auth::Session;
    type Request = api::UpdateAccountRequest;
    type Reply = Empty;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        input.body()
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let update = AccountUpdate {
            username: request.username,
            display_name: request.display_name,
            avatar_url: request.avatar_url,
            lang_tag: request.lang_tag,
            location: request.location,
            timezone: request.timezone,
            // Only plugins write it.
            metadata: None,
        };
        call.app.core.accounts.update(call.user()?.id, update).await?;
        Ok(Empty {})
    }
}

impl Endpoint for DeleteAccount {
    const NAME: &'static str = "DeleteAccount";
    const AUTH: Auth = Auth::Session;
    type Request = Empty;
    type Reply = Empty;

    fn decode(_: &Input) -> Result<Self::Request, Failure> {
        Ok(Empty {})
    }

    /// Closes the user's sockets, and ends their tokens.
    async fn run(call: &mut Call, _: Self::Request) -> Result<Self::Reply, Failure> {
        let (app, user) = (Arc::clone(&call.app), call.user()?.id);
        match app.core.delete_account(user, app.tokens.all_expired_after(call.now)).await {
            Ok(()) => Ok(Empty {}),
            Err(AccountError::NotFound) => Err(Failure::new(Code::NotFound, texts::ACCOUNT_NOT_FOUND)),
            Err(other) => Err(other.into()),
        }
    }
}
