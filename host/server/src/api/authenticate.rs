//! Logging in: by device, email or custom id.

use super::auth::Auth;
use super::endpoint::{Call, Endpoint, Input};
use crate::failure::Failure;
use crate::net::tokens::Claims;
use meadhall_core::account::{Credential, LoginRequest};
use meadhall_core::caller::{Caller, CallerUser};
use meadhall_protocol::api;
use std::collections::BTreeMap;
use std::sync::Arc;

/// `POST /v2/account/authenticate/device`
pub(super) struct AuthenticateDevice;
/// `POST /v2/account/authenticate/email`
pub(super) struct AuthenticateEmail;
/// `POST /v2/account/authenticate/custom`
pub(super) struct AuthenticateCustom;

impl Endpoint for AuthenticateDevice {
    const NAME: &'static str = "AuthenticateDevice";
    const AUTH: Auth = Auth::ServerKey;
    type Request = api::AuthenticateDeviceRequest;
    type Reply = api::Session;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        Ok(api::AuthenticateDeviceRequest {
            account: Some(input.body()?),
            create: input.query.flag("create")?,
            username: input.query.text("username")?,
        })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let account = request.account.unwrap_or_default();
        login(call, Credential::Device(account.id), account.vars, request.create, request.username).await
    }
}

impl Endpoint for AuthenticateEmail {
    const NAME: &'static str = "AuthenticateEmail";
    const AUTH: Auth = Auth::ServerKey;
    type Request = api::AuthenticateEmailRequest;
    type Reply = api::Session;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        Ok(api::AuthenticateEmailRequest {
            account: Some(input.body()?),
            create: input.query.flag("create")?,
            username: input.query.text("username")?,
        })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let account = request.account.unwrap_or_default();
        let credential = Credential::Email { email: account.email, password: account.password };
        login(call, credential, account.vars, request.create, request.username).await
    }
}

impl Endpoint for AuthenticateCustom {
    const NAME: &'static str = "AuthenticateCustom";
    const AUTH: Auth = Auth::ServerKey;
    type Request = api::AuthenticateCustomRequest;
    type Reply = api::Session;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        Ok(api::AuthenticateCustomRequest {
            account: Some(input.body()?),
            create: input.query.flag("create")?,
            username: input.query.text("username")?,
        })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let account = request.account.unwrap_or_default();
        login(call, Credential::Custom(account.id), account.vars, request.create, request.username).await
    }
}

async fn login(
    call: &mut Call,
    credential: Credential,
    vars: BTreeMap<String, String>,
    create: Option<bool>,
    username: String,
) -> Result<api::Session, Failure> {
    let app = Arc::clone(&call.app);
    let address = call.caller.client.map(|client| client.ip);
    let request = LoginRequest { credential, create: create.unwrap_or(true), username, address };
    let login = app.core.accounts.authenticate(request).await?;
    let issued = app.core.revocations.issue_time(login.user_id, call.now);
    let claims = Claims {
        token_id: app.core.env.uuid(),
        user_id: login.user_id,
        username: login.username.into(),
        vars: Arc::new(vars),
        issued_at: issued.seconds(),
    };
    if app.config.session.single_session {
        let until = app.tokens.all_expired_after(call.now);
        app.core.revocations.revoke_all(login.user_id, issued, until, Some(claims.token_id)).await?;
    }
    Ok(open(call, claims, login.created))
}

/// Signs the tokens, and makes who got them the caller.
pub(super) fn open(call: &mut Call, claims: Claims, created: bool) -> api::Session {
    let pair = call.app.tokens.sign(&claims, call.now);
    let user = CallerUser {
        id: claims.user_id,
        username: claims.username,
        vars: claims.vars,
        expires_at: pair.session_expires_at,
    };
    call.caller = Arc::new(Caller { user: Some(user), ..Caller::clone(&call.caller) });
    api::Session { created, token: pair.session, refresh_token: pair.refresh }
}
