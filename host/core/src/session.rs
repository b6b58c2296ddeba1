//! Sessions: connected sockets, who they belong to, and why they end.

use crate::caller::{Caller, CallerSession, CallerUser, ClientAddress};
use crate::clock::Timestamp;
use crate::ids::{SessionId, UserId};
use crate::outbox::Outbox;
use crate::sharded::Sharded;
use crate::stream::Stream;
use parking_lot::Mutex;
use std::collections::HashSet;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::Notify;

/// A connected session. It lives from the websocket handshake until the socket is closed.
#[derive(Debug)]
pub struct Session {
    /// What events and plugins see of it. `user` and `session` are always there.
    pub caller: Arc<Caller>,
    /// What waits to be written to its socket.
    pub outbox: Arc<Outbox>,
    /// When it was opened.
    pub opened_at: Timestamp,
    id: SessionId,
    user_id: UserId,
    username: Arc<str>,
    /// Its place in the order in which this server's sessions were opened.
    serial: u64,
    reason: OnceLock<CloseReason>,
    closing: Notify,
    /// The streams it is in, so that its end finds them all. The tracker's.
    pub(crate) streams: Links<Stream>,
    /// The users whose status it follows. The followers'.
    pub(crate) follows: Links<UserId>,
}

/// Why a session ends. The text is what the close frame, the session-end event and the log say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// The client sent a close frame, or ended the connection properly.
    #[error("")]
    ClosedByClient,
    /// A message could not be decoded, or is none that clients send.
    #[error("received malformed payload")]
    MalformedPayload,
    /// A binary frame on a JSON socket, or a text frame on a protobuf one.
    #[error("received unexpected WebSocket message type")]
    UnexpectedMessageType,
    /// A before-hook dropped the message, or a message only servers send.
    #[error("error processing message")]
    ProcessingFailed,
    /// A message above `socket.max_message_size_bytes`.
    #[error("message too big")]
    MessageTooBig,
    /// The outbox overflowed.
    #[error("session outgoing queue full")]
    SlowConsumer,
    /// The client did not answer a ping in time.
    #[error("i/o timeout")]
    PongTimeout,
    /// A plugin, an operator or a newer socket of the same user ended it; the text, where given, goes to log and event.
    #[error("server-side session disconnect")]
    Disconnected {
        /// Why, in the words of who ended it.
        detail: Option<Arc<str>>,
    },
    /// The server stops.
    #[error("server shutting down")]
    ShuttingDown,
    /// The connection broke.
    #[error("{0}")]
    Broken(String),
}

impl CloseReason {
    /// The text for log and session-end event: that of the close frame, and the detail where one was given.
    pub fn full_text(&self) -> String {
        match self {
            Self::Disconnected { detail: Some(detail) } => format!("{self}: {detail}"),
            _ => self.to_string(),
        }
    }
}

impl Session {
    /// A session of this caller that is in no stream and follows nobody.
    pub(crate) fn new(
        id: SessionId,
        user: CallerUser,
        lang: Arc<str>,
        client: ClientAddress,
        outbox: Outbox,
        opened_at: Timestamp,
        serial: u64,
    ) -> Self {
        Self {
            id,
            user_id: user.id,
            username: user.username.clone(),
            caller: Arc::new(Caller {
                user: Some(user),
                session: Some(CallerSession { id, lang }),
                client: Some(client),
            }),
            outbox: Arc::new(outbox),
            opened_at,
            serial,
            reason: OnceLock::new(),
            closing: Notify::new(),
            streams: Links::default(),
            follows: Links::default(),
        }
    }

    /// Its id.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// Its user.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// Its user's name, as the token tells.
    pub fn username(&self) -> &Arc<str> {
        &self.username
    }

    /// Whether it was opened before another session of this server.
    pub(crate) fn is_older_than(&self, other: &Session) -> bool {
        self.serial < other.serial
    }

    /// Asks the session to end. The first reason stands; the edge sees it through [`Self::closing`].
    pub fn close(&self, reason: CloseReason) {
        if self.reason.set(reason).is_ok() {
            self.closing.notify_waiters();
        }
    }

    /// Resolves with the reason once the session is asked to end.
    pub async fn closing(&self) -> CloseReason {
        loop {
            let closing = self.closing.notified();
            if let Some(reason) = self.close_reason() {
                return reason;
            }
            closing.await;
        }
    }

    /// The reason, once the session is asked to end.
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.reason.get().cloned()
    }
}

/// What a session is tied to, until its end unties it. Nothing can be added after the end, so that whoever adds at the
/// same time leaves nothing behind.
#[derive(Debug)]
pub(crate) struct Links<T>(Mutex<Option<HashSet<T>>>);

impl<T> Default for Links<T> {
    fn default() -> Self {
        Self(Mutex::new(Some(HashSet::new())))
    }
}

impl<T: Eq + Hash> Links<T> {
    /// Adds a link; false when the session has ended.
    pub(crate) fn add(&self, link: T) -> bool {
        match &mut *self.0.lock() {
            Some(links) => {
                links.insert(link);
                true
            }
            None => false,
        }
    }

    /// How many links there would be with these, each named once.
    pub(crate) fn len_with(&self, more: &[T]) -> usize {
        match &*self.0.lock() {
            Some(links) => links.len() + more.iter().filter(|link| !links.contains(link)).count(),
            None => 0,
        }
    }

    /// Takes a link away.
    pub(crate) fn remove(&self, link: &T) {
        if let Some(links) = &mut *self.0.lock() {
            links.remove(link);
        }
    }

