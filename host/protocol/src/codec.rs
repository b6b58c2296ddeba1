//! Bytes to messages and back, in both formats.
//!
//! JSON is protobuf's own mapping with Nakama's options: names as in the .proto files, enums as numbers, fields at
//! their default left out. How input is read is in `json.rs`.

use crate::json;
use crate::realtime::Envelope;
use bytes::Bytes;
use prost::Message as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How a socket's messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Text frames.
    Json = 0,
    /// Binary frames.
    Protobuf = 1,
}

/// What to do with fields that a message does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownFields {
    /// They are an error: the rule on sockets.
    Refuse,
    /// They are skipped: the rule of REST.
    Skip,
}

/// Why bytes are not a message; the text names the field where it can.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DecodeError(pub String);

/// An envelope from a socket. One without a message decodes, with `message` absent, since the answer to it is not the
/// answer to malformed bytes.
///
/// # Errors
/// When the bytes are malformed, or hold a field that the message does not have (JSON).
pub fn decode_envelope(format: Format, bytes: &[u8]) -> Result<Envelope, DecodeError> {
    match format {
        Format::Json => from_json(bytes, UnknownFields::Refuse),
        Format::Protobuf => Envelope::decode(bytes).map_err(|error| DecodeError(error.to_string())),
    }
}

/// An envelope for a socket.
pub fn encode_envelope(format: Format, envelope: &Envelope) -> Bytes {
    match format {
        Format::Json => to_json_bytes(envelope).into(),
        Format::Protobuf => envelope.encode_to_vec().into(),
    }
}

/// Any message from JSON, by the wire's rules.
///
/// # Errors
/// When the text is no JSON, a value does not fit its field, a field or key comes twice, two fields of one `oneof` are
/// set, or an unknown field is there and they are refused.
pub fn from_json<T: DeserializeOwned>(json: &[u8], unknown: UnknownFields) -> Result<T, DecodeError> {
    json::read(json, unknown)
}

/// Any message as JSON, by the wire's rules.
pub fn to_json<T: Serialize>(message: &T) -> String {
    text(to_json_bytes(message))
}

/// A message that is a list and a cursor, written entry by entry: what [`to_json`] makes of the whole message, without the
/// whole message in memory.
#[derive(Debug)]
pub struct ListWriter {
    /// The list's field.
    field: &'static str,
    json: Vec<u8>,
}

impl ListWriter {
    /// A writer of the list in `field`, whose JSON is expected to have `capacity` bytes.
    pub fn new(field: &'static str, capacity: usize) -> Self {
        Self { field, json: Vec::with_capacity(capacity) }
    }

    /// Writes the next entry.
    pub fn push<T: Serialize>(&mut self, entry: &T) {
        match self.json.is_empty() {
            true => self.json.extend([r#"{""#, self.field, r#"":["#].concat().into_bytes()),
            false => self.json.push(b','),
        }
        write_json(&mut self.json, entry);
    }

    /// The message's JSON. An empty list and an empty cursor are left out.
    pub fn finish(mut self, cursor: &str) -> String {
        let is_empty = self.json.is_empty();
        self.json.extend_from_slice(if is_empty { b"{" } else { b"]" });
        if !cursor.is_empty() {
            self.json.extend_from_slice(if is_empty { b"\"cursor\":" } else { b",\"cursor\":" });
            write_json(&mut self.json, &cursor);
        }
        self.json.push(b'}');
        text(self.json)
    }
}

/// Any message as the bytes of its JSON, by the wire's rules.
pub fn to_json_bytes<T: Serialize>(message: &T) -> Vec<u8> {
    // Most messages fit, and growing a small buffer step by step costs more than writing it.
    let mut bytes = Vec::with_capacity(512);
    write_json(&mut bytes, message);
    bytes
}

fn write_json<T: Serialize + ?Sized>(bytes: &mut Vec<u8>, message: &T) {
    serde_json::to_writer(bytes, message).expect("messages have text keys and a Vec takes every byte");
}

fn text(json: Vec<u8>) -> String {
    String::from_utf8(json).expect("a JSON writer writes UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Friend, FriendList};

    #[test]
    fn a_list_written_entry_by_entry_is_the_whole_message() {
        let friend = |metadata: &str| Friend { state: Some(2), metadata: metadata.to_owned(), ..Friend::default() };
        for friends in [vec![], vec![friend("{}")], vec![friend("{}"), friend("{\"a\":\"b\"}")]] {
            for cursor in ["", "a \"cursor\""] {
                let mut writer = ListWriter::new("friends", 0);
                friends.iter().for_each(|friend| writer.push(friend));
                let whole = FriendList { friends: friends.clone(), cursor: cursor.to_owned() };
                assert_eq!(writer.finish(cursor), to_json(&whole));
            }
        }
    }
}
