//! The domain of Meadhall: sessions, streams, presences, chat, accounts, events, and the store they stand on.
//!
//! Nothing here knows the wire, HTTP or WebAssembly. The modules are listed in the order to read them.

#![warn(missing_docs)]

pub mod ids;
pub mod clock;
pub mod stream;
pub mod presence;
pub mod caller;
mod sharded;
mod json;
pub mod push;
pub mod outbox;
pub mod session;
pub mod status;
pub mod tracker;
pub mod router;
pub mod events;
pub mod store;
pub mod history;
pub mod notification;
pub mod chat;
pub mod account;
pub mod password;
pub mod revocation;
pub mod storage;
pub mod friend;
pub mod group;
mod services;

pub use services::{Config, Core, NewSession, StopReport};
pub use store::OpenError;
