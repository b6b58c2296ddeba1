//! What goes back: a status, a body and the headers that every answer has.

use crate::failure::Failure;
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use std::io::Write as _;

/// Smaller bodies fit one packet anyway and are sent as they are.
const WORTH_COMPRESSING: usize = 1400;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NEVER_CACHE: HeaderValue = HeaderValue::from_static("no-store, no-cache, must-revalidate");

/// A reply without content: `{}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Empty {}

/// An answer, before it is known how it travels.
#[derive(Debug)]
pub(super) struct Reply {
    status: StatusCode,
    /// None for a body that is empty whatever its type.
    content_type: Option<HeaderValue>,
    /// Of a 401: what is asked for.
    authenticate: Option<HeaderValue>,
    body: ReplyBody,
}

#[derive(Debug)]
enum ReplyBody {
    Whole(Bytes),
    Stream(Body),
}

/// The body of a refused request.
#[derive(Serialize)]
struct FailureBody<'a> {
    code: u32,
    message: &'a str,
}

impl Reply {
    /// A success, as JSON.
    pub(super) fn json(body: impl Into<Bytes>) -> Self {
        Self::new(StatusCode::OK, JSON, body)
    }

    /// Any answer.
    pub(super) fn new(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        Self { status, content_type: Some(content_type), authenticate: None, body: ReplyBody::Whole(body.into()) }
    }

    /// A success without a body.
    pub(super) fn nothing() -> Self {
        Self { status: StatusCode::OK, content_type: None, authenticate: None, body: ReplyBody::Whole(Bytes::new()) }
    }

    /// A success that is sent piece by piece.
    pub(super) fn stream(content_type: HeaderValue, body: Body) -> Self {
        Self {
            status: StatusCode::OK,
            content_type: Some(content_type),
            authenticate: None,
            body: ReplyBody::Stream(body),
        }
    }

    /// A refused or failed request: code and text in the body, the status that goes with the code.
    pub(super) fn failure(failure: &Failure) -> Self {
        let body = FailureBody { code: failure.code as u32, message: &failure.message };
        let mut reply = Self::refusal(failure, &body);
        if reply.status == StatusCode::UNAUTHORIZED {
            // A text of a plugin may hold what no header can; then the body alone tells.
            reply.authenticate = HeaderValue::from_str(&failure.message).ok();
        }
        reply
    }

    /// A refused or failed request with a body of its own.
    pub(super) fn refusal(failure: &Failure, body: &impl Serialize) -> Self {
        let status = StatusCode::from_u16(failure.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(body).expect("numbers and texts become JSON");
        Self::new(status, JSON, body)
    }

    /// As it travels; compressed where the client takes gzip and it is worth it.
    pub(super) fn into_response(self, gzip: bool) -> Response {
        let (body, encoded) = match self.body {
            ReplyBody::Whole(body) if gzip && body.len() >= WORTH_COMPRESSING => match compress(&body) {
                Some(compressed) => (Body::from(compressed), true),
                None => (Body::from(body), false),
            },
            ReplyBody::Whole(body) => (Body::from(body), false),
            ReplyBody::Stream(body) => (body, false),
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.reserve(6);
        if let Some(content_type) = self.content_type {
            headers.insert(header::CONTENT_TYPE, content_type);
        }
        headers.insert(header::CACHE_CONTROL, NEVER_CACHE);
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        if encoded {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if let Some(text) = self.authenticate {
            headers.insert(header::WWW_AUTHENTICATE, text);
        }
        response
    }
}

/// The fastest level: the largest answers are pages of text, where it already takes away most.
fn compress(body: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use meadhall_protocol::error::Code;

    #[test]
    fn a_failure_has_the_status_of_its_code() {
        let response = Reply::failure(&Failure::new(Code::NotFound, "Not Found")).into_response(false);
        assert_eq!(response.status(), 404);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        assert!(!response.headers().contains_key(header::WWW_AUTHENTICATE));
    }

    #[test]
    fn a_401_says_what_is_asked_for() {
        let response = Reply::failure(&Failure::new(Code::Unauthenticated, "Auth token required")).into_response(false);
        assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Auth token required");
    }

    #[test]
    fn a_text_that_fits_no_header_is_in_the_body_only() {
        let response = Reply::failure(&Failure::new(Code::Unauthenticated, "two\nlines")).into_response(false);
        assert_eq!(response.status(), 401);
        assert!(!response.headers().contains_key(header::WWW_AUTHENTICATE));
    }

    #[test]
    fn only_large_bodies_are_compressed() {
        for (size, gzip, encoded) in [(100, true, false), (10_000, true, true), (10_000, false, false)] {
            let response = Reply::json("x".repeat(size)).into_response(gzip);
            assert_eq!(response.headers().contains_key(header::CONTENT_ENCODING), encoded, "{size} {gzip}");
        }
    }
}
