//! `meadhall plugin list`, `reload` and `rollback`: the plugins of a running server.

use super::super::configuration::ConfigurationArgs;
use super::super::remote::{self, Asked};
use crate::api::{PLUGIN_PATH, PluginChanges, PluginList};
use crate::plugin::{PluginChange, PluginStatus};
use anyhow::Context as _;
use axum::http::Method;
use clap::Args;
use form_urlencoded::Serializer;
use serde::de::DeserializeOwned;
use std::fmt::Write as _;
use tokio::runtime::Runtime;

/// How the running server is asked, and how its answer is shown.
#[derive(Debug, Args)]
struct AskArgs {
    #[command(flatten)]
    configuration: ConfigurationArgs,
    /// Prints the server's answer as JSON.
    #[arg(long)]
    json: bool,
}

/// What `plugin list` takes.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    ask: AskArgs,
}

/// What `plugin reload` takes.
#[derive(Debug, Args)]
pub(super) struct ReloadArgs {
    #[command(flatten)]
    ask: AskArgs,
    /// One plugin; without it all.
    name: Option<String>,
}

/// What `plugin rollback` takes.
#[derive(Debug, Args)]
pub(super) struct RollbackArgs {
    #[command(flatten)]
    ask: AskArgs,
    /// The plugin.
    name: String,
    /// A version that is kept, as `plugin list` shows it, or its declared version, or the beginning of its hash. Without
    /// it: the one before.
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
}

impl ListArgs {
    /// What there is to print.
    pub(super) fn run(self) -> anyhow::Result<String> {
        self.ask.ask(Method::GET, PLUGIN_PATH, |list: PluginList| statuses(&list.plugins))
    }
}

impl ReloadArgs {
    /// Asks, and says what was done.
    pub(super) fn run(self) -> anyhow::Result<String> {
        let path = path("reload", &[("name", self.name)]);
        self.ask.ask(Method::POST, &path, |done: PluginChanges| changes(&done.plugins))
    }
}

impl RollbackArgs {
    /// As [`ReloadArgs::run`].
    pub(super) fn run(self) -> anyhow::Result<String> {
        let path = path("rollback", &[("name", Some(self.name)), ("to", self.to)]);
        self.ask.ask(Method::POST, &path, |done: PluginChanges| changes(&done.plugins))
    }
}

impl AskArgs {
    fn ask<T: DeserializeOwned>(
        self,
        method: Method,
        path: &str,
        show: impl Fn(T) -> String,
    ) -> anyhow::Result<String> {
        let config = self.configuration.load()?;
        let runtime = Runtime::new().context("cannot start the threads of the request")?;
        let mut answer = Vec::new();
        runtime.block_on(remote::ask(config, Asked { method, path, why: "no server answers" }, &mut answer))?;
        if self.json {
            return String::from_utf8(answer).context("the server's answer is no text");
        }
        Ok(show(
            serde_json::from_slice(&answer).context("the server answers in a way that this version does not know")?,
        ))
    }
}

