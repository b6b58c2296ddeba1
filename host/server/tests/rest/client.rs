//! A server for one test, and a client that says exactly what it sends.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use meadhall::config::Config;
use meadhall::{Server, StopOutcome};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, redirect};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use tempfile::TempDir;

/// A running server, its data folder and a client.
pub(crate) struct Rest {
    pub(crate) server: Server,
    client: Client,
    _data: TempDir,
}

/// A request in the making.
pub(crate) struct Request<'a> {
    rest: &'a Rest,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Somebody who is logged in.
#[derive(Clone, Debug)]
pub(crate) struct Player {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) refresh: String,
}

impl Rest {
    /// A server with the keys of `--dev`.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// A server whose configuration differs.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.server.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        config.server.data_dir = data.path().join("data");
        config.server.dev = true;
        config.metrics.listen = None;
        change(&mut config);
        let server = Server::start(config).await.unwrap();
        // A client wants to know who would encrypt, also where nothing is; the first to say so says it for the process.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().redirect(redirect::Policy::none()).no_proxy().build().unwrap();
        Self { server, client, _data: data }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> Request<'_> {
        let method = method.parse().unwrap();
        Request { rest: self, method, path: path.to_owned(), headers: HeaderMap::new(), body: Vec::new() }
    }

    pub(crate) fn get(&self, path: &str) -> Request<'_> {
        self.request("GET", path)
    }

    pub(crate) fn post(&self, path: &str) -> Request<'_> {
        self.request("POST", path)
    }

    /// Logs in by a device of that name, which is also the user's.
    pub(crate) async fn player(&self, name: &str) -> Player {
        let path = format!("/v2/account/authenticate/device?username={name}");
        let answer = self.post(&path).basic("defaultkey").json(json!({"id": device(name)})).send().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.player()
    }

    pub(crate) async fn stop(self) -> StopOutcome {
        self.server.stop().await
    }
}

/// The id of the device that a player of that name logs in with.
pub(crate) fn device(name: &str) -> String {
    format!("device-of-{name}")
}

impl Request<'_> {
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        self
    }

    pub(crate) fn authorization(self, value: &str) -> Self {
        self.header(AUTHORIZATION.as_str(), value)
    }

    pub(crate) fn basic(self, user: &str) -> Self {
        let encoded = BASE64_STANDARD.encode(format!("{user}:"));
        self.authorization(&format!("Basic {encoded}"))
    }

    pub(crate) fn by(self, player: &Player) -> Self {
        self.authorization(&format!("Bearer {}", player.token))
    }

    pub(crate) fn json(self, body: Value) -> Self {
        self.body(body.to_string())
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) async fn send(self) -> Answer {
        let url = format!("http://{}{}", self.rest.server.addr(), self.path);
        let request = self.rest.client.request(self.method, url).headers(self.headers).body(self.body);
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: response.bytes().await.unwrap().into() }
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn player(&self) -> Player {
        let body = self.json();
        let text = |key: &str| body[key].as_str().unwrap_or_else(|| panic!("no {key} in {body}")).to_owned();
        let token = text("token");
        Player { id: claims(&token)["uid"].as_str().unwrap().to_owned(), token, refresh: text("refresh_token") }
    }

    /// The body must be `{}`, with status 200.
    pub(crate) fn assert_empty(&self) {
        assert_eq!((self.status, self.json()), (200, json!({})), "{self:?}");
    }

    /// The request must be refused with this code and text, and nothing else in the body.
    pub(crate) fn assert_refused(&self, status: u16, code: u32, message: &str) {
        assert_eq!((self.status, self.json()), (status, json!({"code": code, "message": message})));
        assert_eq!(self.header("content-type"), Some("application/json"));
        assert_eq!(self.header("www-authenticate"), (status == 401).then_some(message));
    }
}

/// What a token says.
pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
