//! A core in a temporary folder, and clients of it.

use meadhall_core::account::{Credential, LoginRequest};
use meadhall_core::caller::{Actor, CallerUser, ClientAddress};
use meadhall_core::chat::ChatError;
use meadhall_core::clock::{Environment, ManualClock, Timestamp};
use meadhall_core::history::{ChannelMessage, PageRequest};
use meadhall_core::ids::UserId;
use meadhall_core::notification::Notification;
use meadhall_core::outbox::{OutboxLimits, Outgoing};
use meadhall_core::push::{Push, PushEvent};
use meadhall_core::session::Session;
use meadhall_core::store::StoreConfig;
use meadhall_core::stream::{Stream, mode};
use meadhall_core::{Config, Core, NewSession};
use parking_lot::Mutex;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use uuid::Uuid;

/// A server without an edge.
pub(crate) struct World {
    pub(crate) core: Arc<Core>,
    pub(crate) clock: Arc<ManualClock>,
    dir: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// With some of the configuration changed.
    pub(crate) fn with(change: impl Fn(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_700_000_000)));
        let core = open(&dir, &clock, change);
        Self { core, clock, dir }
    }

    /// Stops the server and starts another one on its folder.
    pub(crate) async fn restart(self) -> Self {
        let Self { core, clock, dir } = self;
        core.stop(Duration::ZERO).await;
        drop(core);
        let core = open(&dir, &clock, |_| {});
        Self { core, clock, dir }
    }

    /// Makes an account of this name.
    pub(crate) async fn account(&self, name: &str) -> UserId {
        let credential = Credential::Device(format!("device-of-{name}"));
        let request = LoginRequest { credential, create: true, username: name.into(), address: None };
        self.core.accounts.authenticate(request).await.unwrap().user_id
    }

    /// Opens a session of a user with this number.
    pub(crate) fn client(&self, number: u128) -> Client {
        self.client_with(number, false)
    }

    /// The same, with or without a status.
    pub(crate) fn client_with(&self, number: u128, status: bool) -> Client {
        let username = format!("user{number}").into();
        self.client_of(&Actor { user_id: UserId::new(Uuid::from_u128(number)), username }, status)
    }

    /// A user with an account, which is made if there is none.
    pub(crate) async fn user(&self, name: &str) -> Actor {
        let credential = Credential::Device(format!("device-of-{name}"));
        let request = LoginRequest { credential, create: true, username: name.into(), address: None };
        let user_id = self.core.accounts.authenticate(request).await.unwrap().user_id;
        Actor { user_id, username: name.into() }
    }

    /// Opens a session of such a user.
    pub(crate) async fn player(&self, name: &str) -> Client {
        self.client_of(&self.user(name).await, false)
    }

    /// Opens a session of a user, with or without a status.
    pub(crate) fn client_of(&self, user: &Actor, status: bool) -> Client {
        let Actor { user_id: id, username } = user.clone();
        let user = CallerUser { id, username, vars: Arc::default(), expires_at: Timestamp::default() };
        let client = ClientAddress { ip: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 1 };
        let session = self.core.open_session(NewSession { user, lang: "en".into(), client, status });
        Client { core: self.core.clone(), session, received: Mutex::default() }
    }
}

fn open(dir: &TempDir, clock: &Arc<ManualClock>, change: impl Fn(&mut Config)) -> Arc<Core> {
    let mut config = Config {
        node: "node".into(),
        data_dir: dir.path().to_owned(),
        store: StoreConfig { sync_interval_ms: 0, cache_capacity: 16 << 20 },
        outbox: OutboxLimits { messages: 64, bytes: 1 << 20, write_wait: Duration::from_secs(5) },
        event_queue_size: 1000,
        event_queue_workers: 2,
        single_socket: false,
        password_hashes_at_once: 1,
        password_hashes_waiting: 1,
        login_limits: meadhall_core::password::LoginLimits::default(),
    };
    change(&mut config);
    Core::open(config, Environment::seeded(clock.clone(), 7)).unwrap()
}

/// One socket.
pub(crate) struct Client {
    core: Arc<Core>,
    pub(crate) session: Arc<Session>,
    /// All pushes that were read from the outbox.
    received: Mutex<Vec<Arc<Push>>>,
}

impl Client {
    /// Who it belongs to.
    pub(crate) fn user(&self) -> UserId {
        self.session.user_id()
    }

    /// The user as one who does something.
    pub(crate) fn actor(&self) -> Actor {
        Actor { user_id: self.user(), username: self.session.username().clone() }
    }

    /// Whether it is in a channel.
    pub(crate) fn is_in(&self, stream: &Stream) -> bool {
        self.core.tracker.get(stream, self.user(), self.session.id()).is_some()
    }

    /// Tries to join a channel; whether that was new.
    pub(crate) async fn try_join(&self, stream: &Stream, persistence: bool) -> Result<bool, ChatError> {
        self.core.chat.join(&self.session, stream, persistence, false).await.map(|joined| joined.new)
    }

    /// Joins a channel.
    pub(crate) async fn join(&self, stream: &Stream, persistence: bool) {
        drop(self.core.chat.join(&self.session, stream, persistence, false).await.unwrap());
    }

    /// Sends a message that says `text`.
    pub(crate) async fn send(&self, stream: &Stream, text: impl ToString) -> ChannelMessage {
        self.core.chat.send(&self.session, stream, &content(text)).await.unwrap()
    }

    /// All pushes so far.
    pub(crate) fn pushes(&self) -> Vec<Arc<Push>> {
        let mut taken = Vec::new();
        self.session.outbox.try_take(&mut taken);
        let mut received = self.received.lock();
        received.extend(taken.into_iter().filter_map(|item| match item {
            Outgoing::Push(push) => Some(push),
            Outgoing::Reply(_) => None,
        }));
        received.clone()
    }

    /// All notifications so far.
    pub(crate) fn notifications(&self) -> Vec<Notification> {
        let notification = |push: &Arc<Push>| match push.event() {
            PushEvent::Notification(notification) => Some(notification.clone()),
            _ => None,
        };
        self.pushes().iter().filter_map(notification).collect()
    }

    /// All chat messages so far.
    pub(crate) fn messages(&self) -> Vec<ChannelMessage> {
        let message = |push: &Arc<Push>| match push.event() {
            PushEvent::ChannelMessage(message) => Some(message.clone()),
            _ => None,
        };
        self.pushes().iter().filter_map(message).collect()
    }
}

/// All that is stored of a channel, oldest first.
pub(crate) async fn whole_history(core: &Core, stream: &Stream) -> Vec<ChannelMessage> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let request = PageRequest { stream: stream.clone(), limit: 100, forward: true, from: None, cursor };
        let page = core.chat.list(UserId::NIL, request).await.unwrap();
        all.extend(page.messages);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return all;
        }
    }
}

/// A room.
pub(crate) fn room(name: &str) -> Stream {
    Stream::labelled(mode::ROOM, name)
}

/// Content that says `text`.
pub(crate) fn content(text: impl ToString) -> String {
    format!("{{\"text\":\"{}\"}}", text.to_string())
}
