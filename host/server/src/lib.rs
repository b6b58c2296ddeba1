//! The edge of Meadhall: sockets, REST, plugins, configuration and the command line, around `meadhall-core`.

pub mod config;
pub mod app;
pub mod convert;
pub mod failure;
pub mod metrics;
pub mod logging;
pub mod plugin;
pub mod net;
pub mod pipeline;
pub mod api;
pub mod cli;
mod server;

pub use server::{Server, StopOutcome};
