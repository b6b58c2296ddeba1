//! Who called, and how.

use crate::bindings::meadhall::plugin::context::{CallerSession, CallerUser, ClientAddress, Mode};
use crate::testing::state::with;
use std::collections::BTreeMap;

pub fn execution_mode() -> Mode {
    with(|state| state.call.mode)
}

pub fn node() -> String {
    with(|state| state.node.clone())
}

pub fn user() -> Option<CallerUser> {
    with(|state| state.call.user.clone())
}

pub fn session() -> Option<CallerSession> {
    with(|state| state.call.session.clone())
}

pub fn client() -> Option<ClientAddress> {
    with(|state| state.call.client.clone())
}

pub fn vars() -> Vec<(String, String)> {
    with(|state| pairs(&state.call.vars))
}

pub fn query_params() -> Vec<(String, Vec<String>)> {
    with(|state| state.call.query.clone())
}

pub fn headers() -> Vec<(String, Vec<String>)> {
    with(|state| state.call.headers.clone())
}

pub fn config() -> Vec<(String, String)> {
    with(|state| pairs(&state.config))
}

pub fn environment() -> Vec<(String, String)> {
    with(|state| pairs(&state.environment))
}

pub fn extra() -> Vec<(String, String)> {
    Vec::new()
}

fn pairs(map: &BTreeMap<String, String>) -> Vec<(String, String)> {
    map.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}
