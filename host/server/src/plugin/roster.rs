//! Which plugins there are and which version of each runs: loading them at the start, and replacing them later.
//!
//! A reload happens in four steps. Each plugin whose file or section changed is loaded beside the one that runs. Then all
//! that shall run side by side is put into one table, which finds two that claim one RPC. Then the new ones are started. Up
//! to here nothing has changed for callers, and whatever fails is left out, with the version that ran before in its place.
//! Then the table is exchanged, in one step for all.

mod member;
mod turn;

use super::compiler::Effort;
use super::files::{self, Found, PluginCode, PluginFile};
use super::kept::{History, KeptVersions, Rollback};
use super::load::{Loaded, Loader};
use super::status::{Outcome, PluginChange, Published};
use super::table::Table;
use super::version::ContentHash;
use super::{PluginConfig, PluginSet, SwapError};
use crate::config::PluginSection;
use anyhow::Context as _;
use arc_swap::ArcSwap;
use meadhall_core::Core;
use member::{Failure, Member, Serving};
use std::sync::Arc;
use turn::{Candidate, Turn};

/// The one owner of all plugins.
pub(super) struct Roster {
    config: PluginConfig,
    core: Arc<Core>,
    /// Made with the first plugin: a server without plugins does without the engine.
    loader: Option<Arc<Loader>>,
    kept: Option<KeptVersions>,
    members: Vec<Member>,
    /// Where calls look up who handles them.
    table: Arc<ArcSwap<Table>>,
}

/// Who wants a reload, and of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// All plugins, or one, by somebody who says so: files that are gone unload their plugins.
    Explicit(Option<String>),
    /// Files seem to have changed. With `whole`, those that are only half there are left for later.
    Watched { whole: bool },
}

impl Request {
    fn is_about(&self, name: &str) -> bool {
        !matches!(self, Self::Explicit(Some(only)) if only != name)
    }

    fn is_watched(&self) -> bool {
        matches!(self, Self::Watched { .. })
    }
}

/// What a reload did.
pub(super) struct Report {
    pub(super) changes: Vec<PluginChange>,
    /// Files that are to be looked at again.
    pub(super) is_incomplete: bool,
}

impl Roster {
    /// Loads, checks and starts all plugins.
    ///
    /// # Errors
    /// One sentence that names the plugin (or both, where two claim one RPC id) and what is wrong.
    pub(super) async fn start(
        config: PluginConfig,
        core: Arc<Core>,
        table: Arc<ArcSwap<Table>>,
    ) -> anyhow::Result<Self> {
        let kept = config.versions_dir.clone().map(KeptVersions::new);
        let mut roster = Self { config, core, loader: None, kept, members: Vec::new(), table };
        let mut turns = Vec::new();
        for file in files::find(&roster.config.paths)? {
            turns.push(roster.first(file).await?);
        }
        let table = Table::new(turns.iter().filter_map(Turn::loaded))?;
        for turn in &turns {
            if let Some(candidate) = &turn.candidate {
                candidate.loaded.start().await?;
            }
        }
        roster.take_over(turns, table).await;
        Ok(roster)
    }

    /// A plugin at the start.
    async fn first(&mut self, file: PluginFile) -> anyhow::Result<Turn> {
        let member = self.new_member(file).await?;
        let loader = self.loader()?;
        let mut code = read(&loader, &member.file, Effort::Full).await?;
        let instead_of = self.roll_back_again(&member, &mut code).await?;
        let section = self.section(&member.file.name);
        let loaded = loader.load(code.clone(), &section, Effort::Full).await?;
        let candidate = Candidate { loaded, code, section, instead_of, is_started: false };
        Ok(Turn { candidate: Some(candidate), ..Turn::of(member) })
    }

