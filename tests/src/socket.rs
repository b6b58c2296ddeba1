//! A client of the realtime API. Envelopes are JSON values here, whatever the format on the wire, so that one test runs in
//! both.

use crate::PATIENCE;
use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use meadhall_protocol::codec::{self, Format, UnknownFields};
use meadhall_protocol::realtime::Envelope;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// Both formats, for tests that run in each.
pub const FORMATS: [Format; 2] = [Format::Json, Format::Protobuf];

/// An open socket.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<TcpStream>,
    format: Format,
    last_cid: u64,
    /// What arrived while the socket waited for something else, oldest first.
    arrived: VecDeque<Value>,
}

/// How the server closed a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The code of the close frame; none when the connection ended without one.
    pub code: Option<u16>,
    /// The text of the close frame.
    pub reason: String,
}

impl Socket {
    /// Opens a socket for a session token.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn open(addr: SocketAddr, token: &str, format: Format) -> Result<Self> {
        Self::open_with(TcpStream::connect(addr).await?, token, format, "").await
    }

    /// Opens a socket over a connection of the caller's making; `query` is added to the address, such as `&status=true`.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn open_with(connection: TcpStream, token: &str, format: Format, query: &str) -> Result<Self> {
        let addr = connection.peer_addr()?;
        connection.set_nodelay(true)?;
        let format_name = match format {
            Format::Json => "json",
            Format::Protobuf => "protobuf",
        };
        let url = format!("ws://{addr}/ws?lang=en&format={format_name}&token={token}{query}");
        let (stream, _) = tokio_tungstenite::client_async(url, connection).await.context("opening a socket")?;
        Ok(Self { stream, format, last_cid: 0, arrived: VecDeque::new() })
    }

    /// Sends an envelope with a fresh `cid` and returns the reply to it, success or error.
    ///
    /// # Errors
    /// When the socket closes, or no reply comes.
    pub async fn call(&mut self, mut envelope: Value) -> Result<Value> {
        self.last_cid += 1;
        let cid = self.last_cid.to_string();
        envelope["cid"] = json!(cid);
        self.send(&envelope).await?;
        loop {
            let next = self.read().await.with_context(|| format!("waiting for the reply to {envelope}"))?;
            if next["cid"] == json!(cid) {
                return Ok(next);
            }
            self.arrived.push_back(next);
        }
    }

    /// As [`Self::call`], for replies that must be of one kind: the message inside the reply.
    ///
    /// # Errors
    /// When the reply is of another kind.
    pub async fn ask(&mut self, envelope: Value, kind: &str) -> Result<Value> {
        let mut reply = self.call(envelope.clone()).await?;
        ensure!(!reply[kind].is_null(), "expected {kind:?} in answer to {envelope}, got {reply}");
        Ok(reply[kind].take())
    }

    /// Joins a room and returns the reply's `channel`.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn join_room(&mut self, room: &str) -> Result<Value> {
        self.ask(json!({ "channel_join": { "target": room, "type": 1 } }), "channel").await
    }

    /// Calls an RPC and returns its result.
    ///
    /// # Errors
    /// When the RPC fails.
    pub async fn rpc(&mut self, id: &str, payload: &str) -> Result<String> {
        let reply = self.ask(json!({ "rpc": { "id": id, "payload": payload } }), "rpc").await?;
        Ok(reply["payload"].as_str().unwrap_or_default().to_owned())
    }

    /// Sends an envelope as it is.
    ///
    /// # Errors
    /// When it is no envelope, or the socket is closed.
    pub async fn send(&mut self, envelope: &Value) -> Result<()> {
        let text = envelope.to_string();
        let message = match self.format {
            Format::Json => Message::text(text),
            Format::Protobuf => {
                let envelope: Envelope = codec::from_json(text.as_bytes(), UnknownFields::Refuse)?;
                Message::binary(codec::encode_envelope(Format::Protobuf, &envelope))
            }
        };
        self.send_raw(message).await
    }

    /// Sends any frame.
    ///
    /// # Errors
    /// When the socket is closed.
    pub async fn send_raw(&mut self, message: Message) -> Result<()> {
        self.stream.send(message).await.context("sending on a socket")
    }

    /// The next envelope that is no reply to [`Self::call`].
    ///
    /// # Errors
    /// When the socket closes, or nothing comes.
    pub async fn next(&mut self) -> Result<Value> {
        match self.arrived.pop_front() {
            Some(envelope) => Ok(envelope),
            None => self.read().await,
        }
    }

    /// The oldest envelope that arrived while the socket waited for a reply; none when there is none.
    pub fn arrived(&mut self) -> Option<Value> {
        self.arrived.pop_front()
    }

    /// The next message of one kind, such as `channel_message`; others stay for later.
    ///
    /// # Errors
    /// When the socket closes, or none comes.
    pub async fn wait_for(&mut self, kind: &str) -> Result<Value> {
        if let Some(place) = self.arrived.iter().position(|envelope| !envelope[kind].is_null()) {
            let mut envelope = self.arrived.remove(place).context("the place was found just now")?;
            return Ok(envelope[kind].take());
        }
        loop {
            let mut next =
                self.read().await.with_context(|| format!("waiting for {kind:?} after {:?}", self.arrived))?;
            if !next[kind].is_null() {
                return Ok(next[kind].take());
            }
            self.arrived.push_back(next);
        }
    }

    /// Reads on until the server closes the socket.
    ///
    /// # Errors
    /// When it does not.
    pub async fn closed(&mut self) -> Result<Closed> {
        loop {
            match tokio::time::timeout(PATIENCE, self.stream.next())
                .await
                .context("the server did not close the socket")?
            {
                Some(Ok(Message::Close(frame))) => {
                    let frame = frame.map(|frame| (u16::from(frame.code), frame.reason.to_string()));
                    return Ok(match frame {
                        Some((code, reason)) => Closed { code: Some(code), reason },
                        None => Closed { code: None, reason: String::new() },
                    });
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Ok(Closed { code: None, reason: String::new() }),
            }
        }
    }

    /// Closes the socket from this side, and waits until the server has closed its own.
    ///
    /// # Errors
    /// When the server does not.
    pub async fn close(mut self) -> Result<()> {
        self.stream.close(None).await.context("closing a socket")?;
        while tokio::time::timeout(PATIENCE, self.stream.next()).await.context("the server did not close")?.is_some() {}
        Ok(())
    }

    /// The frames below, for who reads and writes them in a way of its own.
    pub fn into_stream(self) -> WebSocketStream<TcpStream> {
        self.stream
    }

    async fn read(&mut self) -> Result<Value> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.stream.next()).await.context("nothing arrived")?;
            match next.context("the connection ended")?.context("reading from a socket")? {
                Message::Text(text) if self.format == Format::Json => return Ok(serde_json::from_str(&text)?),
                Message::Binary(bytes) if self.format == Format::Protobuf => {
                    let envelope = codec::decode_envelope(Format::Protobuf, &bytes)?;
                    return Ok(serde_json::from_str(&codec::to_json(&envelope))?);
                }
                Message::Ping(_) | Message::Pong(_) => {}
                Message::Close(frame) => bail!("the server closed the socket: {frame:?}"),
                other => bail!("a frame of the wrong type for {:?}: {other:?}", self.format),
            }
        }
    }
}
