//! Requests to servers elsewhere, as far as the server's configuration grants them.
//!
//! ```no_run
//! # use meadhall_guest::prelude::*;
//! # use std::time::Duration;
//! # fn f(ctx: &Context) -> Result<()> {
//! let key = ctx.environment("API_KEY").unwrap_or_default();
//! let response = http::post("https://api.example.com/scores")
//!     .header("authorization", &format!("Bearer {key}"))
//!     .timeout(Duration::from_secs(2))
//!     .json(&json!({ "player": ctx.user_id()?, "score": 120 }))?
//!     .send()?;
//! if response.is_success() {
//!     let rank: u32 = response.json()?;
//!     info!("now in place {rank}");
//! }
//! # Ok(()) }
//! ```

use crate::bindings::meadhall::plugin::http as wit;
use crate::host::host_call;
use crate::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

pub use wit::Response;

/// A request that is being put together.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a request is sent by `send`"]
pub struct Request(wit::Request);

/// Asks for a URL.
pub fn get(url: &str) -> Request {
    Request::new("GET", url)
}

/// Posts to a URL.
pub fn post(url: &str) -> Request {
    Request::new("POST", url)
}

impl Request {
    /// A request of any method, such as `PUT`.
    pub fn new(method: &str, url: &str) -> Self {
        let (method, url) = (method.to_owned(), url.to_owned());
        Self(wit::Request { method, url, headers: Vec::new(), body: Vec::new(), timeout_ms: None })
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.0.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends these bytes.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.0.body = body.into();
        self
    }

    /// Sends a value as JSON, with the `content-type` for it.
    ///
    /// # Errors
    /// Internal (13) when the value cannot be written as JSON.
    pub fn json(self, value: &impl Serialize) -> Result<Self> {
        Ok(self.header("content-type", "application/json").body(serde_json::to_vec(value)?))
    }

    /// How long to wait for the whole response. Without it, as long as the grant and the running call allow.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.0.timeout_ms = Some(u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX));
        self
    }

    /// Sends it, and waits for the whole response, whatever its status.
    ///
    /// # Errors
    /// Invalid argument (3) for what is no request, permission denied (7) for what is not granted, deadline exceeded (4),
    /// resource exhausted (8) for a body past the grant's limit or too many requests at once, unavailable (14) when the
    /// other server cannot be reached or breaks off.
    pub fn send(self) -> Result<Response> {
        host_call!(http::send(&self.0))
    }
}

impl Response {
    /// Whether the status is one of 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header of a name, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    ///
    /// # Errors
    /// Internal (13) when it is no valid text.
    pub fn text(&self) -> Result<&str> {
        str::from_utf8(&self.body).map_err(|_| Error::internal("the response is no valid text"))
    }

    /// The body, read as JSON.
    ///
    /// # Errors
    /// Internal (13) when it is not what `T` reads.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        Ok(serde_json::from_slice(&self.body)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_put_together() {
        let request = post("https://a.b").json(&[1]).expect("numbers are JSON").timeout(Duration::from_secs(2));
        assert_eq!(request.0.body, b"[1]");
        assert_eq!(request.0.timeout_ms, Some(2000));
        assert_eq!(request.0.headers, [("content-type".to_owned(), "application/json".to_owned())]);
    }

    #[test]
    fn a_response_is_read() {
        let headers = vec![("retry-after".to_owned(), "7".to_owned())];
        let response = Response { status: 429, headers, body: b"[1]".to_vec() };
        assert!(!response.is_success());
        assert_eq!((response.header("retry-after"), response.text()), (Some("7"), Ok("[1]")));
        assert_eq!(response.json::<Vec<u8>>(), Ok(vec![1]));
    }
}
