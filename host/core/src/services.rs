//! `Core`: everything above, assembled.

use crate::account::{AccountError, Accounts, Users};
use crate::caller::{CallerUser, ClientAddress};
use crate::chat::Chat;
use crate::clock::Environment;
use crate::events::Events;
use crate::friend::{Friends, Online};
use crate::group::Groups;
use crate::history::{History, Sequence};
use crate::ids::UserId;
use crate::notification::{self, Notifications};
use crate::outbox::{Outbox, OutboxLimits};
use crate::password::{LoginLimits, Passwords};
use crate::presence::PresenceMeta;
use crate::push::{Push, PushEvent};
use crate::revocation::Revocations;
use crate::router::Router;
use crate::session::{CloseReason, Session, Sessions};
use crate::status::{Followers, Statuses};
use crate::storage::Storage;
use crate::store::{self, OpenError, Store, StoreConfig, StoreError};
use crate::stream::{Stream, mode};
use crate::tracker::Tracker;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The notification to a socket that a newer one replaces (session_registry.go:149-180).
const SINGLE_SOCKET: &str = "single_socket";

/// How core works.
#[derive(Clone, Debug)]
pub struct Config {
    /// This server's name.
    pub node: String,
    /// Where everything that lasts is kept.
    pub data_dir: PathBuf,
    /// How the store works.
    pub store: StoreConfig,
    /// The bounds of each session's outbox.
    pub outbox: OutboxLimits,
    /// How many events may wait.
    pub event_queue_size: usize,
    /// How many tasks ask for events.
    pub event_queue_workers: usize,
    /// A new socket closes the user's older ones.
    pub single_socket: bool,
    /// How many passwords are hashed at once.
    pub password_hashes_at_once: usize,
    /// How many more may wait for it.
    pub password_hashes_waiting: usize,
    /// How many failed logins are taken.
    pub login_limits: LoginLimits,
}

/// What was left when the grace period ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StopReport {
    /// Events that were queued or being handled.
    pub events_left: usize,
}

/// The domain, assembled.
#[derive(Debug)]
pub struct Core {
    /// Time and randomness.
    pub env: Environment,
    /// This server's name.
    pub node: Arc<str>,
    /// Everything that lasts.
    pub store: Store,
    /// The connected sockets.
    pub sessions: Arc<Sessions>,
    /// Who follows whose status.
    pub followers: Followers,
    /// Who is in which stream.
    pub tracker: Arc<Tracker>,
    /// From streams to sockets.
    pub router: Router,
    /// What waits for the plugins' handlers.
    pub events: Events,
    /// Channels and their messages.
    pub chat: Chat,
    /// Users and how they log in.
    pub accounts: Accounts,
    /// Tokens that were logged out.
    pub revocations: Revocations,
    /// Storage objects.
    pub storage: Storage,
    /// What users are told.
    pub notifications: Notifications,
    /// Edges between users.
    pub friends: Friends,
    /// Groups and their members.
    pub groups: Groups,
    /// Who shows which online status to whom.
    pub statuses: Statuses,
    outbox: OutboxLimits,
    single_socket: bool,
}

/// A socket that is about to be a session.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// As the session token tells.
    pub user: CallerUser,
    /// The language that the client asked for.
    pub lang: Arc<str>,
    /// Where it connects from.
    pub client: ClientAddress,
    /// `status=true`: appear online at once.
    pub status: bool,
}

impl Core {
    /// Opens the data folder and assembles the rest.
    ///
    /// # Errors
    /// When the folder cannot be used: see [`OpenError`].
    pub fn open(config: Config, env: Environment) -> Result<Arc<Self>, OpenError> {
        let node: Arc<str> = config.node.into();
        let store = Store::open(&config.data_dir, config.store)?;
        let followers = Followers::default();
        let tracker = Arc::new(Tracker::new(node.clone(), followers.clone()));
        let router = Router::new(tracker.clone());
        let unreadable = |error| unreadable(&config.data_dir, error);
        let highest = store.read_blocking(store::history::highest_id).map_err(unreadable)?;
        let sequence = Arc::new(Sequence::new(env.clone(), highest));
        let passwords = Passwords::new(config.password_hashes_at_once, config.password_hashes_waiting);
        let presences = tracker.clone();
        let users = Users::new(env.now(), move |user| presences.is_online(user));
        let accounts = Accounts::new(store.clone(), env.clone(), passwords, config.login_limits, users.clone());
        let history = Arc::new(History::new(store.clone(), tracker.clone(), sequence.clone()));
        let notifications = Notifications::new(store.clone(), sequence, router.clone());
        let notes = &notifications;
        let sessions = Arc::new(Sessions::default());
        let online = Online { sessions: sessions.clone(), followers: followers.clone() };
        let friends = Friends::new(store.clone(), env.clone(), users.clone(), notes.clone(), history.clone(), online);
        let groups = Groups::new(store.clone(), env.clone(), users, notes.clone(), history.clone());
        let statuses = Statuses::new(store.clone(), tracker.clone(), followers.clone());
        Ok(Arc::new(Self {
            node,
            sessions,
            followers,
            chat: Chat::new(store.clone(), tracker.clone(), history, notifications.clone()),
            tracker,
            router,
            events: Events::new(config.event_queue_size, config.event_queue_workers),
            accounts,
            revocations: Revocations::open(store.clone(), env.clone()).map_err(unreadable)?,
            storage: Storage::new(store.clone(), env.clone()),
            statuses,
            notifications,
            friends,
            groups,
            store,
            env,
            outbox: config.outbox,
            single_socket: config.single_socket,
        }))
    }

