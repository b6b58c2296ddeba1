//! RPCs over plain HTTP: `GET` and `POST /v2/rpc/{id}`.
//!
//! No endpoint like the others: it takes the HTTP key as well as a session, it has no hooks, `unwrap` makes its bodies
//! raw, and its refusals carry an `error` beside `message`: the same text again, or `{}` for one that the function
//! itself returned.

use super::auth;
use super::body::Incoming;
use super::query::Query;
use super::reply::Reply;
use crate::failure::Failure;
use crate::plugin::{CallContext, CallError};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use meadhall_core::caller::{Caller, CallerUser};
use meadhall_protocol::error::Code;
use meadhall_protocol::texts;
use serde::Serialize;
use std::sync::Arc;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain");

/// Handles one call.
pub(super) fn call(incoming: Incoming) -> BoxFuture<'static, Reply> {
    Box::pin(async move { answer(incoming).await.unwrap_or_else(|refusal| refusal.reply()) })
}

async fn answer(mut incoming: Incoming) -> Result<Reply, Refusal> {
    let app = Arc::clone(&incoming.app);
    let query = incoming.take_query()?;
    let authorized = authorize(&incoming, &query)?;
    let id = query.variable("id").to_lowercase();
    if id.is_empty() {
        return Err(Failure::new(Code::InvalidArgument, texts::RPC_ID_REQUIRED).into());
    }
    if !app.plugins.has_rpc(&id) {
        return Err(CallError::NotFound.into());
    }
    let unwrap = query.has("unwrap");
    let payload = match incoming.parts.method {
        Method::POST => payload(&incoming.read_body().await?, unwrap)?,
        _ => String::new(),
    };
    let caller = Caller { user: authorized.user, session: None, client: incoming.client() };
    let context = CallContext {
        caller: Arc::new(caller),
        query: query.into_grouped(|name| name != "http_key"),
        headers: headers(&incoming.parts.headers, authorized.by_header),
    };
    let result = app.plugins.rpc(&id, payload, context).await?;
    if unwrap {
        let content_type = incoming.parts.headers.get(header::CONTENT_TYPE).filter(|value| !value.is_empty());
        return Ok(Reply::new(StatusCode::OK, content_type.cloned().unwrap_or(TEXT), result));
    }
    Ok(Reply::json(serde_json::to_vec(&Wrapped { payload: &result }).expect("a text becomes JSON")))
}

/// Who calls: nobody, for a server with the HTTP key.
struct Authorized {
    user: Option<CallerUser>,
    /// The `Authorization` header was what let the caller in.
    by_header: bool,
}

/// The key of the query decides; without one the header does.
fn authorize(incoming: &Incoming, query: &Query) -> Result<Authorized, Failure> {
    let app = &incoming.app;
    let http_key = &app.config.runtime.http_key;
    let refused = |text| Err(Failure::new(Code::Unauthenticated, text));
    if let Some(key) = query.first("http_key").filter(|key| !key.is_empty()) {
        return match auth::same(key, http_key) {
            true => Ok(Authorized { user: None, by_header: false }),
            false => refused(texts::HTTP_KEY_INVALID),
        };
    }
    let Some(authorization) = incoming.parts.headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes) else {
        return refused(texts::AUTH_TOKEN_OR_HTTP_KEY_REQUIRED);
    };
    if let Some(token) = auth::bearer(authorization) {
        let token = auth::valid_session(app, token, app.core.env.now())?;
        return Ok(Authorized { user: Some(token.user), by_header: true });
    }
    match auth::basic_user(authorization) {
        Some(key) if auth::same(&key, http_key) => Ok(Authorized { user: None, by_header: true }),
        Some(_) => refused(texts::HTTP_KEY_INVALID),
        None => refused(texts::AUTH_TOKEN_INVALID),
    }
}

