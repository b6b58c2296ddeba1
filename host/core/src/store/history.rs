//! The rows of channel histories.
//!
//! Key: tag, mode, subject, subcontext, label, message id. So the messages of a channel lie
//! together, in the order of their ids, which is the order in which they were written.
//! Value: version, code, create time, update time (nanoseconds), sender, user name (with its length before it), content.
//! Rows of version 1 have no code: they are what users said.

use super::dump::{Fault, Table, record};
use super::key::{Key, KeyFields, KeyRange, Tag};
use super::view::{Rows, Value};
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
const VERSION: u8 = 2;

/// The encoding without a code.
const VERSION_WITHOUT_CODE: u8 = 1;

/// Whoever talks to themselves for longer than this may have messages of others behind it that are not counted: no
/// count may hold up the writer for long.
const COUNTED_ROWS: usize = 10_000;

/// Which rows of a history.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    /// Begins behind this message, which need not exist; at the beginning if none.
    pub(crate) from: Option<MessageId>,
    /// Oldest first.
    pub(crate) ascending: bool,
    /// At most so many.
    pub(crate) limit: usize,
    /// Only those of this moment and those that lie behind it in the order that is read.
    pub(crate) moment: Option<Timestamp>,
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
pub(crate) fn get(rows: &impl Rows, stream: &Stream, id: MessageId) -> Result<Option<ChannelMessage>, StoreError> {
    match rows.row(&key(stream, id))? {
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
    let Range { from, ascending, limit, moment } = range;
    let rows = channel_key(stream).range();
    let from = from.map(|id| key(stream, id));
    let message = |row: Result<(IVec, Value), StoreError>| {
        let (key, value) = row?;
        let id = key.last_chunk().ok_or_else(|| unreadable("a message key"))?;
        decode(stream, MessageId::new(Uuid::from_bytes(*id)), &value)
    };
    let wanted = |message: &Result<ChannelMessage, StoreError>| match (message, moment) {
        (Ok(message), Some(moment)) if ascending => message.create_time >= moment,
        (Ok(message), Some(moment)) => message.create_time <= moment,
        _ => true,
    };
    if ascending {
        let rows = from.into_iter().fold(rows, KeyRange::after);
        reader.range(rows).map(message).filter(wanted).take(limit).collect()
    } else {
        let rows = from.into_iter().fold(rows, KeyRange::before);
        reader.range_reverse(rows).map(message).filter(wanted).take(limit).collect()
    }
}

/// The last message of a channel.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn last(txn: &Txn, stream: &Stream) -> Result<Option<MessageId>, StoreError> {
    let Some(row) = txn.range_reverse(channel_key(stream).range()).next() else { return Ok(None) };
    let (key, _) = row?;
    let id = key.last_chunk().ok_or_else(|| unreadable("a message key"))?;
    Ok(Some(MessageId::new(Uuid::from_bytes(*id))))
}

