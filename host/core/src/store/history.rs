//! The rows of channel histories.
//!
//! Key: tag, mode, subject, subcontext, label, message id. So the messages of a channel lie
//! together, in the order of their ids, which is the order in which they were written.
//! Value: version, create time, update time (nanoseconds), sender, user name (with its length before it), content.

use super::dump::{Fault, Table, record};
use super::key::{Key, KeyFields, KeyRange, Tag};
use super::view::Value;
use super::{Reader, StoreError, Txn};
use crate::clock::Timestamp;
use crate::history::{ChannelMessage, MessageCode};
use crate::ids::{MessageId, UserId};
use crate::stream::Stream;
use serde::{Deserialize, Serialize};
use sled::IVec;
use std::sync::Arc;
use uuid::Uuid;

/// The first byte of each value. A later encoding takes another one, and both are read.
const VERSION: u8 = 1;

/// Which rows of a history.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    /// Begins behind this message, which need not exist; at the beginning if none.
    pub(crate) from: Option<MessageId>,
    /// Oldest first.
    pub(crate) ascending: bool,
    /// At most so many.
    pub(crate) limit: usize,
}

/// Adds a message at the end of all histories.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn append(txn: &mut Txn, message: &ChannelMessage) -> Result<(), StoreError> {
    replace(txn, message)?;
    set_highest_id(txn, message.id.uuid())
}

/// From now on the highest id is this one. Whoever stores an id of the sequence says so in the same write, so that the
/// sequence goes on above it after a restart, whatever the clock says then.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn set_highest_id(txn: &mut Txn, id: Uuid) -> Result<(), StoreError> {
    txn.put(highest_id_key(), id.as_bytes().to_vec())
}

/// The same for what is imported, whose order need not be that of its ids.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn raise_highest_id(txn: &mut Txn, id: Uuid) -> Result<(), StoreError> {
    let highest = txn.get(highest_id_key())?;
    if highest.is_some_and(|highest| *highest > id.as_bytes()[..]) { Ok(()) } else { set_highest_id(txn, id) }
}

/// Writes a message in the place of its id.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn replace(txn: &mut Txn, message: &ChannelMessage) -> Result<(), StoreError> {
    txn.put(key(&message.stream, message.id), encode(message))
}

/// Takes a message out.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn remove(txn: &mut Txn, message: &ChannelMessage) -> Result<(), StoreError> {
    txn.delete(key(&message.stream, message.id))
}

/// The message of an id in a channel.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn get(txn: &Txn, stream: &Stream, id: MessageId) -> Result<Option<ChannelMessage>, StoreError> {
    match txn.get(key(stream, id))? {
        Some(value) => decode(stream, id, &value).map(Some),
        None => Ok(None),
    }
}

/// The highest id that a message or notification was ever stored with, also when that was removed since.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn highest_id(reader: &Reader) -> Result<Option<MessageId>, StoreError> {
    let Some(value) = reader.get(highest_id_key())? else { return Ok(None) };
    let uuid = Uuid::from_slice(&value).map_err(|_| unreadable("the highest message id"))?;
    Ok(Some(MessageId::new(uuid)))
}

/// Some messages of a channel.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn page(reader: &Reader, stream: &Stream, range: Range) -> Result<Vec<ChannelMessage>, StoreError> {
    let Range { from, ascending, limit } = range;
    let rows = channel_key(stream).range();
    let from = from.map(|id| key(stream, id));
    let message = |row: Result<(IVec, Value), StoreError>| {
        let (key, value) = row?;
        let id = key.last_chunk().ok_or_else(|| unreadable("a message key"))?;
        decode(stream, MessageId::new(Uuid::from_bytes(*id)), &value)
    };
    if ascending {
        let rows = from.into_iter().fold(rows, KeyRange::after);
        reader.range(rows).take(limit).map(message).collect()
    } else {
        let rows = from.into_iter().fold(rows, KeyRange::before);
        reader.range_reverse(rows).take(limit).map(message).collect()
    }
}

fn channel_key(stream: &Stream) -> Key {
    Key::new(Tag::History).u8(stream.mode).uuid(stream.subject).uuid(stream.subcontext).sized(stream.label.as_bytes())
}

fn key(stream: &Stream, id: MessageId) -> Key {
    channel_key(stream).uuid(id.uuid())
}

fn highest_id_key() -> Key {
    Key::new(Tag::HighestMessage)
}

fn encode(message: &ChannelMessage) -> Vec<u8> {
    let ChannelMessage { create_time, update_time, sender_id, username, content, .. } = message;
    let mut value = Vec::with_capacity(1 + 8 + 8 + 16 + 2 + username.len() + content.len());
    value.push(VERSION);
    value.extend(create_time.nanos().to_be_bytes());
    value.extend(update_time.nanos().to_be_bytes());
    value.extend(sender_id.uuid().as_bytes());
    // A user name is at most 128 bytes, one that a plugin makes up at most what its limits let pass; the rest is cut.
    let length = username.floor_char_boundary(usize::from(u16::MAX));
    value.extend((length as u16).to_be_bytes());
    value.extend(&username.as_bytes()[..length]);
    value.extend(content.as_bytes());
    value
}