/// The text for the function: the body itself when it comes unwrapped, else the JSON text that the body is. Nothing
/// and `null` are the empty text.
fn payload(body: &Bytes, unwrap: bool) -> Result<String, Failure> {
    let refused = |text| Failure::new(Code::InvalidArgument, text);
    if unwrap {
        return String::from_utf8(body.to_vec()).map_err(|_| refused("RPC payload must be UTF-8"));
    }
    if body.is_empty() {
        return Ok(String::new());
    }
    serde_json::from_slice::<Option<String>>(body)
        .map(Option::unwrap_or_default)
        .map_err(|_| refused(texts::RPC_BODY_IS_NO_TEXT))
}

/// What the function may read of the request's headers. Not the authorization that let the caller in: a session token
/// or the HTTP key is no plugin's business.
fn headers(headers: &HeaderMap, by_header: bool) -> Vec<(String, Vec<String>)> {
    let shown = |name: &&HeaderName| !(by_header && **name == header::AUTHORIZATION);
    let values = |name: &HeaderName| {
        headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
    };
    headers.keys().filter(shown).map(|name| (name.as_str().to_owned(), values(name))).collect()
}

#[derive(Serialize)]
struct Wrapped<'a> {
    payload: &'a str,
}

/// A refused or failed call.
#[derive(Debug)]
struct Refusal {
    failure: Failure,
    /// The function itself returned it.
    by_function: bool,
}

#[derive(Serialize)]
struct RefusalBody<'a> {
    code: u32,
    error: RefusalError<'a>,
    message: &'a str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum RefusalError<'a> {
    Text(&'a str),
    Function {},
}

impl Refusal {
    fn reply(&self) -> Reply {
        let message: &str = &self.failure.message;
        let error = if self.by_function { RefusalError::Function {} } else { RefusalError::Text(message) };
        Reply::refusal(&self.failure, &RefusalBody { code: self.failure.code as u32, error, message })
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self { failure, by_function: false }
    }
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        Self { by_function: matches!(error, CallError::Failed { .. }), failure: error.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_a_json_text() {
        let read = |body: &'static str| payload(&Bytes::from_static(body.as_bytes()), false).ok();
        for (body, expected) in [
            ("", Some("")),
            ("null", Some("")),
            (r#""""#, Some("")),
            (r#" "a\nb" "#, Some("a\nb")),
            (r#"{"a":1}"#, None),
            (r#"["a"]"#, None),
            ("5", None),
            ("hello", None),
            (r#""a" "b""#, None),
        ] {
            assert_eq!(read(body).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn an_unwrapped_payload_is_the_body() {
        assert_eq!(payload(&Bytes::from_static(b"{\"a\":1}"), true).as_deref(), Ok("{\"a\":1}"));
        assert!(payload(&Bytes::from_static(b"\xff"), true).is_err());
    }

    #[test]
    fn functions_do_not_see_what_let_the_caller_in() {
        let mut given = HeaderMap::new();
        given.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer x"));
        given.append("x-tag", HeaderValue::from_static("1"));
        given.append("x-tag", HeaderValue::from_static("2"));
        let tags = ("x-tag".to_owned(), vec!["1".to_owned(), "2".to_owned()]);
        assert_eq!(headers(&given, true), std::slice::from_ref(&tags));
        assert_eq!(headers(&given, false), [("authorization".to_owned(), vec!["Bearer x".to_owned()]), tags]);
    }

    #[test]
    fn refusals_say_who_refused() {
        let body = |by_function| {
            let failure = Failure::new(Code::NotFound, "gone");
            let error = if by_function { RefusalError::Function {} } else { RefusalError::Text("gone") };
            serde_json::to_string(&RefusalBody { code: failure.code as u32, error, message: "gone" }).unwrap()
        };
        assert_eq!(body(false), r#"{"code":5,"error":"gone","message":"gone"}"#);
        assert_eq!(body(true), r#"{"code":5,"error":{},"message":"gone"}"#);
    }
}