    /// Opens a session: registered, following its own user, in its notification stream (hidden), with a status where
    /// asked for, and session-start queued. With `single_socket` older sockets of the user get a notification
    /// (code -7) and close.
    pub fn open_session(&self, new: NewSession) -> Arc<Session> {
        let session = Arc::new(Session::new(
            self.env.session_id(),
            new.user,
            new.lang,
            new.client,
            Outbox::new(self.outbox),
            self.env.now(),
            self.sessions.next_serial(),
        ));
        let user = session.user_id();
        self.sessions.insert(&session);
        self.followers.follow(&session, user);
        let hidden = PresenceMeta { hidden: true, ..PresenceMeta::default() };
        self.track(&session, &Stream::about(mode::NOTIFICATIONS, user.uuid()), hidden);
        if new.status {
            self.track(&session, &Stream::about(mode::STATUS, user.uuid()), PresenceMeta::default());
        }
        // A refused session-start is counted and logged by the queue; the session opens all the same.
        let _ = self.events.session_start(session.caller.clone(), self.env.now());
        if self.single_socket {
            self.close_older(&session);
        }
        session
    }

    /// The first half of the end: no presence, no follower, not registered; others get their leave events. The second
    /// call does nothing.
    pub fn close_session(&self, session: &Arc<Session>) {
        self.tracker.leave_all(session);
        self.followers.unfollow_all(session);
        self.sessions.remove(session);
    }

    /// The second half, after the socket is closed: queues session-end with the reason.
    pub fn end_session(&self, session: &Arc<Session>, reason: &CloseReason) {
        self.events.session_end(session.caller.clone(), reason, self.env.now());
    }

    /// Deletes an account with all that it owns, and closes its sockets.
    ///
    /// # Errors
    /// When there is no such account, or the store failed: nothing is changed.
    pub async fn delete_account(&self, user: UserId) -> Result<(), AccountError> {
        self.accounts.delete(user).await?;
        for session in self.sessions.of_user(user) {
            session.close(CloseReason::Disconnected { detail: None });
        }
        Ok(())
    }

    /// Whether the user has a status on some socket.
    pub fn is_online(&self, user: UserId) -> bool {
        self.tracker.is_online(user)
    }

    /// Whether stored state can be changed: false once the disk has failed, and after [`Self::stop`].
    pub fn writes_ok(&self) -> bool {
        self.store.health().is_ok()
    }

    /// Stops: no event is taken any more, and the queued ones get `grace` to be handled; then the store is closed, so
    /// that everything acknowledged is on disk and nothing more is taken. To be called when the sessions have ended.
    pub async fn stop(&self, grace: Duration) -> StopReport {
        self.events.close();
        let events_left = match tokio::time::timeout(grace, self.events.drained()).await {
            Ok(()) => 0,
            Err(_) => self.events.unfinished(),
        };
        self.store.close().await;
        StopReport { events_left }
    }

    /// Puts a new session into one of its own streams.
    fn track(&self, session: &Arc<Session>, stream: &Stream, meta: PresenceMeta) {
        // Refused only when somebody has ended the session meanwhile: then it is to be in no stream.
        let _ = self.tracker.join(session, stream, meta);
    }

    /// Tells the older sockets of a session's user that there is a newer one, and closes them.
    fn close_older(&self, newest: &Session) {
        let user = newest.user_id();
        for session in self.sessions.of_user(user).iter().filter(|session| session.is_older_than(newest)) {
            let told = self.notifications.transient(user, SINGLE_SOCKET, notification::code::SINGLE_SOCKET);
            session.outbox.push(Arc::new(Push::new(PushEvent::Notification(told))));
            session.close(CloseReason::Disconnected { detail: None });
        }
    }
}

fn unreadable(folder: &Path, error: StoreError) -> OpenError {
    OpenError::Corrupt { folder: folder.into(), detail: error.to_string() }
}
