//! Sessions: connected sockets, who they belong to, and why they end.

use crate::caller::Caller;
use crate::ids::{SessionId, UserId};
use crate::outbox::Outbox;
use std::sync::Arc;

/// A connected session. It lives from the websocket handshake until the socket is closed.
#[derive(Debug)]
pub struct Session {
    /// What events and plugins see of it. `user` and `session` are always there.
    pub caller: Arc<Caller>,
    /// What waits to be written to its socket.
    pub outbox: Arc<Outbox>,
}

/// Why a session ends. The text is what the close frame, the session-end event and the log say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseReason {
    #[error("")]
    ClosedByClient,
    #[error("received malformed payload")]
    MalformedPayload,
    #[error("received unexpected WebSocket message type")]
    UnexpectedMessageType,
    /// A before-hook dropped the message, or a message only servers send.
    #[error("error processing message")]
    ProcessingFailed,
    #[error("message too big")]
    MessageTooBig,
    /// The outbox overflowed.
    #[error("session outgoing queue full")]
    SlowConsumer,
    #[error("i/o timeout")]
    PongTimeout,
    /// A plugin, an operator or a newer socket of the same user ended it; the text, where given, goes to log and event.
    #[error("server-side session disconnect")]
    Disconnected { detail: Option<Arc<str>> },
    #[error("server shutting down")]
    ShuttingDown,
    /// The connection broke.
    #[error("{0}")]
    Broken(String),
}

impl Session {
    /// Its id.
    pub fn id(&self) -> SessionId { todo!() }
    /// Its user.
    pub fn user_id(&self) -> UserId { todo!() }
    /// Its user's name, as the token tells.
    pub fn username(&self) -> &Arc<str> { todo!() }
    /// Asks the session to end. The first reason stands; the edge sees it through [`Self::closing`].
    pub fn close(&self, _reason: CloseReason) { todo!() }
    /// Resolves with the reason once the session is asked to end.
    pub async fn closing(&self) -> CloseReason { todo!() }
    /// The reason, once the session is asked to end.
    pub fn close_reason(&self) -> Option<CloseReason> { todo!() }
}

/// All connected sessions, by id and by user.
#[derive(Debug)]
pub struct Sessions {}

impl Sessions {
    /// The session, while it is connected.
    pub fn get(&self, _id: SessionId) -> Option<Arc<Session>> { todo!() }
    /// All sessions of a user.
    pub fn of_user(&self, _user: UserId) -> Vec<Arc<Session>> { todo!() }
    /// How many are connected.
    pub fn len(&self) -> usize { todo!() }
    /// Whether none is.
    pub fn is_empty(&self) -> bool { self.len() == 0 }
    /// All of them, for shutdown.
    pub fn all(&self) -> Vec<Arc<Session>> { todo!() }
}
