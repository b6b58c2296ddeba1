//! `Core`: everything above, assembled.

use crate::account::Accounts;
use crate::caller::{CallerUser, ClientAddress};
use crate::chat::Chat;
use crate::clock::Environment;
use crate::events::Events;
use crate::outbox::OutboxLimits;
use crate::revocation::Revocations;
use crate::router::Router;
use crate::session::{CloseReason, Session, Sessions};
use crate::status::Followers;
use crate::storage::Storage;
use crate::store::{OpenError, Store, StoreConfig};
use crate::tracker::Tracker;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How core works.
#[derive(Clone, Debug)]
pub struct Config {
    /// This server's name.
    pub node: String,
    pub data_dir: PathBuf,
    pub store: StoreConfig,
    pub outbox: OutboxLimits,
    pub event_queue_size: usize,
    pub event_queue_workers: usize,
    /// A new socket closes the user's older ones.
    pub single_socket: bool,
    /// How many passwords are hashed at once; how many more may wait.
    pub password_hashes_at_once: usize,
    pub password_hashes_waiting: usize,
}

/// What was left when the grace period ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StopReport {
    pub events_left: usize,
}

/// The domain, assembled.
#[derive(Debug)]
pub struct Core {
    pub env: Environment,
    pub node: Arc<str>,
    pub store: Store,
    pub sessions: Sessions,
    pub followers: Followers,
    pub tracker: Arc<Tracker>,
    pub router: Router,
    pub events: Events,
    pub chat: Chat,
    pub accounts: Accounts,
    pub revocations: Revocations,
    pub storage: Storage,
}

/// A socket that is about to be a session.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub user: CallerUser,
    pub lang: Arc<str>,
    pub client: ClientAddress,
    /// `status=true`: appear online at once.
    pub status: bool,
}

impl Core {
    /// Opens the data folder and assembles the rest.
    pub fn open(_config: Config, _env: Environment) -> Result<Arc<Self>, OpenError> {
        todo!()
    }

    /// Opens a session: registered, following its own user, in its notification stream (hidden), with a status where
    /// asked for, and session-start queued. With `single_socket` older sockets of the user get a notification
    /// (code -7) and close.
    pub fn open_session(&self, _new: NewSession) -> Arc<Session> {
        todo!()
    }

    /// The first half of the end: no presence, no follower, not registered; others get their leave events.
    pub fn close_session(&self, _session: &Arc<Session>) {
        todo!()
    }

    /// The second half, after the socket is closed: queues session-end with the reason.
    pub fn end_session(&self, _session: &Arc<Session>, _reason: &CloseReason) {
        todo!()
    }

    /// Closes the store: everything acknowledged is on disk, nothing more is taken.
    pub async fn stop(&self, _grace: Duration) -> StopReport {
        todo!()
    }
}
