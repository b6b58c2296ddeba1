//! Somebody's socket: what is asked over it, and what comes besides.

use super::{Came, PATIENCE};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Map, Value, json};
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message};

/// More than any script looks at; what comes beyond is let go, and the socket says so.
const RECEIVED_MAX: usize = 10_000;

pub(super) struct Socket {
    stream: WebSocketStream<TcpStream>,
    /// Envelopes that came and were not asked for, since they were last taken.
    received: Vec<Value>,
    asked: u64,
    /// Why the server closed it, once it has.
    pub(super) closed: Option<String>,
    /// Its end was waited for.
    pub(super) is_over: bool,
}

impl Socket {
    /// Opens a socket with a session token.
    ///
    /// # Errors
    /// What the server says when it refuses.
    pub(super) async fn open(address: SocketAddr, token: &str) -> Result<Self, Came> {
        let stream = TcpStream::connect(address).await;
        let stream = stream.map_err(|error| Came::Nothing(format!("the server cannot be reached: {error}")))?;
        let opened = tokio_tungstenite::client_async(format!("ws://{address}/ws?token={token}"), stream).await;
        match opened {
            Ok((stream, _)) => Ok(Self { stream, received: Vec::new(), asked: 0, closed: None, is_over: false }),
            Err(tungstenite::Error::Http(response)) => {
                let text = response.body().as_deref().map(String::from_utf8_lossy).unwrap_or_default();
                Err(Came::Error { code: i64::from(response.status().as_u16()), message: text.trim().to_owned() })
            }
            Err(error) => Err(Came::Nothing(format!("the socket did not open: {error}"))),
        }
    }

    /// Sends a message, and waits for its answer: the envelope without its id.
    pub(super) async fn ask(&mut self, message: Map<String, Value>) -> Came {
        self.asked += 1;
        let id = self.asked.to_string();
        let mut envelope = message;
        envelope.insert("cid".to_owned(), json!(id));
        let text = Value::Object(envelope).to_string();
        if self.stream.send(Message::text(text)).await.is_err() {
            return self.ended().await;
        }
        match timeout(PATIENCE, self.answer(&id)).await {
            Ok(came) => came,
            Err(_) => Came::Nothing(format!("no answer came within {} s", PATIENCE.as_secs())),
        }
    }

    /// Waits until all that was sent to the socket so far is here.
    pub(super) async fn flush(&mut self) {
        if self.closed.is_none() {
            let ping = Map::from_iter([("ping".to_owned(), json!({}))]);
            // Where none comes the socket is closed, which it remembers.
            self.ask(ping).await;
        }
    }

    /// Takes what came.
    pub(super) fn take(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.received)
    }

    /// Closes the socket, and waits until the server has closed its own side.
    pub(super) async fn close(&mut self) {
        // A socket that is closed already is as it should be.
        let _ = self.stream.close(None).await;
        let _ = timeout(PATIENCE, async { while let Some(Ok(_)) = self.stream.next().await {} }).await;
        self.closed.get_or_insert_default();
    }

    async fn answer(&mut self, id: &str) -> Came {
        loop {
            let Some(envelope) = self.next().await else { return self.ended().await };
            let Value::Object(mut envelope) = envelope else { continue };
            if envelope.get("cid").and_then(Value::as_str) != Some(id) {
                if self.received.len() < RECEIVED_MAX {
                    self.received.push(Value::Object(envelope));
                }
                continue;
            }
            envelope.remove("cid");
            return match envelope.get("error") {
                Some(error) => Came::Error {
                    code: error["code"].as_i64().unwrap_or_default(),
                    message: error["message"].as_str().unwrap_or_default().to_owned(),
                },
                None => Came::Reply(Value::Object(envelope)),
            };
        }
    }

    /// The next envelope; none when the socket is closed.
    async fn next(&mut self) -> Option<Value> {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => {
                    return Some(serde_json::from_str(&text).unwrap_or_else(|_| json!(text.as_str())));
                }
                Some(Ok(Message::Close(frame))) => {
                    let reason = frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
                    self.closed.get_or_insert(reason);
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => {
                    self.closed.get_or_insert_default();
                    return None;
                }
            }
        }
    }

    /// How it ended: what it was sent before the end is read first.
    async fn ended(&mut self) -> Came {
        while self.closed.is_none() {
            if let Some(envelope) = self.next().await {
                self.received.push(envelope);
            }
        }
        Came::Closed(self.closed.clone().unwrap_or_default())
    }
}
