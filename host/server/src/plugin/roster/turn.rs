//! One plugin on its way through a reload.

use super::super::files::PluginCode;
use super::super::load::Loaded;
use super::super::version::ContentHash;
use super::member::{Failure, Member};
use crate::config::PluginSection;

/// A version that may become the one that takes new calls.
pub(super) struct Candidate {
    pub(super) loaded: Loaded,
    pub(super) code: PluginCode,
    pub(super) section: PluginSection,
    /// What the file contains, where this is a kept version.
    pub(super) instead_of: Option<ContentHash>,
    pub(super) is_started: bool,
}

/// A plugin and what is to become of it.
pub(super) struct Turn {
    pub(super) member: Member,
    pub(super) candidate: Option<Candidate>,
    /// What there is to tell, beyond what was done.
    pub(super) note: Option<String>,
    pub(super) has_failed: bool,
    /// The file is only half there, it seems.
    pub(super) is_incomplete: bool,
}

impl Turn {
    /// Nothing is to be done.
    pub(super) fn of(member: Member) -> Self {
        Self { member, candidate: None, note: None, has_failed: false, is_incomplete: false }
    }

    /// Nothing is to be done: somebody went back from what the file contains.
    pub(super) fn rolled_back(mut self) -> Self {
        self.member.failed = None;
        self.note = self.member.status().problem;
        self
    }

    /// What the file contains cannot take over.
    pub(super) fn failed(mut self, hash: Option<ContentHash>, section: PluginSection, error: &anyhow::Error) -> Self {
        self.fail(Failure::new(hash, section, error));
        self
    }

    /// As [`Self::failed`].
    pub(super) fn fail(&mut self, failure: Failure) {
        self.note = Some(failure.problem.clone());
        self.has_failed = true;
        self.member.failed = Some(failure);
    }

    /// What takes calls when this turn is over.
    pub(super) fn loaded(&self) -> Option<&Loaded> {
        let serving = || self.member.serving.as_ref().map(|serving| &serving.loaded);
        self.candidate.as_ref().map(|candidate| &candidate.loaded).or_else(serving)
    }

    pub(super) fn is_to_be_started(&self) -> bool {
        self.candidate.as_ref().is_some_and(|candidate| !candidate.is_started)
    }

    /// Starts the candidate.
    pub(super) async fn start(&mut self) -> anyhow::Result<()> {
        if let Some(candidate) = &mut self.candidate {
            candidate.loaded.start().await?;
            candidate.is_started = true;
        }
        Ok(())
    }
}