/// How many messages of a channel lie behind one of them (all if none) and are of others than `user`; counted up to
/// `max`, and among the first [`COUNTED_ROWS`] that lie there.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn count_of_others(
    reader: &Reader,
    stream: &Stream,
    behind: Option<MessageId>,
    user: UserId,
    max: u32,
) -> Result<u32, StoreError> {
    let rows = channel_key(stream).range();
    let rows = behind.map(|id| key(stream, id)).into_iter().fold(rows, KeyRange::after);
    let mut count = 0;
    for row in reader.range(rows).take(COUNTED_ROWS) {
        let (_, value) = row?;
        let sender = sender(&value).ok_or_else(|| unreadable("a message"))?;
        count += u32::from(sender != user);
        if count == max {
            break;
        }
    }
    Ok(count)
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
    let ChannelMessage { code, create_time, update_time, sender_id, username, content, .. } = message;
    let mut value = Vec::with_capacity(2 + 8 + 8 + 16 + 2 + username.len() + content.len());
    // A message that was changed is a message still: the code of a change is only told live.
    let code = if code.is_of_a_user() { MessageCode::Chat } else { *code };
    value.extend([VERSION, code as u8]);
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
        let (code, rest) = code(value)?;
        let (create_time, rest) = rest.split_first_chunk()?;
        let (update_time, rest) = rest.split_first_chunk()?;
        let (sender, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (username, content) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        Some(ChannelMessage {
            stream: stream.clone(),
            id,
            code,
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

/// The code, and what follows it.
fn code(value: &[u8]) -> Option<(MessageCode, &[u8])> {
    let (&version, rest) = value.split_first()?;
    match version {
        VERSION => {
            let (&code, rest) = rest.split_first()?;
            Some((MessageCode::from_number(code)?, rest))
        }
        VERSION_WITHOUT_CODE => Some((MessageCode::Chat, rest)),
        _ => None,
    }
}

/// Only the sender of a message.
fn sender(value: &[u8]) -> Option<UserId> {
    let (_, rest) = code(value)?;
    Some(UserId::new(Uuid::from_slice(rest.get(16..32)?).ok()?))
}

fn text(bytes: &[u8]) -> Option<Arc<str>> {
    std::str::from_utf8(bytes).ok().map(Arc::from)
}

fn unreadable(what: &str) -> StoreError {
    StoreError::Unreadable(format!("{what} is in no known encoding"))
}

/// Whether the message of a row was sent by a user, without reading the rest of it.
pub(crate) fn is_from(value: &[u8], user: UserId) -> bool {
    // Behind version, code and times.
    let begin = if value.first() == Some(&VERSION_WITHOUT_CODE) { 17 } else { 18 };
    value.get(begin..begin + 16) == Some(user.uuid().as_bytes())
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
    #[serde(default)]
    code: u8,
    sender_id: Uuid,
    username: String,
    content: String,
    create_nanos: i64,
    update_nanos: i64,
}

/// The longest label of an exported channel, in bytes: rooms have 64.
const LABEL_LEN_MAX: usize = 255;

/// Refuses an imported label that makes no key.
pub(super) fn check_label(label: &str) -> Result<(), Fault> {
    if label.len() > LABEL_LEN_MAX {
        return Err(Fault::Record(format!("label is {} bytes, the limit is {LABEL_LEN_MAX}", label.len())));
    }
    Ok(())
}

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
            code: message.code as u8,
            sender_id: message.sender_id.uuid(),
            username: message.username.as_ref().into(),
            content: message.content.as_ref().into(),
            create_nanos: message.create_time.nanos(),
            update_nanos: message.update_time.nanos(),
        })
    },
    import: |txn, record| {
        let record: MessageRecord = serde_json::from_value(record)?;
        check_label(&record.label)?;
        let code = MessageCode::from_number(record.code)
            .ok_or_else(|| Fault::Record(format!("there is no message code {}", record.code)))?;
        let (subject, subcontext) = (record.subject, record.subcontext);
        let message = ChannelMessage {
            stream: Stream { mode: record.mode, subject, subcontext, label: record.label.into() },
            id: MessageId::new(record.id),
            code,
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

    fn stored_code() -> impl Strategy<Value = MessageCode> {
        (0u8..10).prop_filter_map("a code of rows", |number| {
            MessageCode::from_number(number).filter(|code| *code == MessageCode::Chat || !code.is_of_a_user())
        })
    }

    proptest! {
        #[test]
        fn a_row_comes_back_as_it_was(
            id: u128, code in stored_code(), user: u128, username in ".{0,40}", content: String, create_time: i64,
            update_time: i64,
        ) {
            let stream = Stream::labelled(2, "room");
            let message = ChannelMessage {
                stream: stream.clone(),
                id: MessageId::new(Uuid::from_u128(id)),
                code,
                sender_id: UserId::new(Uuid::from_u128(user)),
                username: username.into(),
                content: content.into(),
                create_time: Timestamp::from_nanos(create_time),
                update_time: Timestamp::from_nanos(update_time),
                persistent: true,
            };
            let value = encode(&message);
            prop_assert_eq!(decode(&stream, message.id, &value), Ok(message.clone()));
            prop_assert_eq!(sender(&value), Some(message.sender_id));
            for length in 0..36 {
                let cut = decode(&stream, message.id, &value[..length]);
                prop_assert!(matches!(cut, Err(StoreError::Unreadable(_))), "a torn row is an error");
            }
            let mut without_code = value;
            without_code.remove(1);
            without_code[0] = VERSION_WITHOUT_CODE;
            let said = ChannelMessage { code: MessageCode::Chat, ..message.clone() };
            prop_assert_eq!(decode(&stream, message.id, &without_code), Ok(said));
            prop_assert_eq!(sender(&without_code), Some(message.sender_id));
        }
    }

    #[test]
    fn a_row_of_an_unknown_version_or_code_is_an_error() {
        for start in [[9, 0], [VERSION, 10]] {
            let value = [&start[..], &[0; 62]].concat();
            let error = decode(&Stream::labelled(2, "room"), MessageId::NIL, &value).unwrap_err();
            let text = "the store cannot read: message 00000000-0000-0000-0000-000000000000 is in no known encoding";
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn what_is_changed_is_stored_as_what_it_was() {
        let stream = Stream::labelled(2, "room");
        for (code, stored) in [
            (MessageCode::Update, MessageCode::Chat),
            (MessageCode::Remove, MessageCode::Chat),
            (MessageCode::GroupKick, MessageCode::GroupKick),
        ] {
            let message = ChannelMessage {
                stream: stream.clone(),
                id: MessageId::NIL,
                code,
                sender_id: UserId::NIL,
                username: "".into(),
                content: "{}".into(),
                create_time: Timestamp::default(),
                update_time: Timestamp::default(),
                persistent: true,
            };
            assert_eq!(decode(&stream, MessageId::NIL, &encode(&message)).unwrap().code, stored);
        }
    }
}
