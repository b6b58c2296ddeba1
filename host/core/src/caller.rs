//! Who caused something: the facts that events and plugins get to see of a caller.

use crate::clock::Timestamp;
use crate::ids::{SessionId, UserId};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Who caused a call or an event. Each part is absent where there is none: a server that calls with the HTTP key has no
/// user, a call over plain HTTP has no session, a plugin's start has nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// Whose token it was.
    pub user: Option<CallerUser>,
    /// The socket it came over.
    pub session: Option<CallerSession>,
    /// Where it came from.
    pub client: Option<ClientAddress>,
}

/// In whose name something is done: a user, or the server itself, which may do everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Nil for the server itself.
    pub user_id: UserId,
    /// The name that others are shown.
    pub username: Arc<str>,
}

impl Actor {
    /// The server itself.
    pub fn server() -> Self {
        Self { user_id: UserId::NIL, username: "".into() }
    }
}

/// The user of a caller, as their session token tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerUser {
    /// The user.
    pub id: UserId,
    /// The name that the user had when the token was made.
    pub username: Arc<str>,
    /// What the client gave when it logged in.
    pub vars: Arc<BTreeMap<String, String>>,
    /// When the session token expires.
    pub expires_at: Timestamp,
}

impl CallerUser {
    /// The user as one who does something.
    pub fn actor(&self) -> Actor {
        Actor { user_id: self.id, username: self.username.clone() }
    }
}

/// The socket of a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerSession {
    /// The session.
    pub id: SessionId,
    /// The language that the client asked for, such as `en`.
    pub lang: Arc<str>,
}

/// Where a client connects from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress {
    /// The client's own address, behind trusted proxies too.
    pub ip: IpAddr,
    /// 0 where a proxy does not tell it.
    pub port: u16,
}
