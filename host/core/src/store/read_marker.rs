//! The rows of read markers: how far users have read channels.
//!
//! Key: tag, user, mode, subject, subcontext, label; so the markers of a user lie together.
//! Value: version, message id, time (nanoseconds).

use super::cursor::{self, Order};
use super::dump::{Fault, Table, record};
use super::key::{Key, KeyFields, KeyRange, Tag};
use super::view::{Reader, Rows};
use super::{StoreError, Txn};
use crate::clock::Timestamp;
use crate::ids::{MessageId, UserId};
use crate::stream::Stream;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// The first byte of each value. A later encoding takes another one, and both are read.
const VERSION: u8 = 1;

/// How far a channel is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The last message that was read. It may be gone.
    pub(crate) message: MessageId,
    /// When that was said.
    pub(crate) time: Timestamp,
}

/// A page of a user's markers, and the cursor of the next one.
pub(crate) type MarkPage = (Vec<(Stream, Mark)>, Option<String>);

/// How far a user has read a channel; none when they marked nothing.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn get(rows: &impl Rows, user: UserId, stream: &Stream) -> Result<Option<Mark>, StoreError> {
    rows.row(&key(user, stream))?.map(|value| decode(&value)).transpose()
}

/// Says how far a user has read a channel.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn put(txn: &mut Txn, user: UserId, stream: &Stream, mark: Mark) -> Result<(), StoreError> {
    txn.put(key(user, stream), encode(mark))
}

/// Some of a user's markers; none when the cursor is not of their list.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn page(
    reader: &Reader,
    user: UserId,
    limit: usize,
    cursor: Option<&str>,
) -> Result<Option<MarkPage>, StoreError> {
    let Some(page) = cursor::page(reader, &of_user(user), Order::Ascending, limit, cursor)? else { return Ok(None) };
    let mut marks = Vec::with_capacity(page.rows.len());
    for (key, value) in &page.rows {
        let (_, stream) = read_key(key).ok_or_else(unreadable)?;
        marks.push((stream, decode(value)?));
    }
    Ok(Some((marks, page.cursor)))
}

/// Removes all markers of a user, as part of deleting the user.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn delete_all(txn: &mut Txn, user: UserId) -> Result<(), StoreError> {
    let keys = txn.range(of_user(user)).map(|row| row.map(|(key, _)| key)).collect::<Result<Vec<_>, _>>()?;
    keys.into_iter().try_for_each(|key| txn.delete(key))
}

fn of_user(user: UserId) -> KeyRange {
    Key::new(Tag::ReadMarker).uuid(user.uuid()).range()
}

fn key(user: UserId, stream: &Stream) -> Key {
    let key = Key::new(Tag::ReadMarker).uuid(user.uuid());
    key.u8(stream.mode).uuid(stream.subject).uuid(stream.subcontext).sized(stream.label.as_bytes())
}

/// The user and the channel that a key is made of.
fn read_key(key: &[u8]) -> Option<(UserId, Stream)> {
    let mut fields = KeyFields::new(Tag::ReadMarker, key)?;
    let user = UserId::new(fields.uuid()?);
    let (mode, subject, subcontext) = (fields.u8()?, fields.uuid()?, fields.uuid()?);
    let label = std::str::from_utf8(fields.sized()?).ok().map(Arc::from)?;
    Some((user, Stream { mode, subject, subcontext, label }))
}

fn encode(mark: Mark) -> Vec<u8> {
    let mut value = vec![VERSION];
    value.extend(mark.message.uuid().as_bytes());
    value.extend(mark.time.nanos().to_be_bytes());
    value
}

fn decode(value: &[u8]) -> Result<Mark, StoreError> {
    let mark = || {
        let (&[VERSION], rest) = value.split_first_chunk()? else { return None };
        let (message, time) = rest.split_first_chunk()?;
        Some(Mark {
            message: MessageId::new(Uuid::from_bytes(*message)),
            time: Timestamp::from_nanos(i64::from_be_bytes(time.try_into().ok()?)),
        })
    };
    mark().ok_or_else(unreadable)
}

fn unreadable() -> StoreError {
    StoreError::Unreadable("a read marker is in no known encoding".into())
}

/// How a read marker is exported.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MarkRecord {
    user_id: Uuid,
    mode: u8,
    #[serde(default)]
    subject: Uuid,
    #[serde(default)]
    subcontext: Uuid,
    #[serde(default)]
    label: String,
    message_id: Uuid,
    update_nanos: i64,
}

/// Read markers, for export and import.
pub(crate) const TABLE: Table = Table {
    kind: "read_marker",
    rows: || Key::new(Tag::ReadMarker).range(),
    export: |key, value| {
        let (user, stream) = read_key(key).ok_or_else(unreadable)?;
        let mark = decode(value)?;
        record(MarkRecord {
            user_id: user.uuid(),
            mode: stream.mode,
            subject: stream.subject,
            subcontext: stream.subcontext,
            label: stream.label.as_ref().into(),
            message_id: mark.message.uuid(),
            update_nanos: mark.time.nanos(),
        })
    },
    import: |txn, record| {
        let record: MarkRecord = serde_json::from_value(record)?;
        super::history::check_label(&record.label)?;
        let (mode, subject, subcontext) = (record.mode, record.subject, record.subcontext);
        let stream = Stream { mode, subject, subcontext, label: record.label.into() };
        let mark =
            Mark { message: MessageId::new(record.message_id), time: Timestamp::from_nanos(record.update_nanos) };
        Ok::<_, Fault>(put(txn, UserId::new(record.user_id), &stream, mark)?)
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, StoreConfig};

    #[test]
    fn a_row_comes_back_as_it_was() {
        let mark = Mark { message: MessageId::new(Uuid::max()), time: Timestamp::from_nanos(-7) };
        let value = encode(mark);
        assert_eq!(decode(&value), Ok(mark));
        for length in 0..value.len() {
            assert_eq!(decode(&value[..length]), Err(unreadable()), "a torn row is an error");
        }
        let user = UserId::new(Uuid::from_u128(1));
        let stream = Stream { subject: Uuid::from_u128(2), ..Stream::labelled(2, "room") };
        assert_eq!(read_key(key(user, &stream).as_ref()), Some((user, stream)));
    }

    #[tokio::test]
    async fn a_deleted_users_markers_go_and_no_others() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), StoreConfig { sync_interval_ms: 0, cache_capacity: 16 << 20 }).unwrap();
        let users = [1, 2, 3].map(|number| UserId::new(Uuid::from_u128(number)));
        let mark = Mark { message: MessageId::new(Uuid::max()), time: Timestamp::from_nanos(1) };
        let written = store.write(move |txn| {
            for user in users {
                for room in ["a", "b", "ab"] {
                    put(txn, user, &Stream::labelled(2, room), mark)?;
                }
            }
            delete_all(txn, users[1])
        });
        written.await.unwrap().unwrap();
        let counts = store.read(move |reader| {
            users
                .map(|user| page(reader, user, 10, None).map(|page| page.map(|(marks, _)| marks.len())))
                .into_iter()
                .collect()
        });
        let counts: Vec<_> = counts.await.unwrap();
        assert_eq!(counts, [Some(3), Some(0), Some(3)]);
        store.close().await;
    }
}