    /// For a plugin of which nothing runs: takes the kept version where a rollback is in force, and says what the file
    /// contains instead.
    async fn roll_back_again(&self, member: &Member, code: &mut PluginCode) -> anyhow::Result<Option<ContentHash>> {
        let Some(rollback) = member.history.rollback.filter(|it| it.instead_of == code.hash) else { return Ok(None) };
        *code = self.kept_code(member, rollback.to).await.with_context(|| {
            let list = self.kept.as_ref().map(|kept| kept.list(&member.file.name)).unwrap_or_default();
            format!(
                "plugin {:?} was rolled back to a version that cannot be read (without {} its file runs)",
                member.file.name,
                list.display()
            )
        })?;
        let (file, kept) = (member.file.path.display(), member.history.build_of(rollback.to));
        tracing::warn!(
            plugin = %member.file.name, version = kept, %file,
            "a kept version runs instead of the plugin's file, by a rollback: it stays until the file changes"
        );
        Ok(Some(rollback.instead_of))
    }

    /// Brings what runs in line with the configuration and the files.
    ///
    /// # Errors
    /// When nothing was changed, for a reason that is about no single plugin.
    pub(super) async fn reload(&mut self, request: &Request) -> Result<Report, SwapError> {
        let found = self.look(request).await?;
        if let Request::Explicit(Some(name)) = request
            && !found.files.iter().any(|file| *file.name == **name)
            && self.member(name).is_none()
        {
            return Err(self.unknown(name));
        }
        if !found.files.is_empty() {
            self.loader().map_err(refused)?;
        }

        let before: Vec<_> = self.members.iter().map(|member| member.file.name.clone()).collect();
        let mut members = std::mem::take(&mut self.members);
        let mut turns = Vec::new();
        for file in found.files {
            let section = self.section(&file.name);
            let known = members.iter().position(|member| member.file.name == file.name);
            turns.push(match known.map(|place| members.remove(place)) {
                Some(member) if !request.is_about(&file.name) => Turn::of(member),
                Some(member) => self.consider(Member { file, is_missing: false, ..member }, request).await,
                None if !request.is_about(&file.name) => continue,
                None => match self.new_member(file.clone()).await {
                    Ok(member) => self.consider(member, request).await,
                    Err(error) => Turn::of(Member::new(file, History::default())).failed(None, section, &error),
                },
            });
        }
        let mut gone = Vec::new();
        for mut member in members {
            let unreadable = found.unreadable.iter().find(|(path, _)| member.file.path.starts_with(path));
            let turn = match unreadable {
                _ if !request.is_about(&member.file.name) => Turn::of(member),
                _ if request.is_watched() && member.serving.is_some() => {
                    member.tell_missing();
                    Turn::of(member)
                }
                Some((_, error)) if !request.is_watched() => {
                    let section = self.section(&member.file.name);
                    Turn::of(member).failed(None, section, error)
                }
                _ => {
                    gone.push(member);
                    continue;
                }
            };
            turns.insert(place_of(&turn, &before, &turns), turn);
        }
        self.settle(turns, gone).await
    }

    /// Looks at the files, and unless they are only watched reads the configuration before, which is taken when nothing is
    /// wrong with either.
    async fn look(&mut self, request: &Request) -> Result<Found, SwapError> {
        let set = if request.is_watched() { None } else { self.read_configuration().await? };
        let paths = set.as_ref().map_or(&self.config.paths, |set| &set.paths).clone();
        let look = tokio::task::spawn_blocking(move || files::look(&paths));
        let found = look.await.map_err(|error| SwapError::Refused(error.to_string()))?.map_err(refused)?;
        if let Some(set) = set {
            (self.config.paths, self.config.sections) = (set.paths, set.sections);
        }
        Ok(found)
    }

