//! Notifications: what one user is told, live on every socket and, where wanted, kept until they delete it.

use crate::clock::Timestamp;
use crate::history::Sequence;
use crate::ids::{NotificationId, UserId};
use crate::json;
use crate::push::{Push, PushEvent};
use crate::router::Router;
use crate::store::notification as rows;
use crate::store::{Store, StoreError, Txn, account};
use crate::stream::{Stream, mode};
use std::sync::Arc;

/// How many notifications a page has at most.
const PAGE_MAX: usize = 100;
/// Characters of a subject, as Nakama's database has it.
const SUBJECT_LEN_MAX: usize = 255;
/// Bytes of content.
const CONTENT_LEN_MAX: usize = 64 * 1024;

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

/// Why a notification operation is refused. The texts that begin with a capital are the wire's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotificationError {
    /// The cursor is not one of this list.
    #[error("Cursor is invalid.")]
    InvalidCursor,
    /// More or fewer than a page has.
    #[error("Invalid limit - limit must be between 1 and 100.")]
    InvalidLimit,
    /// No subject.
    #[error("subject must not be empty")]
    EmptySubject,
    /// A long subject, with its length.
    #[error("subject is {0} characters, the limit is {SUBJECT_LEN_MAX}")]
    SubjectTooLong(usize),
    /// Content of another form.
    #[error("content must be a JSON object")]
    InvalidContent,
    /// Much content, with its length.
    #[error("content is {0} bytes, the limit is {CONTENT_LEN_MAX}")]
    ContentTooLong(usize),
    /// A code that only the server itself sends.
    #[error("code must be above 0, it is {0}")]
    InvalidCode(i32),
    /// Nothing is stored for nobody.
    #[error("there is no user {0} to store a notification for")]
    UnknownUser(UserId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sends and keeps notifications. Cloning is cheap, and all clones are the same.
///
/// A notification reaches the sessions that are in the user's stream of mode [`mode::NOTIFICATIONS`]: every session joins
/// it when it opens, and whoever takes it off that stream silences it. Stored ones are kept until they are deleted.
#[derive(Clone, Debug)]
pub struct Notifications {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    /// The ids of stored notifications are the order of lists, also after a restart with the clock set back.
    sequence: Arc<Sequence>,
    router: Router,
}

impl Notifications {
    /// Notifications in a store, told to the sessions that the router knows.
    pub(crate) fn new(store: Store, sequence: Arc<Sequence>, router: Router) -> Self {
        Self { inner: Arc::new(Inner { store, sequence, router }) }
    }

    /// Sends notifications of a game, all or none, in the order given; returns when the persistent ones are durable and
    /// all are in their outboxes. One that is not persistent may go to a user who does not exist: nobody gets it.
    ///
    /// # Errors
    /// When something given is not valid, a persistent one is for nobody, or the disk fails.
    pub async fn send(&self, new: Vec<NewNotification>) -> Result<(), NotificationError> {
        new.iter().try_for_each(check)?;
        if !new.iter().any(|new| new.persistent) {
            for new in new {
                let user = new.user_id;
                self.inner.tell(user, self.inner.make(new));
            }
            return Ok(());
        }
        let notifications = self.clone();
        let sent = self.inner.store.write(move |txn| {
            for new in new {
                if new.persistent && !account::exists(txn, new.user_id)? {
                    return Err(NotificationError::UnknownUser(new.user_id));
                }
                notifications.post(txn, new)?;
            }
            Ok(())
        });
        sent.await?
    }

    /// A page of a user's stored notifications, oldest first.
    ///
    /// # Errors
    /// When `limit` is not 1 to 100, the cursor is none of this user's list, or the disk fails.
    pub async fn list(
        &self,
        user: UserId,
        limit: usize,
        cursor: Option<String>,
    ) -> Result<NotificationPage, NotificationError> {
        if !(1..=PAGE_MAX).contains(&limit) {
            return Err(NotificationError::InvalidLimit);
        }
        let page = self.inner.store.read(move |reader| rows::page(reader, user, limit, cursor.as_deref())).await?;
        page.ok_or(NotificationError::InvalidCursor)
    }

    /// Deletes stored notifications of a user, all or none; unknown ones and those of others are no error.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn delete(&self, user: UserId, ids: Vec<NotificationId>) -> Result<(), NotificationError> {
        if ids.is_empty() {
            return Ok(());
        }
        let deleted = self.inner.store.write(move |txn| ids.into_iter().try_for_each(|id| rows::delete(txn, user, id)));
        Ok(deleted.await??)
    }

    /// Sends one as part of a write: it is stored with it (where persistent), and told once the write is durable. One to
    /// a user who does not exist is not stored.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub(crate) fn post(&self, txn: &mut Txn, new: NewNotification) -> Result<(), StoreError> {
        let user = new.user_id;
        let notification = self.inner.make(new);
        if notification.persistent && account::exists(txn, user)? {
            rows::append(txn, user, &notification)?;
        }
        let inner = self.inner.clone();
        txn.on_commit(move |durable| {
            if durable.is_ok() {
                inner.tell(user, notification);
            }
        });
        Ok(())
    }

    /// A notification of the server's own that is stored nowhere, for a session that is told by itself.
    pub(crate) fn transient(&self, user_id: UserId, subject: &str, code: i32) -> Notification {
        let (subject, content) = (subject.into(), "{}".into());
        self.inner.make(NewNotification { user_id, subject, content, code, sender_id: UserId::NIL, persistent: false })
    }
}

/// Deletes all notifications of a user, as part of deleting the user.
pub(crate) fn delete_all(txn: &mut Txn, user: UserId) -> Result<(), StoreError> {
    rows::delete_all(txn, user)
}

impl Inner {
    /// Takes the next id. For one that is stored this must be on the writer: then the order of ids is that of writes, and
    /// whoever has seen an id in a list finds all later ones above it.
    fn make(&self, new: NewNotification) -> Notification {
        let NewNotification { user_id: _, subject, content, code, sender_id, persistent } = new;
        let (id, now) = self.sequence.next();
        let (id, create_time) = (NotificationId::new(id.uuid()), now.whole_second());
        Notification { id, subject, content, code, sender_id, create_time, persistent }
    }

    fn tell(&self, user: UserId, notification: Notification) {
        let push = Arc::new(Push::new(PushEvent::Notification(notification)));
        self.router.to_stream(&Stream::about(mode::NOTIFICATIONS, user.uuid()), push);
    }
}

fn check(new: &NewNotification) -> Result<(), NotificationError> {
    if new.subject.is_empty() {
        return Err(NotificationError::EmptySubject);
    }
    let length = new.subject.chars().count();
    if length > SUBJECT_LEN_MAX {
        return Err(NotificationError::SubjectTooLong(length));
    }
    if new.content.len() > CONTENT_LEN_MAX {
        return Err(NotificationError::ContentTooLong(new.content.len()));
    }
    if !json::is_object(&new.content) {
        return Err(NotificationError::InvalidContent);
    }
    if new.code <= 0 {
        return Err(NotificationError::InvalidCode(new.code));
    }
    Ok(())
}
