//! One plugin as the server knows it: its file, what runs, and why that may be something else than the file.

use super::super::files::PluginFile;
use super::super::kept::History;
use super::super::lasting::Lasting;
use super::super::load::Loaded;
use super::super::status::{KeptStatus, PluginState, PluginStatus};
use super::super::version::ContentHash;
use crate::config::PluginSection;
use crate::convert;
use meadhall_core::clock::Timestamp;
use std::sync::Arc;

/// A plugin that runs or should.
pub(super) struct Member {
    pub(super) file: PluginFile,
    pub(super) serving: Option<Serving>,
    pub(super) history: History,
    /// Why what the file contains does not run.
    pub(super) failed: Option<Failure>,
    /// The file was there once and is not any more.
    pub(super) is_missing: bool,
}

/// The version that takes new calls.
pub(super) struct Serving {
    pub(super) loaded: Loaded,
    pub(super) section: PluginSection,
    pub(super) since: Timestamp,
    /// What the file contained when somebody went back from it to this kept version.
    pub(super) instead_of: Option<ContentHash>,
}

/// A version that could not take over.
pub(super) struct Failure {
    /// None when the file could not be read.
    pub(super) hash: Option<ContentHash>,
    pub(super) section: PluginSection,
    pub(super) problem: String,
    /// It does not go together with another plugin, and might when that one has changed.
    pub(super) is_conflict: bool,
}

impl Failure {
    /// `hash` is what the file contains, where it could be read.
    pub(super) fn new(hash: Option<ContentHash>, section: PluginSection, error: &anyhow::Error) -> Self {
        Self { hash, section, problem: format!("{error:#}"), is_conflict: false }
    }
}

impl Serving {
    pub(super) fn hash(&self) -> ContentHash {
        self.loaded.plugin.version().hash()
    }
}

impl Member {
    pub(super) fn new(file: PluginFile, history: History) -> Self {
        Self { file, serving: None, history, failed: None, is_missing: false }
    }

    /// What runs: `0.1.0+1a2b3c4d5e6f`.
    pub(super) fn build(&self) -> Option<String> {
        Some(self.serving.as_ref()?.loaded.plugin.version().build().to_string())
    }

    pub(super) fn lasting(&self) -> Option<Arc<Lasting>> {
        Some(self.serving.as_ref()?.loaded.plugin.identity.lasting.clone())
    }

    /// The file contains what runs by a rollback: then there is none any more. Whether there was one.
    pub(super) fn end_rollback(&mut self) -> bool {
        self.history.rollback = None;
        self.serving.as_mut().is_some_and(|serving| serving.instead_of.take().is_some())
    }

    /// Says once that the file is gone.
    pub(super) fn tell_missing(&mut self) {
        if !std::mem::replace(&mut self.is_missing, true) {
            tracing::info!(
                plugin = %self.file.name, file = %self.file.path.display(),
                "the plugin's file is gone; the plugin goes on, `meadhall plugin reload` unloads it"
            );
        }
    }

    pub(super) fn status(&self) -> PluginStatus {
        let rollback = self.serving.as_ref().and_then(|serving| serving.instead_of);
        let state = match (&self.serving, rollback, &self.failed) {
            (None, _, _) => PluginState::NotRunning,
            (_, Some(_), _) => PluginState::RolledBack,
            (_, _, Some(_)) => PluginState::RunningOld,
            _ if self.is_missing => PluginState::RunningOld,
            _ => PluginState::Running,
        };
        let in_file = rollback.map(|hash| {
            let build = self.history.build_of(hash);
            format!("a kept version runs instead of {build}, which the file contains, until the file changes")
        });
        let missing = self.is_missing.then(|| "its file is gone: `meadhall plugin reload` unloads it".to_owned());
        let failed = self.failed.as_ref().map(|failed| failed.problem.clone());
        let incomplete = self.serving.is_none().then(|| "its file is still being written, it seems".to_owned());
        PluginStatus {
            name: self.file.name.to_string(),
            state,
            version: self.build(),
            since: self.serving.as_ref().map(|serving| shown(serving.since)),
            file: self.file.path.display().to_string(),
            in_memory: 0,
            problem: failed.or(missing).or(in_file).or(incomplete),
            kept: self.kept(),
        }
    }

    fn kept(&self) -> Vec<KeptStatus> {
        let kept = self.history.versions.iter().rev().map(|version| KeptStatus {
            version: version.build.clone(),
            since: shown(Timestamp::from_seconds(version.since)),
            rejected: version.rejected,
        });
        kept.collect()
    }
}

/// To the second, which is what people read.
fn shown(time: Timestamp) -> String {
    convert::timestamp(Timestamp::from_seconds(time.seconds())).to_string()
}
