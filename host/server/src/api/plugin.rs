//! What the operator does to plugins while the server runs. No part of the public API.

use super::body::Incoming;
use super::operator::operator;
use super::reply::Reply;
use crate::failure::Failure;
use crate::plugin::{Outcome, PluginChange, PluginStatus, Trigger};
use futures_util::future::BoxFuture;
use meadhall_protocol::error::Code;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Where the running server is asked about its plugins; `/reload` and `/rollback` behind it change them.
pub const PLUGIN_PATH: &str = "/meadhall/plugin";

/// The answer to a question.
#[derive(Debug, Serialize, Deserialize)]
pub struct PluginList {
    /// In the order of the configuration.
    pub plugins: Vec<PluginStatus>,
}

/// The answer to a reload or a rollback.
#[derive(Debug, Serialize, Deserialize)]
pub struct PluginChanges {
    /// In the order of the configuration.
    pub plugins: Vec<PluginChange>,
}

/// As [`PluginChanges`], where some of them failed.
#[derive(Serialize)]
struct FailedChanges {
    code: u32,
    message: String,
    plugins: Vec<PluginChange>,
}

/// Answers with all plugins and their versions.
pub(super) fn list(incoming: Incoming) -> BoxFuture<'static, Reply> {
    Box::pin(async move {
        match operator(&incoming) {
            Ok(()) => json(&PluginList { plugins: incoming.app.plugins.statuses() }),
            Err(failure) => Reply::failure(&failure),
        }
    })
}

/// Reloads all plugins, or the one that `name` in the query names.
pub(super) fn reload(incoming: Incoming) -> BoxFuture<'static, Reply> {
    Box::pin(async move { answer(change(incoming, false).await) })
}

/// Goes back to the version before of the plugin that `name` in the query names, or to the one that `to` names.
pub(super) fn roll_back(incoming: Incoming) -> BoxFuture<'static, Reply> {
    Box::pin(async move { answer(change(incoming, true).await) })
}

async fn change(mut incoming: Incoming, back: bool) -> Result<Vec<PluginChange>, Failure> {
    operator(&incoming)?;
    let plugins = Arc::clone(&incoming.app.plugins);
    let query = incoming.take_query()?;
    let given = |parameter| query.first(parameter).filter(|text| !text.is_empty());
    let name = given("name");
    Ok(match (back, name) {
        (false, name) => plugins.reload(name, Trigger::Operator).await?,
        (true, Some(name)) => plugins.roll_back(name, given("to")).await?,
        (true, None) => {
            return Err(Failure::new(Code::InvalidArgument, "the query has to name the plugin: ?name=NAME"));
        }
    })
}

/// An error when any of them failed, so that a script that looks at the status alone goes no further.
fn answer(changes: Result<Vec<PluginChange>, Failure>) -> Reply {
    let plugins = match changes {
        Ok(plugins) => plugins,
        Err(failure) => return Reply::failure(&failure),
    };
    let failed: Vec<_> = plugins.iter().filter(|change| change.outcome == Outcome::Failed).map(problem).collect();
    if failed.is_empty() {
        return json(&PluginChanges { plugins });
    }
    let failure = Failure::new(Code::FailedPrecondition, failed.join("; "));
    let body = FailedChanges { code: failure.code as u32, message: failure.message.to_string(), plugins };
    Reply::refusal(&failure, &body)
}

fn problem(change: &PluginChange) -> String {
    let goes_on = match &change.to {
        Some(version) => format!("version {version} goes on"),
        None => "it does not run".to_owned(),
    };
    format!("plugin {:?} was not replaced, {goes_on}: {}", change.name, change.note.as_deref().unwrap_or_default())
}

fn json(body: &impl Serialize) -> Reply {
    Reply::json(serde_json::to_vec(body).expect("texts become JSON"))
}
