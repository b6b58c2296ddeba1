//! The users of a script: they log in when they are first needed, and speak to the server as any client does.

use super::socket::Socket;
use super::{Came, PATIENCE};
use crate::cli::http::Connection;
use axum::body::Body;
use axum::http::{Method, Request, header};
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tokio::time::timeout;

/// All users, and the server that they know.
pub(super) struct Clients {
    address: SocketAddr,
    server_key: String,
    http_key: String,
    pub(super) logins: BTreeMap<String, Login>,
    pub(super) sockets: BTreeMap<String, Socket>,
}

/// A user who is logged in.
#[derive(Clone, Debug)]
pub(super) struct Login {
    pub(super) user_id: String,
    token: String,
}

/// Who sends a request.
pub(super) enum By<'a> {
    /// A client that has yet to log in.
    ServerKey,
    /// A game server.
    HttpKey,
    User(&'a str),
}

impl Clients {
    pub(super) fn new(address: SocketAddr, server_key: &str, http_key: &str) -> Self {
        let (logins, sockets) = (BTreeMap::new(), BTreeMap::new());
        Self { address, server_key: server_key.to_owned(), http_key: http_key.to_owned(), logins, sockets }
    }

    /// Logs a user in, when they are not yet.
    ///
    /// # Errors
    /// When the server refuses.
    pub(super) async fn log_in(&mut self, name: &str) -> Result<Login, Came> {
        if let Some(login) = self.logins.get(name) {
            return Ok(login.clone());
        }
        let username: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let path = format!("/v2/account/authenticate/device?create=true&username={username}");
        let body = json!({ "id": format!("device-of-{name}") });
        let session = match self.send(Method::POST, &path, basic(&self.server_key), body.to_string()).await {
            Came::Reply(session) => session,
            Came::Error { code, message } => {
                return Err(Came::Error { code, message: format!("{name} cannot log in: {message}") });
            }
            other => return Err(other),
        };
        let token = session["token"].as_str().unwrap_or_default().to_owned();
        let user_id = user_id(&token).ok_or_else(|| Came::Nothing(format!("no session came for {name}: {session}")))?;
        let login = Login { user_id, token };
        self.logins.insert(name.to_owned(), login.clone());
        Ok(login)
    }

    /// The socket of a user, which is opened when there is none.
    ///
    /// # Errors
    /// When the user cannot log in or the socket does not open.
    pub(super) async fn socket(&mut self, name: &str) -> Result<&mut Socket, Came> {
        if self.sockets.get(name).is_none_or(|socket| socket.closed.is_some()) {
            let token = self.log_in(name).await?.token;
            let socket = Socket::open(self.address, &token).await?;
            self.sockets.insert(name.to_owned(), socket);
        }
        self.sockets.get_mut(name).ok_or_else(|| Came::Nothing(format!("{name} has no socket")))
    }

    /// Sends a request, and says what comes back.
    pub(super) async fn call(&mut self, method: Method, path: &str, by: By<'_>, body: String) -> Came {
        let authorization = match by {
            By::ServerKey => basic(&self.server_key),
            By::HttpKey => basic(&self.http_key),
            By::User(name) => match self.log_in(name).await {
                Ok(login) => format!("Bearer {}", login.token),
                Err(came) => return came,
            },
        };
        self.send(method, path, authorization, body).await
    }

    async fn send(&self, method: Method, path: &str, authorization: String, body: String) -> Came {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.address.to_string())
            .header(header::AUTHORIZATION, authorization)
            .body(Body::from(body));
        let answer = match request {
            Ok(request) => timeout(PATIENCE, answer(self.address, request)).await,
            Err(error) => return Came::Nothing(format!("this is no request: {error}")),
        };
        match answer {
            Ok(Ok(came)) => came,
            Ok(Err(error)) => Came::Nothing(format!("the server does not answer: {error:#}")),
            Err(_) => Came::Nothing(format!("no answer came within {} s", PATIENCE.as_secs())),
        }
    }
}

/// The HTTP key, and the server key, are the name of HTTP Basic.
fn basic(key: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{key}:")))
}

/// What a session token says of its user.
fn user_id(token: &str) -> Option<String> {
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    claims["uid"].as_str().map(str::to_owned)
}

async fn answer(address: SocketAddr, request: Request<Body>) -> anyhow::Result<Came> {
    let mut connection = Connection::open(address).await?;
    let response = connection.requests.send_request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    let body = match serde_json::from_slice(&body) {
        Ok(body) => body,
        Err(_) => Value::String(String::from_utf8_lossy(&body).into_owned()),
    };
    if status.is_success() {
        return Ok(Came::Reply(body));
    }
    let code = body["code"].as_i64().unwrap_or_else(|| i64::from(status.as_u16()));
    let message = body["message"].as_str().map_or_else(|| body.to_string(), str::to_owned);
    Ok(Came::Error { code, message })
}