fn decode(stream: &Stream, id: MessageId, value: &[u8]) -> Result<ChannelMessage, StoreError> {
    let message = || {
        let (&[version], rest) = value.split_first_chunk()?;
        if version != VERSION {
            return None;
        }
        let (create_time, rest) = rest.split_first_chunk()?;
        let (update_time, rest) = rest.split_first_chunk()?;
        let (sender, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (username, content) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        Some(ChannelMessage {
            stream: stream.clone(),
            id,
            code: MessageCode::Chat,
            sender_id: UserId::new(Uuid::from_bytes(*sender)),
            username: text(username)?,
            content: text(content)?,
            create_time: Timestamp::from_nanos(i64::from_be_bytes(*create_time)),
            update_time: Timestamp::from_nanos(i64::from_be_bytes(*update_time)),
            persistent: true,
        })
    };
    message().ok_or_else(|| unreadable(&format!("message {id}")))
}

fn text(bytes: &[u8]) -> Option<Arc<str>> {
    std::str::from_utf8(bytes).ok().map(Arc::from)
}

fn unreadable(what: &str) -> StoreError {
    StoreError::Unreadable(format!("{what} is in no known encoding"))
}

/// How a message is exported.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageRecord {
    mode: u8,
    #[serde(default)]
    subject: Uuid,
    #[serde(default)]
    subcontext: Uuid,
    #[serde(default)]
    label: String,
    id: Uuid,
    sender_id: Uuid,
    username: String,
    content: String,
    create_nanos: i64,
    update_nanos: i64,
}

/// The longest label of an exported channel, in bytes: rooms have 64.
const LABEL_LEN_MAX: usize = 255;

/// Messages, for export and import. The highest id is made anew.
pub(crate) const TABLE: Table = Table {
    kind: "channel_message",
    rows: || Key::new(Tag::History).range(),
    export: |key, value| {
        let (stream, id) = read_key(key).ok_or_else(|| unreadable("a message key"))?;
        let message = decode(&stream, id, value)?;
        record(MessageRecord {
            mode: stream.mode,
            subject: stream.subject,
            subcontext: stream.subcontext,
            label: stream.label.as_ref().into(),
            id: id.uuid(),
            sender_id: message.sender_id.uuid(),
            username: message.username.as_ref().into(),
            content: message.content.as_ref().into(),
            create_nanos: message.create_time.nanos(),
            update_nanos: message.update_time.nanos(),
        })
    },
    import: |txn, record| {
        let record: MessageRecord = serde_json::from_value(record)?;
        if record.label.len() > LABEL_LEN_MAX {
            return Err(Fault::Record(format!("label is {} bytes, the limit is {LABEL_LEN_MAX}", record.label.len())));
        }
        let (subject, subcontext) = (record.subject, record.subcontext);
        let message = ChannelMessage {
            stream: Stream { mode: record.mode, subject, subcontext, label: record.label.into() },
            id: MessageId::new(record.id),
            code: MessageCode::Chat,
            sender_id: UserId::new(record.sender_id),
            username: record.username.into(),
            content: record.content.into(),
            create_time: Timestamp::from_nanos(record.create_nanos),
            update_time: Timestamp::from_nanos(record.update_nanos),
            persistent: true,
        };
        replace(txn, &message)?;
        Ok(raise_highest_id(txn, record.id)?)
    },
};

/// The channel and the id that a key is made of.
fn read_key(key: &[u8]) -> Option<(Stream, MessageId)> {
    let mut fields = KeyFields::new(Tag::History, key)?;
    let (mode, subject, subcontext) = (fields.u8()?, fields.uuid()?, fields.uuid()?);
    let label = text(fields.sized()?)?;
    Some((Stream { mode, subject, subcontext, label }, MessageId::new(fields.uuid()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_row_comes_back_as_it_was(
            id: u128, sender: u128, username in ".{0,40}", content: String, create_time: i64, update_time: i64,
        ) {
            let stream = Stream::labelled(2, "room");
            let message = ChannelMessage {
                stream: stream.clone(),
                id: MessageId::new(Uuid::from_u128(id)),
                code: MessageCode::Chat,
                sender_id: UserId::new(Uuid::from_u128(sender)),
                username: username.into(),
                content: content.into(),
                create_time: Timestamp::from_nanos(create_time),
                update_time: Timestamp::from_nanos(update_time),
                persistent: true,
            };
            let value = encode(&message);
            prop_assert_eq!(decode(&stream, message.id, &value), Ok(message.clone()));
            for length in 0..35 {
                let cut = decode(&stream, message.id, &value[..length]);
                prop_assert!(matches!(cut, Err(StoreError::Unreadable(_))), "a torn row is an error");
            }
        }
    }

    #[test]
    fn a_row_of_an_unknown_version_is_an_error() {
        let error = decode(&Stream::labelled(2, "room"), MessageId::NIL, &[9; 64]).unwrap_err();
        let text = "the store cannot read: message 00000000-0000-0000-0000-000000000000 is in no known encoding";
        assert_eq!(error.to_string(), text);
    }
}
