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
    String::from_utf8(to_json_bytes(message)).expect("a JSON writer writes UTF-8")
}

/// Any message as the bytes of its JSON, by the wire's rules.
pub fn to_json_bytes<T: Serialize>(message: &T) -> Vec<u8> {
    // Most messages fit, and growing a small buffer step by step costs more than writing it.
    let mut bytes = Vec::with_capacity(512);
    serde_json::to_writer(&mut bytes, message).expect("messages have text keys and a Vec takes every byte");
    bytes
}