    /// Ends it: hands out all links, and takes none any more.
    pub(crate) fn end(&self) -> HashSet<T> {
        self.0.lock().take().unwrap_or_default()
    }
}

/// All connected sessions, by id and by user.
#[derive(Debug, Default)]
pub struct Sessions {
    by_id: Sharded<SessionId, Arc<Session>>,
    by_user: Sharded<UserId, Vec<Arc<Session>>>,
    connected: AtomicUsize,
    opened: AtomicU64,
}

impl Sessions {
    /// The session, while it is connected.
    pub fn get(&self, id: SessionId) -> Option<Arc<Session>> {
        self.by_id.lock(&id).get(&id).cloned()
    }

    /// All sessions of a user.
    pub fn of_user(&self, user: UserId) -> Vec<Arc<Session>> {
        self.by_user.lock(&user).get(&user).cloned().unwrap_or_default()
    }

    /// How many are connected.
    pub fn len(&self) -> usize {
        self.connected.load(Ordering::Relaxed)
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, for shutdown.
    pub fn all(&self) -> Vec<Arc<Session>> {
        let mut all = Vec::with_capacity(self.len());
        for shard in self.by_id.each() {
            all.extend(shard.values().cloned());
        }
        all
    }

    /// The serial for the next session.
    pub(crate) fn next_serial(&self) -> u64 {
        self.opened.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn insert(&self, session: &Arc<Session>) {
        self.by_id.lock(&session.id).insert(session.id, session.clone());
        let mut users = self.by_user.lock(&session.user_id);
        // Most users have one socket, and a vector would make room for four.
        users.entry(session.user_id).or_insert_with(|| Vec::with_capacity(1)).push(session.clone());
        drop(users);
        self.connected.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes a session out; false when it was not in.
    pub(crate) fn remove(&self, session: &Session) -> bool {
        if self.by_id.lock(&session.id).remove(&session.id).is_none() {
            return false;
        }
        let mut users = self.by_user.lock(&session.user_id);
        if let Some(sessions) = users.get_mut(&session.user_id) {
            sessions.retain(|other| other.id != session.id);
            if sessions.is_empty() {
                users.remove(&session.user_id);
            }
        }
        drop(users);
        self.connected.fetch_sub(1, Ordering::Relaxed);
        true
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::outbox::OutboxLimits;
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Duration;
    use uuid::Uuid;

    /// A session with ids and a name made of a number, and an outbox that takes all a test sends.
    pub(crate) fn session(number: u128) -> Arc<Session> {
        session_of(number, number)
    }

    /// The same for a user of another number.
    pub(crate) fn session_of(user: u128, number: u128) -> Arc<Session> {
        let limits = OutboxLimits { messages: 1 << 20, bytes: 1 << 30, write_wait: Duration::from_secs(60) };
        make(user, number, Outbox::new(limits))
    }

    /// The same with an outbox of one's own.
    pub(crate) fn session_with(number: u128, outbox: Outbox) -> Arc<Session> {
        make(number, number, outbox)
    }

    fn make(user: u128, number: u128, outbox: Outbox) -> Arc<Session> {
        let user = CallerUser {
            id: UserId::new(Uuid::from_u128(user)),
            username: format!("user{user}").into(),
            vars: Arc::default(),
            expires_at: Timestamp::default(),
        };
        Arc::new(Session::new(
            SessionId::new(Uuid::from_u128(number)),
            user,
            "en".into(),
            ClientAddress { ip: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 1 },
            outbox,
            Timestamp::default(),
            number as u64,
        ))
    }

    #[tokio::test]
    async fn the_first_reason_stands() {
        let session = session(1);
        assert_eq!(session.close_reason(), None);
        let waiter = tokio::spawn({
            let session = session.clone();
            async move { session.closing().await }
        });
        tokio::task::yield_now().await;
        session.close(CloseReason::SlowConsumer);
        session.close(CloseReason::PongTimeout);
        assert_eq!(waiter.await.unwrap(), CloseReason::SlowConsumer);
        assert_eq!(session.closing().await, CloseReason::SlowConsumer, "and it is told to whoever asks later");
    }

    #[test]
    fn a_detail_is_for_log_and_event_only() {
        let reason = CloseReason::Disconnected { detail: Some("cheating".into()) };
        assert_eq!(reason.to_string(), "server-side session disconnect");
        assert_eq!(reason.full_text(), "server-side session disconnect: cheating");
        assert_eq!(CloseReason::ClosedByClient.full_text(), "");
    }

    #[test]
    fn sessions_are_found_by_id_and_by_user_until_removed() {
        let sessions = Sessions::default();
        let (one, two) = (session(1), session(2));
        sessions.insert(&one);
        sessions.insert(&two);
        assert!(sessions.get(one.id()).is_some_and(|found| Arc::ptr_eq(&found, &one)));
        assert_eq!(sessions.of_user(two.user_id()).len(), 1);
        assert_eq!((sessions.len(), sessions.all().len()), (2, 2));
        assert!(sessions.remove(&one));
        assert!(!sessions.remove(&one), "the second time it is not there");
        assert!(sessions.get(one.id()).is_none());
        assert!(sessions.of_user(one.user_id()).is_empty());
        assert_eq!(sessions.len(), 1);
    }

    #[test]
    fn nothing_is_linked_after_the_end() {
        let links = Links::default();
        assert!(links.add(1));
        assert!(links.add(2));
        links.remove(&2);
        assert_eq!(links.end(), HashSet::from([1]));
        assert!(!links.add(3));
        assert!(links.end().is_empty());
    }
}