    /// Goes back to a kept version of a plugin: the one before, or the one that is named.
    ///
    /// # Errors
    /// When there is none, or it does not run any more. Then nothing has changed.
    pub(super) async fn roll_back(&mut self, name: &str, to: Option<&str>) -> Result<Report, SwapError> {
        let place = self.member(name).ok_or_else(|| self.unknown(name))?;
        let member = &self.members[place];
        let Some(serving) = &member.serving else {
            return Err(SwapError::Refused(format!("plugin {name:?} does not run")));
        };
        let running = serving.hash();
        let target = match to {
            Some(text) => member.history.find(text).map_err(|error| SwapError::NotFound(error.to_string()))?,
            None => member.history.before(running).ok_or_else(|| {
                SwapError::NotFound(format!("no version of plugin {name:?} before the one that runs is kept"))
            })?,
        };
        if target.hash == running {
            return Err(SwapError::Refused(format!("plugin {name:?} runs version {} already", target.build)));
        }
        let (target, section) = (target.hash, serving.section.clone());
        let loader = self.loader.clone().ok_or_else(|| self.unknown(name))?;
        let in_file = read(&loader, &member.file, Effort::Background).await;
        let (code, instead_of) = match in_file {
            Ok(code) if code.hash == target => (code, None),
            in_file => {
                // Without the file: what it was when it was last taken.
                let before = serving.instead_of.unwrap_or(running);
                let instead_of = in_file.map_or(before, |code| code.hash);
                (self.kept_code(member, target).await.map_err(refused)?, Some(instead_of))
            }
        };
        let loaded = loader.load(code.clone(), &section, Effort::Background).await.map_err(refused)?;
        let candidate = Candidate { loaded, code, section, instead_of, is_started: false };
        let mut turns: Vec<_> = std::mem::take(&mut self.members).into_iter().map(Turn::of).collect();
        turns[place].candidate = Some(candidate);
        let mut report = self.settle(turns, Vec::new()).await?;
        report.changes.retain(|change| change.name == name);
        Ok(report)
    }

    /// What is to become of one plugin.
    async fn consider(&self, mut member: Member, request: &Request) -> Turn {
        let Some(loader) = self.loader.clone() else { return Turn::of(member) };
        let section = self.section(&member.file.name);
        let mut code = match read(&loader, &member.file, Effort::Background).await {
            Ok(code) => code,
            Err(error) => return Turn::of(member).failed(None, section, &error),
        };
        if matches!(request, Request::Watched { whole: true }) && !files::is_whole(&code.bytes) {
            return Turn { is_incomplete: true, ..Turn::of(member) };
        }
        let mut instead_of = None;
        if member.serving.is_none() {
            instead_of = match self.roll_back_again(&member, &mut code).await {
                Ok(instead_of) => instead_of,
                Err(error) => return Turn::of(member).failed(None, section, &error),
            };
        }
        if let Some(serving) = &member.serving {
            let same_section = serving.section == section;
            if serving.hash() == code.hash && same_section {
                member.failed = None;
                if member.end_rollback() {
                    self.keep(&member, code).await;
                }
                return Turn::of(member);
            }
            if serving.instead_of == Some(code.hash) {
                if same_section {
                    return Turn::of(member).rolled_back();
                }
                instead_of = Some(code.hash);
                code = match self.kept_code(&member, serving.hash()).await {
                    Ok(kept) => kept,
                    Err(error) => return Turn::of(member).failed(None, section, &error),
                };
            }
        }
        let has_failed =
            |failed: &Failure| failed.hash == Some(code.hash) && failed.section == section && !failed.is_conflict;
        if request.is_watched() && member.failed.as_ref().is_some_and(has_failed) {
            return Turn::of(member);
        }
        let hash = code.hash;
        match loader.load(code.clone(), &section, Effort::Background).await {
            Ok(loaded) => {
                let candidate = Candidate { loaded, code, section, instead_of, is_started: false };
                Turn { candidate: Some(candidate), ..Turn::of(member) }
            }
            Err(error) => Turn::of(member).failed(Some(hash), section, &error),
        }
    }

