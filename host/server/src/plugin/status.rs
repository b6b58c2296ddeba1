//! What an operator is told: what runs, and what a reload or a rollback did.

use super::lasting::Lasting;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// One plugin as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginStatus {
    /// The stem of its file.
    pub name: String,
    pub state: PluginState,
    /// What runs: declared version and hash, `0.1.0+1a2b3c4d5e6f`. None when nothing does.
    pub version: Option<String>,
    /// Since when, as `2026-01-31T12:00:00Z`.
    pub since: Option<String>,
    /// Where its file is.
    pub file: String,
    /// Versions in memory: more than one while calls of an earlier one still run.
    pub in_memory: usize,
    /// Why something else runs than the file, in a sentence.
    pub problem: Option<String>,
    /// Versions that are kept to go back to, the latest first. The one that runs is among them.
    pub kept: Vec<KeptStatus>,
}

/// What runs of a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PluginState {
    /// What its file contains.
    Running,
    /// What its file contained before: the present content could not be taken.
    RunningOld,
    /// A kept version, by a rollback.
    RolledBack,
    /// Nothing: the file could not be taken, and there was nothing before it.
    NotRunning,
}

/// A version that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptStatus {
    /// `0.1.0+1a2b3c4d5e6f`
    pub version: String,
    /// When its file was put in place.
    pub since: String,
    /// Somebody went back from it, so that a rollback passes it by.
    pub rejected: bool,
}

/// What a reload or a rollback did to one plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginChange {
    pub name: String,
    pub outcome: Outcome,
    /// What ran before.
    pub from: Option<String>,
    /// What runs now.
    pub to: Option<String>,
    /// Why it failed, or what else there is to know.
    pub note: Option<String>,
}

/// What became of a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is new.
    Loaded,
    /// Another version runs, or the same with other settings.
    Replaced,
    /// Nothing was to be done.
    Unchanged,
    /// Its file is gone, and so is it.
    Unloaded,
    /// What ran before goes on.
    Failed,
}

impl PluginState {
    /// As a table shows it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::RunningOld => "running old",
            Self::RolledBack => "rolled back",
            Self::NotRunning => "not running",
        }
    }
}

impl Outcome {
    /// As a table and the figures show it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::Replaced => "replaced",
            Self::Unchanged => "unchanged",
            Self::Unloaded => "unloaded",
            Self::Failed => "failed",
        }
    }
}

/// Why a reload or a rollback changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SwapError {
    /// There is no such plugin, or no such version of it.
    #[error("{0}")]
    NotFound(String),
    /// It was tried and did not work, or it is not how things are.
    #[error("{0}")]
    Refused(String),
    #[error("too many reloads wait already, try again when they are done")]
    Busy,
    #[error("the server is stopping")]
    Stopping,
}

/// What the one who loads plugins tells everybody else.
#[derive(Default)]
pub(super) struct Published {
    pub(super) plugins: Vec<(PluginStatus, Option<Arc<Lasting>>)>,
    /// Files and folders of plugins, as they are configured now.
    pub(super) paths: Vec<PathBuf>,
}

impl Published {
    /// All plugins, in order.
    pub(super) fn statuses(&self) -> Vec<PluginStatus> {
        let status = |(status, lasting): &(PluginStatus, Option<Arc<Lasting>>)| PluginStatus {
            in_memory: lasting.as_ref().map_or(0, |lasting| lasting.in_memory()),
            ..status.clone()
        };
        self.plugins.iter().map(status).collect()
    }
}

/// The versions as figures. Not in the recorder, which forgets no series: with each version it would have one more.
impl fmt::Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running: Vec<_> = self.plugins.iter().filter_map(|(it, lasting)| Some((it, lasting.as_ref()?))).collect();
        if running.is_empty() {
            return Ok(());
        }
        writeln!(f, "# HELP meadhall_plugin_info The version of each plugin that takes new calls")?;
        writeln!(f, "# TYPE meadhall_plugin_info gauge")?;
        for (status, _) in &running {
            let version = status.version.as_deref().unwrap_or_default();
            writeln!(f, "meadhall_plugin_info{{plugin={:?},version={version:?}}} 1", status.name)?;
        }
        writeln!(f, "# HELP meadhall_plugin_versions_in_memory More than one while calls of an earlier version run")?;
        writeln!(f, "# TYPE meadhall_plugin_versions_in_memory gauge")?;
        for (status, lasting) in &running {
            writeln!(f, "meadhall_plugin_versions_in_memory{{plugin={:?}}} {}", status.name, lasting.in_memory())?;
        }
        Ok(())
    }
}
