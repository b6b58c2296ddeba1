#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod host;

pub mod prelude;

pub mod context;
pub mod error;
pub mod hook;
pub mod message;
pub mod payload;
pub mod plugin;

pub mod account;
pub mod channel;
pub mod event;
pub mod file;
pub mod friend;
pub mod group;
pub mod http;
pub mod log;
pub mod metrics;
pub mod notification;
pub mod session;
pub mod status;
pub mod storage;
pub mod stream;
pub mod users;

#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

#[doc(hidden)]
pub mod bindings;
#[doc(hidden)]
pub mod glue;

pub use context::Context;
pub use error::{Error, Result};
pub use event::Event;
pub use hook::{Before, Hook};
pub use meadhall_guest_macros::{after, before, cron, event, plugin, rpc, session_end, session_start, start};
pub use payload::{FromPayload, IntoPayload, Json};
pub use plugin::{Outcome, Plugin, Registration};
pub use serde_json;
pub use stream::{Presence, PresenceId, PresenceMeta, Stream};