    /// Finds out which candidates can run side by side, starts them, and lets them take over. Those that cannot are left
    /// out, and what ran before goes on.
    async fn settle(&mut self, mut turns: Vec<Turn>, gone: Vec<Member>) -> Result<Report, SwapError> {
        let table = loop {
            match Table::new(turns.iter().filter_map(Turn::loaded)) {
                Ok(table) => match turns.iter_mut().find(|turn| turn.is_to_be_started()) {
                    None => break table,
                    Some(turn) => {
                        if let Err(error) = turn.start().await {
                            self.leave_out(turn, &error, false);
                        }
                    }
                },
                Err(conflict) => {
                    let is_guilty =
                        |turn: &&mut Turn| turn.candidate.is_some() && conflict.is_about(&turn.member.file.name);
                    // The later one is the one that intrudes.
                    match turns.iter_mut().rev().find(is_guilty) {
                        Some(turn) => self.leave_out(turn, &anyhow::Error::new(conflict), true),
                        None => {
                            self.members = turns.into_iter().map(|turn| turn.member).chain(gone).collect();
                            return Err(SwapError::Refused(conflict.to_string()));
                        }
                    }
                }
            }
        };
        let is_incomplete = turns.iter().any(|turn| turn.is_incomplete);
        let mut changes = self.take_over(turns, table).await;
        changes.extend(gone.into_iter().map(|member| self.unload(member)));
        Ok(Report { changes, is_incomplete })
    }

    fn leave_out(&self, turn: &mut Turn, error: &anyhow::Error, is_conflict: bool) {
        let Some(candidate) = turn.candidate.take() else { return };
        turn.fail(Failure { is_conflict, ..Failure::new(Some(candidate.code.hash), candidate.section.clone(), error) });
        self.discard(candidate.loaded);
    }

    /// Exchanges the table, and retires what ran before.
    async fn take_over(&mut self, mut turns: Vec<Turn>, table: Table) -> Vec<PluginChange> {
        // Before the exchange, since the disk takes its time: behind it, what is told has to be what answers.
        for turn in &mut turns {
            self.record(turn).await;
        }
        self.table.store(Arc::new(table));
        let mut changes = Vec::with_capacity(turns.len());
        for Turn { mut member, candidate, note, has_failed, .. } in turns {
            let from = member.build();
            let outcome = match candidate {
                Some(candidate) => self.install(&mut member, candidate),
                None if has_failed => Outcome::Failed,
                None => Outcome::Unchanged,
            };
            let to = member.build();
            let has_new_settings = outcome == Outcome::Replaced && from == to;
            let note = note.or_else(|| has_new_settings.then(|| "the same version with its new settings".to_owned()));
            changes.push(PluginChange { name: member.file.name.to_string(), outcome, from, to, note });
            self.members.push(member);
        }
        changes
    }

    /// Notes in its plugin's history that a candidate is about to take over, and keeps it.
    async fn record(&self, turn: &mut Turn) {
        let Turn { member, candidate: Some(Candidate { loaded, code, instead_of, .. }), .. } = turn else { return };
        let left = member.serving.as_ref().map_or(code.hash, Serving::hash);
        match *instead_of {
            Some(instead_of) => member.history.went_back(Rollback { to: code.hash, instead_of }, left),
            None => {
                let build = loaded.plugin.version().build().to_string();
                member.history.took_place(code.hash, build, self.core.env.now());
            }
        }
        self.keep(member, code.clone()).await;
    }

    /// Makes a candidate the version that serves, which it does already as far as calls are concerned.
    fn install(&self, member: &mut Member, candidate: Candidate) -> Outcome {
        let Candidate { loaded, section, instead_of, .. } = candidate;
        let plugin = &loaded.plugin;
        plugin.identity.lasting.slots.resize(plugin.identity.limits.instances);
        let since = self.core.env.now();
        member.failed = None;
        match member.serving.replace(Serving { loaded, section, since, instead_of }) {
            Some(before) => {
                self.discard(before.loaded);
                Outcome::Replaced
            }
            None => Outcome::Loaded,
        }
    }

    /// Keeps a version in the data folder. A disk that refuses does not keep a version from running.
    async fn keep(&self, member: &Member, code: PluginCode) {
        let (Some(kept), Some(loader)) = (self.kept.clone(), &self.loader) else { return };
        let (name, history) = (member.file.name.clone(), member.history.clone());
        let keep =
            loader.compiler().run(Effort::Background, move || kept.keep(&name, code.hash, &code.bytes, &history));
        if let Err(error) = keep.await.and_then(|kept| kept) {
            let plugin = &member.file.name;
            tracing::warn!(%plugin, "this version cannot be kept, so there is no going back to it, and a rollback ends \
                with the server: {error:#}");
        }
    }

