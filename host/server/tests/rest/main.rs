//! REST, through a real server on a port of its own.

mod accounts;
mod client;
mod cors;
mod credentials;
mod history;
mod refusals;
mod requests;
mod rpc;
mod sessions;
