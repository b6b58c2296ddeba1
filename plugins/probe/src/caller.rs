//! What a plugin knows of its caller.

use meadhall_guest::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;

/// The facts of a call; absent where unknown. The fields are in the order of their names: where a text holds figures
/// that differ from run to run, the conformance harness compares it as it is.
#[derive(Serialize)]
pub(crate) struct Facts {
    #[serde(skip_serializing_if = "Option::is_none")]
    client_ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lang: Option<String>,
    node: String,
    query_params: BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    /// Seconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_session_exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    vars: BTreeMap<String, String>,
}

impl Facts {
    pub(crate) fn of(ctx: &Context) -> Self {
        Self {
            client_ip: ctx.client().map(|client| client.address.clone()),
            lang: ctx.lang().map(Into::into),
            node: ctx.node().to_owned(),
            query_params: ctx.query_params().clone(),
            session_id: ctx.session_id().map(Into::into),
            user_id: ctx.user().map(|user| user.id.clone()),
            user_session_exp: ctx.expires_at(),
            username: ctx.user().map(|user| user.username.clone()),
            vars: ctx.vars().clone(),
        }
    }
}
