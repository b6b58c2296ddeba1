//! What is in a world.

use crate::bindings::meadhall::plugin::context::{CallerSession, CallerUser, ClientAddress, Mode};
use crate::bindings::meadhall::plugin::http::{Request, Response};
use crate::bindings::meadhall::plugin::log::Level;
use crate::bindings::meadhall::plugin::storage::Object;
use crate::bindings::meadhall::plugin::types::{PresenceId, PresenceMeta};
use crate::message::{Account, ChannelMessage, Group, Notification, ReadMarker, Timestamp, User};
use crate::{Event, Stream};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

/// The world of this thread.
pub(super) type Shared = Rc<RefCell<State>>;

thread_local! {
    static CURRENT: RefCell<Option<Shared>> = const { RefCell::new(None) };
}

/// The user that stands for the server itself.
pub(super) const NIL: &str = "00000000-0000-0000-0000-000000000000";
/// 2026-01-01T00:00:00Z: when a world begins.
const BEGINNING_MS: i64 = 1_767_225_600_000;

/// Does something with this thread's world.
pub(super) fn with<T>(act: impl FnOnce(&mut State) -> T) -> T {
    let world = CURRENT.with_borrow(Clone::clone).expect("a function of the host was entered");
    let mut state = world.borrow_mut();
    act(&mut state)
}

/// Panics, with a sentence that names the function, where there is no world.
#[track_caller]
pub(crate) fn enter(function: &str) {
    let known = CURRENT.with_borrow(Option::is_some);
    assert!(known, "`{function}` needs the server: in a test, make a `meadhall_guest::testing::World` first");
}

/// Makes a world this thread's own.
pub(super) fn install(world: &Shared) {
    CURRENT.with_borrow_mut(|current| {
        assert!(current.is_none(), "this thread has a world already: drop it before the next is made");
        *current = Some(world.clone());
    });
}

/// Takes it away.
pub(super) fn remove() {
    CURRENT.with_borrow_mut(|current| *current = None);
}

/// Says that a world has no such thing.
#[track_caller]
pub(super) fn unsupported(what: &str) -> ! {
    panic!(
        "{what}: the worlds of `meadhall_guest::testing` do not have this; `meadhall plugin test` tries it on a server"
    )
}

/// Something that a socket received.
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    /// Data of a stream, as a plugin sent it.
    Data {
        /// The stream.
        stream: Stream,
        /// The data.
        data: String,
    },
    /// An envelope that a plugin wrote itself.
    Envelope(Value),
    /// A message of a channel that the socket is in.
    Message(ChannelMessage),
    /// A notification.
    Notification(Notification),
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How bad it is.
    pub level: Level,
    /// What it says.
    pub message: String,
}

/// Everything there is. Ids are texts, as plugins know them, always in lower case.
pub(super) struct State {
    pub(super) now_ms: i64,
    ids: u64,
    pub(super) node: String,
    pub(super) config: BTreeMap<String, String>,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) files: BTreeMap<String, Vec<u8>>,
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) sessions: BTreeMap<String, Session>,
    pub(super) streams: BTreeMap<StreamKey, Vec<(PresenceId, PresenceMeta)>>,
    pub(super) channels: BTreeMap<String, Vec<ChannelMessage>>,
    /// By user and channel.
    pub(super) markers: BTreeMap<(String, String), ReadMarker>,
    /// By owner, collection and key.
    pub(super) objects: BTreeMap<(String, String, String), Object>,
    /// One side of an edge between users.
    pub(super) edges: BTreeMap<(String, String), Edge>,
    pub(super) groups: BTreeMap<String, Members>,
    /// By user, oldest first.
    pub(super) notifications: BTreeMap<String, Vec<Notification>>,
    pub(super) events: Vec<Event>,
    pub(super) queue: VecDeque<Queued>,
    pub(super) metrics: BTreeMap<(String, Vec<(String, String)>), f64>,
    pub(super) log: Vec<Line>,
    pub(super) answers: Vec<Answer>,
    pub(super) requests: Vec<Request>,
    pub(super) call: Call,
}

/// A stream's mode, subject, subcontext and label.
pub(super) type StreamKey = (u8, String, String, String);

/// A socket.
pub(super) struct Session {
    pub(super) user_id: String,
    pub(super) received: VecDeque<Received>,
    pub(super) follows: BTreeSet<String>,
}

/// A user as another sees them.
#[derive(Clone)]
pub(super) struct Edge {
    pub(super) state: i32,
    pub(super) metadata: String,
    pub(super) update_time: Timestamp,
}

/// A group, and who is in it with which state.
#[derive(Clone)]
pub(super) struct Members {
    pub(super) group: Group,
    pub(super) states: BTreeMap<String, i32>,
}

/// An event that waits for its handler.
pub(super) struct Queued {
    pub(super) kind: EventKind,
    pub(super) event: Event,
    pub(super) by: Call,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum EventKind {
    Custom,
    SessionStart,
    SessionEnd,
}

/// What a server elsewhere answers.
pub(super) struct Answer {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) response: Result<Response, crate::Error>,
}

/// Who calls, and how.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) mode: Mode,
    pub(super) user: Option<CallerUser>,
    pub(super) session: Option<CallerSession>,
    pub(super) client: Option<ClientAddress>,
    pub(super) vars: BTreeMap<String, String>,
    pub(super) query: Vec<(String, Vec<String>)>,
    pub(super) headers: Vec<(String, Vec<String>)>,
}

