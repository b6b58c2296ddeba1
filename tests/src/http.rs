//! A client of the REST API.

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// The server key of `--dev`.
pub const SERVER_KEY: &str = "defaultkey";
/// The HTTP key of `--dev`.
pub const HTTP_KEY: &str = "defaulthttpkey";

/// A client of one server's REST API.
#[derive(Clone, Debug)]
pub struct Http {
    base: String,
    client: reqwest::Client,
}

/// What the server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; null when it is empty, a text when it is no JSON.
    pub body: Value,
}

/// A user that is logged in.
#[derive(Clone, Debug)]
pub struct Login {
    /// The session token.
    pub token: String,
    /// The refresh token.
    pub refresh_token: String,
    /// Whether the account was made by this login.
    pub created: bool,
    /// The user's id, from the token.
    pub user_id: String,
    /// The user's name, from the token.
    pub username: String,
}

impl Http {
    /// A client of the server at an address.
    pub fn new(addr: SocketAddr) -> Self {
        // A client wants to know who would encrypt, also where nothing is; the first to say so says it for the process.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { base: format!("http://{addr}"), client: reqwest::Client::new() }
    }

    /// Logs in with a device id, which makes the account when there is none.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn log_in(&self, device: &str, username: &str) -> Result<Login> {
        let path = format!("/v2/account/authenticate/device?create=true&username={username}");
        let answer = self.authenticate(&path, json!({ "id": device })).await?;
        Login::from_answer(&answer).with_context(|| format!("logging in with device {device:?}: {answer:?}"))
    }

    /// Calls one of the routes that want the server key.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn authenticate(&self, path: &str, body: Value) -> Result<Answer> {
        let request = self.client.post(self.url(path)).basic_auth(SERVER_KEY, Some(""));
        answer(request.body(body.to_string())).await
    }

    /// Calls a route with a session token.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn call(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Result<Answer> {
        let mut request = self.client.request(method, self.url(path)).bearer_auth(token);
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        answer(request).await
    }

    /// `GET` with a session token.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn get(&self, path: &str, token: &str) -> Result<Answer> {
        self.call(Method::GET, path, token, None).await
    }

    /// `GET` without any key.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn get_openly(&self, path: &str) -> Result<Answer> {
        answer(self.client.get(self.url(path))).await
    }

    /// Calls an RPC as a user; the payload and what comes back are texts.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn rpc(&self, id: &str, token: &str, payload: &str) -> Result<Answer> {
        self.call(Method::POST, &format!("/v2/rpc/{id}"), token, Some(json!(payload))).await
    }

    /// Calls an RPC as a server, with the HTTP key.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn rpc_as_server(&self, id: &str, payload: &str) -> Result<Answer> {
        let url = self.url(&format!("/v2/rpc/{id}?http_key={HTTP_KEY}"));
        answer(self.client.post(url).body(json!(payload).to_string())).await
    }

    /// A channel's whole history, oldest first, page by page.
    ///
    /// # Errors
    /// When a page is refused.
    pub async fn history(&self, channel: &str, token: &str) -> Result<Vec<Value>> {
        let mut messages = Vec::new();
        let mut cursor = String::new();
        loop {
            let page =
                self.get(&format!("/v2/channel/{channel}?limit=100&forward=true&cursor={cursor}"), token).await?;
            ensure!(page.status == 200, "a page of {channel}'s history: {page:?}");
            messages.extend(page.body["messages"].as_array().into_iter().flatten().cloned());
            match page.body["next_cursor"].as_str() {
                Some(next) if !next.is_empty() => cursor = percent_encode(next),
                _ => return Ok(messages),
            }
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

impl Answer {
    /// The body of a success.
    ///
    /// # Errors
    /// When the status is not 200.
    pub fn ok(self) -> Result<Value> {
        ensure!(self.status == 200, "the server answered {}: {}", self.status, self.body);
        Ok(self.body)
    }
}

impl Login {
    /// The tokens of an answer, and what the session token says of its user.
    ///
    /// # Errors
    /// When the answer is not a success, or its token is not readable.
    pub fn from_answer(answer: &Answer) -> Result<Self> {
        let text =
            |field: &str| answer.body[field].as_str().map(str::to_owned).with_context(|| format!("no {field:?}"));
        let token = text("token")?;
        let claims = token.split('.').nth(1).context("the session token has no claims")?;
        let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims)?)?;
        let claim = |name: &str| claims[name].as_str().map(str::to_owned).with_context(|| format!("no claim {name:?}"));
        Ok(Self {
            user_id: claim("uid")?,
            username: claim("usn")?,
            created: answer.body["created"] == json!(true),
            refresh_token: text("refresh_token")?,
            token,
        })
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Answer> {
    let response = request.timeout(crate::PATIENCE).send().await.context("the server does not answer")?;
    let status = response.status().as_u16();
    let text = response.text().await.context("the server's answer broke off")?;
    let body = match text.as_str() {
        "" => Value::Null,
        text => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
    };
    Ok(Answer { status, body })
}

/// A cursor as it stands in a query. Enough for base64, which cursors are.
pub fn percent_encode(text: &str) -> String {
    text.replace('%', "%25").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}