fn path(action: &str, parameters: &[(&str, Option<String>)]) -> String {
    let mut query = Serializer::new(String::new());
    for (name, value) in parameters {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    format!("{PLUGIN_PATH}/{action}?{}", query.finish())
}

fn statuses(plugins: &[PluginStatus]) -> String {
    if plugins.is_empty() {
        return "no plugins".to_owned();
    }
    let mut rows = vec![["NAME", "VERSION", "STATE", "SINCE", "FILE"].map(str::to_owned).to_vec()];
    let mut notes = vec![Vec::new()];
    for plugin in plugins {
        let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        rows.push(vec![
            plugin.name.clone(),
            or_none(&plugin.version),
            plugin.state.label().to_owned(),
            or_none(&plugin.since),
            plugin.file.clone(),
        ]);
        notes.push(notes_of(plugin));
    }
    table(&rows, &notes)
}

/// What stands below a plugin.
fn notes_of(plugin: &PluginStatus) -> Vec<String> {
    let mut notes: Vec<String> = plugin.problem.clone().into_iter().collect();
    if plugin.in_memory > 1 {
        notes.push(match plugin.in_memory - 1 {
            1 => "calls of an earlier version still run".to_owned(),
            earlier => format!("calls of {earlier} earlier versions still run"),
        });
    }
    let earlier = plugin.kept.iter().filter(|kept| Some(&kept.version) != plugin.version.as_ref());
    for kept in earlier {
        let rejected = if kept.rejected { ", left by a rollback" } else { "" };
        notes.push(format!("kept: {} of {}{rejected}", kept.version, kept.since));
    }
    notes
}

fn changes(plugins: &[PluginChange]) -> String {
    if plugins.is_empty() {
        return "no plugins".to_owned();
    }
    let mut rows = Vec::new();
    let mut notes = Vec::new();
    for change in plugins {
        let versions = match (&change.from, &change.to) {
            (Some(from), Some(to)) if from != to => format!("{from} -> {to}"),
            (from, to) => to.as_ref().or(from.as_ref()).cloned().unwrap_or_default(),
        };
        rows.push(vec![change.name.clone(), change.outcome.label().to_owned(), versions]);
        notes.push(change.note.clone().into_iter().collect());
    }
    table(&rows, &notes)
}

/// Rows whose columns stand below each other, each with its notes.
fn table(rows: &[Vec<String>], notes: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).filter_map(width).collect();
    let mut text = String::new();
    for (row, notes) in rows.iter().zip(notes) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            // Writing to a string cannot fail.
            let _ = write!(line, "{cell:width$}  ");
        }
        let _ = writeln!(text, "{}", line.trim_end());
        notes.iter().for_each(|note| text.push_str(&format!("    {note}\n")));
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::{KeptStatus, Outcome, PluginState};

    #[test]
    fn a_list_is_a_table_with_what_is_special_below() {
        let kept = |version: &str, rejected| KeptStatus {
            version: version.into(),
            since: "2026-01-01T00:00:00Z".into(),
            rejected,
        };
        let hall = PluginStatus {
            name: "hall".into(),
            state: PluginState::RolledBack,
            version: Some("0.1.0+a".into()),
            since: Some("2026-01-02T00:00:00Z".into()),
            file: "/srv/hall.wasm".into(),
            in_memory: 2,
            problem: Some("a kept version runs".into()),
            kept: vec![kept("0.2.0+b", true), kept("0.1.0+a", false)],
        };
        let broken = PluginStatus {
            name: "broken-one".into(),
            state: PluginState::NotRunning,
            version: None,
            since: None,
            file: "/srv/broken-one.wasm".into(),
            in_memory: 0,
            problem: None,
            kept: Vec::new(),
        };
        let expected = "\
NAME        VERSION  STATE        SINCE                 FILE
hall        0.1.0+a  rolled back  2026-01-02T00:00:00Z  /srv/hall.wasm
    a kept version runs
    calls of an earlier version still run
    kept: 0.2.0+b of 2026-01-01T00:00:00Z, left by a rollback
broken-one  -        not running  -                     /srv/broken-one.wasm";
        assert_eq!(statuses(&[hall, broken]), expected);
        assert_eq!(statuses(&[]), "no plugins");
    }

    #[test]
    fn changes_show_what_ran_and_what_runs() {
        let change = |name: &str, outcome, from: &str, to: &str, note: Option<&str>| PluginChange {
            name: name.into(),
            outcome,
            from: Some(from.into()),
            to: Some(to.into()),
            note: note.map(str::to_owned),
        };
        let done = [
            change("hall", Outcome::Replaced, "0.1.0+a", "0.2.0+b", None),
            change("other", Outcome::Unchanged, "1.0.0+c", "1.0.0+c", Some("a kept version runs")),
        ];
        let expected = "\
hall   replaced   0.1.0+a -> 0.2.0+b
other  unchanged  1.0.0+c
    a kept version runs";
        assert_eq!(changes(&done), expected);
    }

    #[test]
    fn names_are_escaped_in_the_path() {
        assert_eq!(path("reload", &[("name", None)]), "/meadhall/plugin/reload?");
        let named = path("rollback", &[("name", Some("a b&c".into())), ("to", Some("1a".into()))]);
        assert_eq!(named, "/meadhall/plugin/rollback?name=a+b%26c&to=1a");
    }
}
