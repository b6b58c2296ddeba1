//! The public wire: messages, their JSON and protobuf forms, error codes and channel ids. No behaviour.
//!
//! The messages are generated from `proto/` at build time: `build.rs` says how.

#![warn(missing_docs)]

pub mod channel_id;
pub mod codec;
pub mod envelope;
pub mod error;
mod json;
pub mod texts;
pub mod timestamp;

/// What travels over REST.
#[expect(
    missing_docs,
    clippy::allow_attributes_without_reason,
    reason = "generated from proto/api.proto, where the messages have their comments"
)]
pub mod api {
    include!(concat!(env!("OUT_DIR"), "/meadhall.api.rs"));
    include!(concat!(env!("OUT_DIR"), "/meadhall.api.serde.rs"));
}

/// What travels on a websocket.
#[expect(
    missing_docs,
    clippy::allow_attributes_without_reason,
    reason = "generated from proto/realtime.proto, where the messages have their comments"
)]
pub mod realtime {
    include!(concat!(env!("OUT_DIR"), "/meadhall.realtime.rs"));
    include!(concat!(env!("OUT_DIR"), "/meadhall.realtime.serde.rs"));
}
