//! The public wire: messages, their JSON and protobuf forms, error codes and channel ids. No behaviour.

pub mod timestamp;
pub mod codec;
pub mod error;
pub mod channel_id;

/// What travels over REST.
pub mod api {
    include!(concat!(env!("OUT_DIR"), "/meadhall.api.rs"));
    include!(concat!(env!("OUT_DIR"), "/meadhall.api.serde.rs"));
}

/// What travels on a websocket.
pub mod realtime {
    include!(concat!(env!("OUT_DIR"), "/meadhall.realtime.rs"));
    include!(concat!(env!("OUT_DIR"), "/meadhall.realtime.serde.rs"));
}
