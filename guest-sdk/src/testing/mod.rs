//! Tests of a plugin without a server: its functions run in its own `cargo test`, against a world in memory.
//!
//! ```
//! use meadhall_guest::prelude::*;
//! use meadhall_guest::testing::World;
//!
//! #[plugin]
//! mod hello {
//!     #[rpc]
//!     fn greet(ctx: &Context, name: String) -> Result<String> {
//!         event::emit("greeted", [("by", ctx.username()?)])?;
//!         Ok(format!("hello {name}"))
//!     }
//! }
//!
//! # fn main() -> Result<()> {
//! let world = World::with(hello::Plugin);
//! let ada = world.user("ada");
//! assert_eq!(ada.rpc("greet", "Björn")?, "hello Björn");
//! assert_eq!(world.events()[0].property("by"), Some("ada"));
//! # Ok(()) }
//! ```
//!
//! There is one [`World`] at a time in a thread, and a test has a thread of its own. Within it all functions of this crate
//! work, also called by the test itself: `storage::put(…)` before a call sets something up, `storage::get(…)` after it
//! looks. Conditions, permissions, ranks, limits and the texts of errors are the server's, which a test of the server
//! compares; what this world does not do **panics** with a sentence that says so, and never pretends.
//!
//! It differs from a server in this: ids are numbered instead of random, time stands still until the test moves it
//! ([`World::set_time`]; `std::time` is the machine's own), nothing has a deadline, and events wait until the test
//! [delivers](World::deliver) them. Sockets receive data, envelopes, messages of channels and notifications, but no
//! presence events. It is there for every target but WebAssembly.

mod caller;
mod checks;
#[doc(hidden)]
pub mod host;
mod state;
mod world;

pub use caller::Caller;
pub use state::{Line, Received};
pub use world::World;

#[cfg(test)]
mod tests;
