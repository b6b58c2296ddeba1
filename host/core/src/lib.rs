//! The domain of Meadhall: sessions, streams, presences, chat, accounts, events, and the store they stand on.
//!
//! Nothing here knows the wire, HTTP or WebAssembly. The modules are listed in the order to read them.

pub mod account;
pub mod caller;
pub mod chat;
pub mod clock;
pub mod events;
pub mod history;
pub mod ids;
pub mod outbox;
pub mod password;
pub mod presence;
pub mod push;
pub mod revocation;
pub mod router;
mod services;
pub mod session;
mod sharded;
pub mod status;
pub mod storage;
pub mod store;
pub mod stream;
pub mod tracker;

pub use services::{Config, Core, NewSession, StopReport};
pub use store::OpenError;