    fn unload(&self, mut member: Member) -> PluginChange {
        let from = member.build();
        if let Some(serving) = member.serving.take() {
            self.discard(serving.loaded);
        }
        let name = member.file.name.to_string();
        let note = Some(format!("its file {} is gone", member.file.path.display()));
        PluginChange { name, outcome: Outcome::Unloaded, from, to: None, note }
    }

    /// Takes a version's warm instances at once, and the version with its last call.
    fn discard(&self, loaded: Loaded) {
        let instances = loaded.plugin.pool.retire();
        if let Some(loader) = &self.loader {
            loader.compiler().discard((instances, loaded));
        }
    }

    /// What the configuration says now, where it can be read again.
    async fn read_configuration(&self) -> Result<Option<PluginSet>, SwapError> {
        let Some(read) = self.config.read_again.clone() else { return Ok(None) };
        let set =
            tokio::task::spawn_blocking(move || read()).await.map_err(|error| SwapError::Refused(error.to_string()))?;
        set.map(Some).map_err(refused)
    }

    /// The loader, made when it is first needed.
    fn loader(&mut self) -> anyhow::Result<Arc<Loader>> {
        if let Some(loader) = &self.loader {
            return Ok(loader.clone());
        }
        let files = files::find(&self.config.paths)?;
        let (node, environment) = (self.core.node.clone(), self.core.env.clone());
        let loader = Arc::new(Loader::new(&self.config, &files, Some(self.core.clone()), node, environment)?);
        Ok(self.loader.insert(loader).clone())
    }

    async fn new_member(&mut self, file: PluginFile) -> anyhow::Result<Member> {
        let (kept, name) = (self.kept.clone(), file.name.clone());
        let history = tokio::task::spawn_blocking(move || kept.map(|kept| kept.history(&name)).transpose());
        let history = history.await.context("reading the kept versions failed")??;
        Ok(Member::new(file, history.unwrap_or_default()))
    }

    async fn kept_code(&self, member: &Member, hash: ContentHash) -> anyhow::Result<PluginCode> {
        let (kept, name) = (self.kept.clone().context("no versions are kept")?, member.file.name.clone());
        let path = kept.path(&name, hash);
        let bytes = tokio::task::spawn_blocking(move || kept.read(&name, hash));
        let bytes = bytes.await.context("reading a kept version failed")??;
        Ok(PluginCode { file: PluginFile { name: member.file.name.clone(), path }, bytes, hash })
    }

    fn section(&self, name: &str) -> PluginSection {
        self.config.sections.get(name).cloned().unwrap_or_default()
    }

    fn member(&self, name: &str) -> Option<usize> {
        self.members.iter().position(|member| *member.file.name == *name)
    }

    fn unknown(&self, name: &str) -> SwapError {
        let names: Vec<_> = self.members.iter().map(|member| &*member.file.name).collect();
        let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        SwapError::NotFound(format!("there is no plugin {name:?}, there are: {there}"))
    }

    /// How things are now.
    pub(super) fn publish(&self) -> Published {
        let plugins = self.members.iter().map(|member| (member.status(), member.lasting())).collect();
        Published { plugins, paths: self.config.paths.clone() }
    }
}

/// Where a plugin whose file is not there stands among those whose files are: behind the one that it stood behind before,
/// since the order of plugins is the order of their hooks.
fn place_of(turn: &Turn, before: &[Arc<str>], turns: &[Turn]) -> usize {
    let ahead = before.iter().take_while(|name| **name != turn.member.file.name);
    let is_ahead = |turn: &Turn| ahead.clone().any(|name| *name == turn.member.file.name);
    turns.iter().rposition(is_ahead).map_or(0, |place| place + 1)
}

async fn read(loader: &Loader, file: &PluginFile, effort: Effort) -> anyhow::Result<PluginCode> {
    let file = file.clone();
    loader.compiler().run(effort, move || files::read(&file)).await?
}

fn refused(error: anyhow::Error) -> SwapError {
    SwapError::Refused(format!("{error:#}"))
}
