//! What the end-to-end tests and the demo share: real servers, in this process or as one of their own, and real clients.

pub mod elsewhere;
pub mod http;
pub mod javascript;
pub mod load;
pub mod operator;
pub mod plugins;
pub mod process;
pub mod server;
pub mod socket;
pub mod versions;

use std::time::Duration;

/// How long anything may take that should happen at once. It bounds a wait, and is never waited out by a test that passes.
pub const PATIENCE: Duration = Duration::from_secs(60);
