//! The one layer around all endpoints: authenticate, decode, before-hooks, call, encode, after-hooks.

use super::auth::{self, Auth};
use super::body::Incoming;
use super::query::Query;
use super::reply::Reply;
use crate::app::App;
use crate::failure::Failure;
use crate::plugin::{Before, CallContext};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use meadhall_core::caller::{Caller, CallerUser};
use meadhall_core::clock::Timestamp;
use meadhall_protocol::codec::{self, UnknownFields};
use meadhall_protocol::error::Code;
use meadhall_protocol::texts;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// One operation of the public API.
pub(super) trait Endpoint: 'static {
    /// Its public name: what hooks register for.
    const NAME: &'static str;
    /// Who may call it.
    const AUTH: Auth;
    /// What hooks get and may change.
    type Request: Serialize + DeserializeOwned + Send + Sync;
    type Reply: IntoJson + Send;

    /// Takes the request from path, query and body.
    fn decode(input: &Input) -> Result<Self::Request, Failure>;

    /// Does it.
    fn run(call: &mut Call, request: Self::Request) -> impl Future<Output = Result<Self::Reply, Failure>> + Send;
}

/// What becomes JSON: every message, and what was written as JSON already.
pub(super) trait IntoJson {
    fn into_json(self) -> String;
}

impl<T: Serialize> IntoJson for T {
    fn into_json(self) -> String {
        codec::to_json(&self)
    }
}

/// A reply that was written as JSON where it was read.
#[derive(Debug)]
pub(super) struct Written(pub(super) String);

impl IntoJson for Written {
    fn into_json(self) -> String {
        self.0
    }
}

/// What a request brought.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub(super) query: Query,
    body: Bytes,
}

impl Input {
    /// The body as a message; no body is an empty message. Unknown fields are skipped.
    ///
    /// # Errors
    /// When it is no such message.
    pub(super) fn body<T: DeserializeOwned + Default>(&self) -> Result<T, Failure> {
        if self.body.trim_ascii().is_empty() {
            return Ok(T::default());
        }
        codec::from_json(&self.body, UnknownFields::Skip)
            .map_err(|error| Failure::new(Code::InvalidArgument, error.to_string()))
    }
}

/// One call of an endpoint.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) app: Arc<App>,
    /// Who calls. A login puts in who it logged in, so that its after-hooks see them.
    pub(super) caller: Arc<Caller>,
    /// The moment of the call.
    pub(super) now: Timestamp,
}

impl Call {
    /// Checks who calls, as far as `auth` asks.
    pub(super) fn authenticate(app: &Arc<App>, auth: Auth, incoming: &Incoming) -> Result<Self, Failure> {
        let now = app.core.env.now();
        let headers = &incoming.parts.headers;
        let user = match auth {
            Auth::ServerKey => {
                auth::server_key(app, headers)?;
                None
            }
            Auth::Session => Some(auth::session(app, headers, now)?.user),
        };
        let caller = Caller { user, session: None, client: incoming.client() };
        Ok(Self { app: Arc::clone(app), caller: Arc::new(caller), now })
    }

    /// The user who calls.
    ///
    /// # Errors
    /// When the endpoint did not ask for a session.
    pub(super) fn user(&self) -> Result<&CallerUser, Failure> {
        self.caller.user.as_ref().ok_or_else(|| Failure::new(Code::Unauthenticated, texts::AUTH_TOKEN_REQUIRED))
    }

    fn context(&self) -> CallContext {
        CallContext { caller: Arc::clone(&self.caller), ..CallContext::default() }
    }
}

/// Handles one request to an endpoint.
pub(super) fn serve<E: Endpoint>(incoming: Incoming) -> BoxFuture<'static, Reply> {
    Box::pin(async move {
        match answer::<E>(incoming).await {
            Ok(body) => Reply::json(body),
            Err(failure) => Reply::failure(&failure),
        }
    })
}

async fn answer<E: Endpoint>(mut incoming: Incoming) -> Result<String, Failure> {
    let app = Arc::clone(&incoming.app);
    // Before the body is read, so that nobody without a key or a token costs memory.
    let mut call = Call::authenticate(&app, E::AUTH, &incoming)?;
    let input = Input { body: incoming.read_body().await?, query: incoming.take_query()? };
    let mut request = E::decode(&input)?;
    if app.plugins.wants_before(E::NAME) {
        request = before::<E>(&call, request).await?;
    }
    // Encoded before the call takes the request, and only when somebody wants it.
    let seen = app.plugins.wants_after(E::NAME).then(|| codec::to_json(&request));
    let reply = E::run(&mut call, request).await?.into_json();
    if let Some(request) = seen {
        app.plugins.after(E::NAME, &request, &reply, call.context()).await;
    }
    Ok(reply)
}

/// Runs the before-hooks: the request as they leave it.
async fn before<E: Endpoint>(call: &Call, request: E::Request) -> Result<E::Request, Failure> {
    match call.app.plugins.before(E::NAME, codec::to_json(&request), call.context()).await? {
        Before::Keep => Ok(request),
        Before::Replace(json) => codec::from_json(json.as_bytes(), UnknownFields::Skip).map_err(|error| {
            Failure::new(Code::Internal, format!("before-hook of {} returned no valid request: {error}", E::NAME))
        }),
        Before::Drop => Err(Failure::new(Code::NotFound, texts::RESOURCE_NOT_FOUND)),
    }
}
