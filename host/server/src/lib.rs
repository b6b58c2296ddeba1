//! The edge of Meadhall: sockets, REST, plugins, configuration and the command line, around `meadhall-core`.

mod server;
pub mod config;
pub mod app;
pub mod net;
pub mod pipeline;
pub mod api;
pub mod plugin;
pub mod convert;
pub mod failure;
pub mod metrics;
pub mod logging;
mod spelling;
pub mod cli;

pub use server::{Server, StopOutcome};
