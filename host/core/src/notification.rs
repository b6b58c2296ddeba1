//! Notifications: what one user is told, live on every socket and, where wanted, kept until they delete it.

use crate::clock::{Environment, Timestamp};
use crate::ids::{NotificationId, UserId};
use crate::push::{Push, PushEvent};
use crate::router::Router;
use crate::store::notification as rows;
use crate::store::{Store, StoreError, Txn};
use crate::stream::{Stream, mode};
use std::sync::Arc;

/// The codes of the server's own notifications (core_notification.go:42-50). Those of games are above 0.
pub mod code {
    /// Somebody wants to chat.
    pub const DIRECT_MESSAGE_REQUEST: i32 = -1;
    /// Somebody wants to be a friend.
    pub const FRIEND_REQUEST: i32 = -2;
    /// Somebody is a friend now.
    pub const FRIEND_ACCEPT: i32 = -3;
    /// The user was added to a group.
    pub const GROUP_ADD: i32 = -4;
    /// Somebody wants to join a group of the user's.
    pub const GROUP_JOIN_REQUEST: i32 = -5;
    /// A newer socket takes this one's place.
    pub const SINGLE_SOCKET: i32 = -7;
    /// The account was disabled.
    pub const BANNED: i32 = -8;
}

/// A notification to one user.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// Its own id.
    pub id: NotificationId,
    /// What it is about, in a few words.
    pub subject: String,
    /// A JSON object.
    pub content: String,
    /// Above 0 for games, 0 and below for the server itself.
    pub code: i32,
    /// Nil for the server itself.
    pub sender_id: UserId,
    /// In whole seconds.
    pub create_time: Timestamp,
    /// Whether it is stored.
    pub persistent: bool,
}

/// A notification to send.
#[derive(Clone, Debug)]
pub struct NewNotification {
    /// To whom.
    pub user_id: UserId,
    /// What it is about, in a few words.
    pub subject: String,
    /// A JSON object.
    pub content: String,
    /// Above 0 for games, 0 and below for the server itself.
    pub code: i32,
    /// Nil for the server itself.
    pub sender_id: UserId,
    /// Keep it until the user deletes it.
    pub persistent: bool,
}

/// One page of a user's stored notifications, oldest first.
#[derive(Clone, Debug, Default)]
pub struct NotificationPage {
    /// The notifications.
    pub notifications: Vec<Notification>,
    /// After the last notification of this page: finds the next page, and later what was sent since. Always there.
    pub cacheable_cursor: String,
}

/// Why a notification operation is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotificationError {
    /// The cursor is not one of this list.
    #[error("Cursor is invalid.")]
    InvalidCursor,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sends and keeps notifications. Cloning is cheap, and all clones are the same.
#[derive(Clone, Debug)]
pub struct Notifications {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    env: Environment,
    router: Router,
}

impl Notifications {
    /// Notifications in a store, told to the sessions that the router knows.
    pub(crate) fn new(store: Store, env: Environment, router: Router) -> Self {
        Self { inner: Arc::new(Inner { store, env, router }) }
    }

    /// Sends notifications, all or none; returns when the persistent ones are durable and all are in their outboxes.
    pub async fn send(&self, new: Vec<NewNotification>) -> Result<(), NotificationError> {
        unimplemented!("{new:?}")
    }

    /// A page of a user's stored notifications.
    pub async fn list(
        &self,
        user: UserId,
        limit: usize,
        cursor: Option<String>,
    ) -> Result<NotificationPage, NotificationError> {
        unimplemented!("{user} {limit} {cursor:?}")
    }

    /// Deletes stored notifications of a user; unknown ones are no error.
    pub async fn delete(&self, user: UserId, ids: Vec<NotificationId>) -> Result<(), NotificationError> {
        unimplemented!("{user} {ids:?}")
    }

    /// Sends one as part of a write: it is stored with it (where persistent), and told once the write is durable.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub(crate) fn post(&self, txn: &mut Txn, new: NewNotification) -> Result<(), StoreError> {
        let NewNotification { user_id, subject, content, code, sender_id, persistent } = new;
        // TODO(notification): ids from a monotonic source, so that they are the order of the list.
        let id = NotificationId::new(self.inner.env.uuid());
        let create_time = self.inner.env.now().whole_second();
        let notification = Notification { id, subject, content, code, sender_id, create_time, persistent };
        if persistent {
            rows::put(txn, user_id, &notification)?;
        }
        let inner = self.inner.clone();
        txn.on_commit(move |durable| {
            if durable.is_ok() {
                inner.tell(user_id, notification);
            }
        });
        Ok(())
    }
}

impl Inner {
    fn tell(&self, user: UserId, notification: Notification) {
        let push = Arc::new(Push::new(PushEvent::Notification(notification)));
        self.router.to_stream(&Stream::about(mode::NOTIFICATIONS, user.uuid()), push);
    }
}
