//! What a plugin may reach beyond the game, opened when it is loaded.

use super::blocking::Blocking;
use super::folders::Folders;
use super::http::{Lookup, Outgoing};
use super::limits::Limits;
use super::metrics::SharedRecorder;
use crate::config::AllowConfig;
use anyhow::{Context as _, bail};
use std::env::{self, VarError};
use std::sync::Arc;

/// What one plugin is granted.
pub(super) struct Grants {
    /// Variables that are granted and set.
    pub(super) environment: Vec<(String, String)>,
    pub(super) folders: Folders,
    pub(super) http: Arc<Outgoing>,
}

impl Grants {
    /// Reads the variables and opens the folders that are granted. It may block.
    ///
    /// # Errors
    /// For a folder that does not open and a variable that is no text; the sentence names plugin and grant.
    pub(super) fn open(
        plugin: &Arc<str>,
        allow: &AllowConfig,
        limits: &Limits,
        recorder: &SharedRecorder,
        blocking: &Blocking,
        lookup: &Lookup,
    ) -> anyhow::Result<Self> {
        let open = || {
            let at_once = limits.http_requests_at_once;
            anyhow::Ok(Self {
                environment: environment(&allow.environment)?,
                folders: Folders::open(&allow.folders, blocking)?,
                http: Outgoing::new(plugin, &allow.http, at_once, recorder, blocking, lookup)?,
            })
        };
        open().with_context(|| format!("what plugin {plugin:?} is granted cannot be opened"))
    }
}

fn environment(names: &[String]) -> anyhow::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for name in names {
        match env::var(name) {
            Ok(value) => found.push((name.clone(), value)),
            Err(VarError::NotPresent) => {}
            Err(VarError::NotUnicode(_)) => bail!("the environment variable {name} is no valid text"),
        }
    }
    Ok(found)
}
