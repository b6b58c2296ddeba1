//! A server in a folder of its own, and clients that connect to it.

use futures_util::{SinkExt as _, StreamExt as _};
use meadhall::config::Config;
use meadhall::net::tokens::Claims;
use meadhall::{Server, StopOutcome};
use meadhall_core::account::{Credential, LoginRequest};
use meadhall_core::ids::UserId;
use serde_json::Value;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Far beyond what anything here takes: a test that gets there is stuck.
const STUCK: Duration = Duration::from_secs(30);

/// A running server whose data is gone with it.
pub(crate) struct TestServer {
    pub(crate) server: Server,
    _data: TempDir,
}

/// Starts a server; `adjust` changes its configuration.
pub(crate) async fn start(adjust: impl FnOnce(&mut Config)) -> TestServer {
    let data = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.server.listen = ([127, 0, 0, 1], 0).into();
    config.server.data_dir = data.path().to_owned();
    config.server.server_key = "server key".into();
    config.session.encryption_key = "session key".into();
    config.session.refresh_encryption_key = "refresh key".into();
    config.runtime.http_key = "http key".into();
    config.metrics.listen = None;
    adjust(&mut config);
    TestServer { server: Server::start(config).await.unwrap(), _data: data }
}

impl TestServer {
    /// A session token of the user with that number.
    pub(crate) fn token(&self, user: u128) -> String {
        self.tokens(user).session
    }

    pub(crate) fn tokens(&self, user: u128) -> meadhall::net::tokens::TokenPair {
        let app = self.server.app();
        let now = app.core.env.now();
        let claims = Claims {
            token_id: app.core.env.uuid(),
            user_id: UserId::new(uuid::Uuid::from_u128(user)),
            username: format!("user{user}").into(),
            vars: Default::default(),
            issued_at: now.seconds(),
        };
        app.tokens.sign(&claims, now)
    }

    /// A JSON client of the user with that number.
    pub(crate) async fn connect(&self, user: u128) -> Client {
        self.connect_with(user, "").await
    }

    /// Makes an account of that name, and gives the number of its user.
    pub(crate) async fn user(&self, name: &str) -> u128 {
        let credential = Credential::Device(format!("device-of-{name}"));
        let request = LoginRequest { credential, create: true, username: name.into(), address: None };
        self.server.app().core.accounts.authenticate(request).await.unwrap().user_id.uuid().as_u128()
    }

    /// The same with more parameters, such as `&format=protobuf`.
    pub(crate) async fn connect_with(&self, user: u128, parameters: &str) -> Client {
        let url = format!("ws://{}/ws?token={}{parameters}", self.server.addr(), self.token(user));
        let (socket, _) = connect_async(url).await.unwrap();
        Client { socket }
    }

    /// Waits until the server knows so many sessions.
    pub(crate) async fn wait_for_sessions(&self, count: usize) {
        let sessions = &self.server.app().core.sessions;
        within(async {
            while sessions.len() != count {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Sends a plain HTTP request on a connection of its own, and returns the whole answer.
    pub(crate) async fn http(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.server.addr()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        within(stream.read_to_string(&mut answer)).await.unwrap();
        answer
    }

    pub(crate) async fn stop(self) -> StopOutcome {
        within(self.server.stop()).await
    }
}

/// A connected client.
pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    /// Sends a text frame.
    pub(crate) async fn send(&mut self, json: &str) {
        self.send_frame(Message::text(json)).await;
    }

    pub(crate) async fn send_frame(&mut self, frame: Message) {
        self.socket.send(frame).await.unwrap();
    }

    /// The next frame that is no ping.
    pub(crate) async fn frame(&mut self) -> Message {
        loop {
            match within(self.socket.next()).await.expect("the connection is open").unwrap() {
                Message::Ping(_) => {}
                frame => return frame,
            }
        }
    }

    /// The next message, which must be JSON.
    pub(crate) async fn json(&mut self) -> Value {
        match self.frame().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            frame => panic!("expected a text frame, got {frame:?}"),
        }
    }

    /// Sends a text frame, and returns the next message.
    pub(crate) async fn ask(&mut self, json: &str) -> Value {
        self.send(json).await;
        self.json().await
    }

    /// The next message of that kind; others are passed over.
    pub(crate) async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let mut message = self.json().await;
            if let Some(inner) = message.get_mut(kind) {
                return inner.take();
            }
        }
    }

    /// Joins a room, and waits for the answer.
    pub(crate) async fn join(&mut self, room: &str) -> Value {
        self.send(&format!(r#"{{"cid":"join","channel_join":{{"target":"{room}","type":1,"persistence":false}}}}"#))
            .await;
        self.next_of("channel").await
    }

    /// The server's close: code and reason. Messages before it are passed over.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Message::Close(frame) = self.frame().await {
                return frame
                    .map_or((1005, String::new()), |CloseFrame { code, reason }| (code.into(), reason.to_string()));
            }
        }
    }

    /// Waits until the server has closed the connection itself.
    pub(crate) async fn gone(&mut self) {
        within(async { while let Some(Ok(_)) = self.socket.next().await {} }).await;
    }
}

/// Fails a test that is stuck.
pub(crate) async fn within<T>(work: impl Future<Output = T>) -> T {
    timeout(STUCK, work).await.expect("it happens in time")
}

/// Why a connection could not be made: status, content type and body.
pub(crate) async fn refusal(url: String) -> (u16, String, String) {
    match connect_async(url).await {
        Err(tungstenite::Error::Http(response)) => {
            let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
            let body = String::from_utf8(response.body().clone().unwrap_or_default()).unwrap();
            (response.status().as_u16(), content_type, body)
        }
        Ok(_) => panic!("the handshake went through"),
        Err(error) => panic!("no answer: {error}"),
    }
}
