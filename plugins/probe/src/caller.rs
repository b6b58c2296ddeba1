//! What a plugin knows of its caller.

use meadhall_guest::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;

/// The facts of a call; absent where unknown.
#[derive(Serialize)]
pub(crate) struct Facts {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lang: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    vars: BTreeMap<String, String>,
    /// Seconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_session_exp: Option<i64>,
    node: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_ip: Option<String>,
    query_params: BTreeMap<String, Vec<String>>,
}

impl Facts {
    pub(crate) fn of(ctx: &Context) -> Self {
        Self {
            user_id: ctx.user().map(|user| user.id.clone()),
            username: ctx.user().map(|user| user.username.clone()),
            session_id: ctx.session_id().map(Into::into),
            lang: ctx.lang().map(Into::into),
            vars: ctx.vars().clone(),
            user_session_exp: ctx.expires_at(),
            node: ctx.node().to_owned(),
            client_ip: ctx.client().map(|client| client.address.clone()),
            query_params: ctx.query_params().clone(),
        }
    }
}
