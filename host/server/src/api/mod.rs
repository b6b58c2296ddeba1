//! REST: one resource a file; hooks are one layer around all of them.
//!
//! A request goes `front` (CORS, path cleaning) → `routes` (which endpoint) → `endpoint` (authenticate, decode,
//! hooks, call, encode) → the resource's file. Some routes are not endpoints: `/`, `/healthcheck`, the operator's
//! export, and `/v2/rpc/{id}`, whose error bodies and authentication are its own.

mod account;
mod auth;
mod authenticate;
mod body;
mod channel;
mod endpoint;
mod event;
mod export;
mod friend;
mod front;
mod group;
mod group_users;
mod health;
mod link;
mod notification;
mod operator;
mod plugin;
mod query;
mod read_marker;
mod reply;
mod routes;
mod rpc;
mod session;
mod users;

pub use export::EXPORT_PATH;
pub use operator::ACCOUNT_PATH;
pub use plugin::{PLUGIN_PATH, PluginChanges, PluginList};

use crate::app::App;
use std::sync::Arc;

/// Everything but the websocket: answers every path, unknown ones with 404.
///
/// A request's [`meadhall_core::caller::ClientAddress`] is taken from its extensions, where the listener puts it.
pub fn router(app: Arc<App>) -> axum::Router {
    axum::Router::new().fallback_service(front::Front::new(app))
}

/// The names of all messages that REST handles and that plugins can hook.
pub fn hooked_names() -> Vec<&'static str> {
    routes::table().into_iter().filter(routes::Route::is_hooked).map(|route| route.name).collect()
}