impl Call {
    /// Nobody: the server itself.
    pub(super) fn by_nobody(mode: Mode) -> Self {
        Self {
            mode,
            user: None,
            session: None,
            client: None,
            vars: BTreeMap::new(),
            query: Vec::new(),
            headers: Vec::new(),
        }
    }
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            now_ms: BEGINNING_MS,
            ids: 0,
            node: "test".into(),
            config: BTreeMap::new(),
            environment: BTreeMap::new(),
            files: BTreeMap::new(),
            accounts: BTreeMap::new(),
            sessions: BTreeMap::new(),
            streams: BTreeMap::new(),
            channels: BTreeMap::new(),
            markers: BTreeMap::new(),
            objects: BTreeMap::new(),
            edges: BTreeMap::new(),
            groups: BTreeMap::new(),
            notifications: BTreeMap::new(),
            events: Vec::new(),
            queue: VecDeque::new(),
            metrics: BTreeMap::new(),
            log: Vec::new(),
            answers: Vec::new(),
            requests: Vec::new(),
            call: Call::by_nobody(Mode::Rpc),
        }
    }

    /// A new id, above all before it.
    pub(super) fn id(&mut self) -> String {
        self.ids += 1;
        format!("00000000-0000-4000-8000-{:012x}", self.ids)
    }

    /// The time now.
    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms(self.now_ms)
    }

    /// The time now, to the second, as most of what is stored has it.
    pub(super) fn second(&self) -> Timestamp {
        Timestamp::from_unix_ms(self.now_ms.div_euclid(1000) * 1000)
    }

    /// A user as others see them; the server itself has no row.
    pub(super) fn user(&self, id: &str) -> Option<User> {
        if id == NIL {
            let epoch = Some(Timestamp::from_unix_ms(0));
            return Some(User {
                id: NIL.into(),
                lang_tag: "en".into(),
                metadata: "{}".into(),
                create_time: epoch.clone(),
                update_time: epoch,
                ..User::default()
            });
        }
        let mut user = self.accounts.get(id)?.user.clone()?;
        user.online = self.is_online(id);
        user.edge_count =
            i32::try_from(self.edges_of(id).filter(|(_, edge)| edge.state == 0).count()).unwrap_or(i32::MAX);
        Some(user)
    }

    /// The id of the user of this name.
    pub(super) fn user_named(&self, username: &str) -> Option<String> {
        let mut users = self.accounts.values().filter_map(|account| account.user.as_ref());
        users.find(|user| user.username == username).map(|user| user.id.clone())
    }

    /// Whether a user shows a status.
    pub(super) fn is_online(&self, user_id: &str) -> bool {
        self.streams.get(&status_stream(user_id)).is_some_and(|members| members.iter().any(|(_, meta)| !meta.hidden))
    }

    /// A user's side of their edges.
    pub(super) fn edges_of<'a>(&'a self, user_id: &'a str) -> impl Iterator<Item = (&'a String, &'a Edge)> {
        self.edges.iter().filter(move |((user, _), _)| user == user_id).map(|((_, other), edge)| (other, edge))
    }

    /// Whether one has blocked another.
    pub(super) fn has_blocked(&self, one: &str, other: &str) -> bool {
        self.edges.get(&(one.to_owned(), other.to_owned())).is_some_and(|edge| edge.state == 3)
    }

    /// Hands something to the sockets that are in a stream.
    pub(super) fn send(&mut self, stream: &StreamKey, only: &[PresenceId], what: &Received) {
        let members = self.streams.get(stream).cloned().unwrap_or_default();
        for (who, _) in members {
            let session = self.sessions.get_mut(&who.session_id);
            if let Some(session) = session.filter(|_| only.is_empty() || only.contains(&who)) {
                session.received.push_back(what.clone());
            }
        }
    }

    /// Stores a notification when it is to be kept, and hands it to the user's sockets.
    pub(super) fn notify(&mut self, user_id: &str, notification: Notification) {
        if notification.persistent && self.accounts.contains_key(user_id) {
            self.notifications.entry(user_id.to_owned()).or_default().push(notification.clone());
        }
        let stream = (0, user_id.to_owned(), String::new(), String::new());
        self.send(&stream, &[], &Received::Notification(notification));
    }

    /// Ends a socket.
    pub(super) fn disconnect(&mut self, session_id: &str, reason: &str) {
        let Some(session) = self.sessions.remove(session_id) else { return };
        for members in self.streams.values_mut() {
            members.retain(|(who, _)| who.session_id != session_id);
        }
        self.streams.retain(|_, members| !members.is_empty());
        let user = self.accounts.get(&session.user_id).and_then(|account| account.user.clone()).unwrap_or_default();
        let mut event = Event::new("session_end", [("reason", reason)]);
        event.timestamp_ms = Some(self.now_ms);
        let mut by = Call::by_nobody(Mode::Event);
        by.user = Some(CallerUser { id: session.user_id, username: user.username, expires_at: self.expiry() });
        by.session = Some(CallerSession { id: session_id.to_owned(), lang: "en".into() });
        self.queue.push_back(Queued { kind: EventKind::SessionEnd, event, by });
    }

    /// When a token given out now expires, in seconds.
    pub(super) fn expiry(&self) -> i64 {
        self.now_ms.div_euclid(1000) + 3600
    }
}

/// The stream in which a user's status is.
pub(super) fn status_stream(user_id: &str) -> StreamKey {
    (1, user_id.to_owned(), String::new(), String::new())
}
