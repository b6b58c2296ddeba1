//! The rows of notifications.
//!
//! Key: tag, user, id. So the notifications of a user lie together, in the order of their ids, which is the order in
//! which they were stored.
//! Value: version, time (seconds), code, sender, subject (with its length before it), content.

use super::cursor::Order;
use super::dump::{Table, record};
use super::key::{Key, KeyFields, Tag};
use super::{Reader, StoreError, Txn, cursor, history};
use crate::clock::Timestamp;
use crate::ids::{NotificationId, UserId};
use crate::notification::{Notification, NotificationPage};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The first byte of each value. A later encoding takes another one, and both are read.
const VERSION: u8 = 1;

/// Stores a notification behind all others of the user. Its id is of the sequence that messages have too.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn append(txn: &mut Txn, user: UserId, notification: &Notification) -> Result<(), StoreError> {
    put(txn, user, notification)?;
    history::set_highest_id(txn, notification.id.uuid())
}

/// Removes a notification of a user; nothing happens when there is none.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn delete(txn: &mut Txn, user: UserId, id: NotificationId) -> Result<(), StoreError> {
    txn.delete(key(user, id))
}

/// Removes all notifications of a user.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn delete_all(txn: &mut Txn, user: UserId) -> Result<(), StoreError> {
    let rows = txn.range(user_key(user).range());
    let keys = rows.map(|row| row.map(|(key, _)| key)).collect::<Result<Vec<_>, _>>()?;
    keys.into_iter().try_for_each(|key| txn.delete(key))
}

/// The oldest `limit` notifications of a user, or those that follow a cursor. None when the cursor is not of this list.
/// The page has a cursor also when it is the last one, for what comes later.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn page(
    reader: &Reader,
    user: UserId,
    limit: usize,
    cursor: Option<&str>,
) -> Result<Option<NotificationPage>, StoreError> {
    let list = user_key(user).range();
    let begin = match cursor {
        None => key(user, NotificationId::NIL).into_bytes(),
        Some(text) => match cursor::decode(&list, Order::Ascending, text) {
            Some(last) => last,
            None => return Ok(None),
        },
    };
    let rows = reader.range(list.clone().after(&begin)).take(limit);
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    let last = rows.last().map_or(&begin[..], |(key, _)| key);
    Ok(Some(NotificationPage {
        cacheable_cursor: cursor::encode(&list, Order::Ascending, last),
        notifications: rows.iter().map(|(key, value)| Ok(read(key, value)?.1)).collect::<Result<_, StoreError>>()?,
    }))
}

fn put(txn: &mut Txn, user: UserId, notification: &Notification) -> Result<(), StoreError> {
    txn.put(key(user, notification.id), encode(notification))
}

fn user_key(user: UserId) -> Key {
    Key::new(Tag::Notification).uuid(user.uuid())
}

fn key(user: UserId, id: NotificationId) -> Key {
    user_key(user).uuid(id.uuid())
}

fn encode(notification: &Notification) -> Vec<u8> {
    let Notification { id: _, subject, content, code, sender_id, create_time, persistent: _ } = notification;
    let mut value = Vec::with_capacity(1 + 8 + 4 + 16 + 2 + subject.len() + content.len());
    value.push(VERSION);
    value.extend(create_time.seconds().to_be_bytes());
    value.extend(code.to_be_bytes());
    value.extend(sender_id.uuid().as_bytes());
    // Every subject has a limit far below, or is made of names that have; the rest is cut.
    let length = subject.floor_char_boundary(usize::from(u16::MAX));
    value.extend((length as u16).to_be_bytes());
    value.extend(&subject.as_bytes()[..length]);
    value.extend(content.as_bytes());
    value
}

fn decode(id: NotificationId, value: &[u8]) -> Option<Notification> {
    let (&[version], rest) = value.split_first_chunk()?;
    if version != VERSION {
        return None;
    }
    let (create_time, rest) = rest.split_first_chunk()?;
    let (code, rest) = rest.split_first_chunk()?;
    let (sender, rest) = rest.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (subject, content) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    let text = |bytes| std::str::from_utf8(bytes).ok().map(str::to_owned);
    Some(Notification {
        id,
        subject: text(subject)?,
        content: text(content)?,
        code: i32::from_be_bytes(*code),
        sender_id: UserId::new(Uuid::from_bytes(*sender)),
        create_time: Timestamp::from_seconds(i64::from_be_bytes(*create_time)),
        persistent: true,
    })
}

/// Whose notification a row is, and the notification.
fn read(key: &[u8], value: &[u8]) -> Result<(UserId, Notification), StoreError> {
    let fields = || {
        let mut fields = KeyFields::new(Tag::Notification, key)?;
        Some((UserId::new(fields.uuid()?), NotificationId::new(fields.uuid()?)))
    };
    let unreadable = |what: &str| StoreError::Unreadable(format!("{what} is in no known encoding"));
    let (user, id) = fields().ok_or_else(|| unreadable("the key of a notification"))?;
    let notification = decode(id, value).ok_or_else(|| unreadable(&format!("notification {id}")))?;
    Ok((user, notification))
}

/// How a notification is exported.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NotificationRecord {
    user_id: Uuid,
    id: Uuid,
    subject: String,
    content: String,
    code: i32,
    sender_id: Uuid,
    /// Seconds since the Unix epoch.
    create_time: i64,
}

/// Notifications, for export and import.
pub(crate) const TABLE: Table = Table {
    kind: "notification",
    rows: || Key::new(Tag::Notification).range(),
    export: |key, value| {
        let (user, notification) = read(key, value)?;
        let Notification { id, subject, content, code, sender_id, create_time, persistent: _ } = notification;
        record(NotificationRecord {
            user_id: user.uuid(),
            id: id.uuid(),
            subject,
            content,
            code,
            sender_id: sender_id.uuid(),
            create_time: create_time.seconds(),
        })
    },
    import: |txn, record| {
        let record: NotificationRecord = serde_json::from_value(record)?;
        let notification = Notification {
            id: NotificationId::new(record.id),
            subject: record.subject,
            content: record.content,
            code: record.code,
            sender_id: UserId::new(record.sender_id),
            create_time: Timestamp::from_seconds(record.create_time),
            persistent: true,
        };
        put(txn, UserId::new(record.user_id), &notification)?;
        Ok(history::raise_highest_id(txn, record.id)?)
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_row_comes_back_as_it_was(
            user: u128, id: u128, subject in ".{0,40}", content: String, code: i32, sender: u128, seconds: i32,
        ) {
            let (user, id) = (UserId::new(Uuid::from_u128(user)), NotificationId::new(Uuid::from_u128(id)));
            let notification = Notification {
                id,
                subject,
                content,
                code,
                sender_id: UserId::new(Uuid::from_u128(sender)),
                create_time: Timestamp::from_seconds(seconds.into()),
                persistent: true,
            };
            let (key, value) = (key(user, id).into_bytes(), encode(&notification));
            prop_assert_eq!(read(&key, &value), Ok((user, notification)));
            for length in 0..31 {
                prop_assert!(matches!(read(&key, &value[..length]), Err(StoreError::Unreadable(_))), "a torn row");
            }
        }
    }
}
