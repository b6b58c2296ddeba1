//! Bytes to messages and back, in both formats.

use crate::realtime::Envelope;
use bytes::Bytes;

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

/// An envelope from a socket.
pub fn decode_envelope(_format: Format, _bytes: &[u8]) -> Result<Envelope, DecodeError> { todo!() }

/// An envelope for a socket.
pub fn encode_envelope(_format: Format, _envelope: &Envelope) -> Bytes { todo!() }

/// Any message from JSON, by the wire's rules.
pub fn from_json<T: serde::de::DeserializeOwned>(_json: &[u8], _unknown: UnknownFields) -> Result<T, DecodeError> { todo!() }

/// Any message as JSON, by the wire's rules.
pub fn to_json<T: serde::Serialize>(_message: &T) -> String { todo!() }
