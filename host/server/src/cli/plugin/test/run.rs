//! Runs a script: a server of its own on a free port, real clients, and a clock that only the script moves.
//!
//! A step does what it says and then lets the server come to rest: events are handled, what has become due has run, and
//! sockets have what was sent to them. So what is expected is looked at once, and nothing waits for luck.

mod actions;
mod checks;
mod clients;
mod events;
mod server;
mod socket;
mod stand_in;

use super::compare::{Scope, shown};
use super::lines::{Line, Lines};
use super::report::{Failure, Report, StepReport, Verdict};
use super::script::{Script, Step};
use crate::Server;
use clients::Clients;
use events::Watched;
use meadhall_core::clock::{ManualClock, Timestamp};
use serde_json::Value;
use stand_in::StandIn;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::timeout;

/// How long an answer may take: longer than any deadline of a plugin, unless its limits say otherwise.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the server may take to come to rest after a step.
const REST: Duration = Duration::from_secs(60);

/// What came of what was done.
#[derive(Clone, Debug)]
enum Came {
    /// An answer; null where there is none to give.
    Reply(Value),
    Error {
        code: i64,
        message: String,
    },
    /// The server closed the socket, with this reason.
    Closed(String),
    /// Nothing could be done: this is why.
    Nothing(String),
}

/// Where the pieces of a run come from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paths<'a> {
    /// The plugin.
    pub(super) component: &'a Path,
    pub(super) script: &'a Path,
    /// Where compiled code is kept from run to run; none keeps it for this run.
    pub(super) cache: Option<&'a Path>,
}

/// A script that runs.
struct Run<'a> {
    script: &'a Script,
    server: Server,
    clock: Arc<ManualClock>,
    now: Timestamp,
    clients: Clients,
    watched: Watched,
    lines: Lines,
    stand_in: Option<StandIn>,
    scope: Scope,
    /// By room, its channel's id.
    rooms: BTreeMap<String, String>,
    /// By user, how many of their sockets are closed.
    closed: BTreeMap<String, usize>,
    _data: TempDir,
}

/// Runs all steps of a script.
///
/// # Errors
/// When the server does not start: a sentence that says why.
pub(super) async fn run(script: &Script, paths: Paths<'_>, lines: Lines) -> anyhow::Result<Report> {
    let mut run = server::start(script, paths, lines).await?;
    let plugin = run.server.app().plugins.statuses().into_iter().next();
    let version = plugin.map(|plugin| format!("{} {}", plugin.name, plugin.version.unwrap_or_default()));
    let mut report = Report {
        plugin: version.unwrap_or_default(),
        script: paths.script.display().to_string(),
        start: run.lines.take(),
        steps: Vec::new(),
    };
    let mut stopped = false;
    for step in &script.steps {
        if stopped {
            report.steps.push(StepReport::of(step, Verdict::Skipped, Vec::new()));
            continue;
        }
        let (failures, lines) = run.step(step).await;
        let failed = !failures.is_empty();
        stopped = failed && (step.required || script.stop_at_failure);
        let verdict = if failed { Verdict::Failed(failures) } else { Verdict::Passed };
        report.steps.push(StepReport::of(step, verdict, lines));
    }
    report.steps.extend(run.end().await);
    run.server.stop().await;
    Ok(report)
}

impl Run<'_> {
    /// Runs a step: what was not as expected, and what was logged.
    async fn step(&mut self, step: &Step) -> (Vec<Failure>, Vec<Line>) {
        let came = self.act(step).await;
        let rested = self.rest().await;
        let lines = self.lines.take();
        let mut failures: Vec<_> = rested.err().into_iter().map(|problem| Failure::plain(step.line, problem)).collect();
        if let Some(stand_in) = &self.stand_in {
            failures.extend(stand_in.take_unanswered().into_iter().map(|problem| Failure::plain(step.line, problem)));
        }
        failures.extend(self.save(step, &came));
        failures.extend(self.check(step, &came, &lines).await);
        (failures, lines)
    }

    /// All sockets close. What is told of it is told when a handler fails.
    async fn end(&mut self) -> Option<StepReport> {
        for socket in self.clients.sockets.values_mut() {
            socket.close().await;
        }
        let rested = self.rest().await;
        let lines = self.lines.take();
        let mut failures: Vec<_> = rested.err().into_iter().map(|problem| Failure::plain(0, problem)).collect();
        failures
            .extend(lines.iter().filter(|line| line.is_failed_handler).map(|line| Failure::plain(0, line.to_string())));
        (!failures.is_empty()).then(|| StepReport {
            line: None,
            what: "the end: all sockets close".to_owned(),
            verdict: Verdict::Failed(failures),
            lines,
        })
    }

    /// Lets the server do all that is to be done.
    async fn rest(&mut self) -> Result<(), String> {
        if timeout(REST, self.at_rest()).await.is_ok() {
            return Ok(());
        }
        let events = self.server.app().core.events.unfinished();
        Err(format!("the server does not come to rest within {} s: {events} events are unfinished", REST.as_secs()))
    }

    async fn at_rest(&mut self) {
        let app = self.server.app().clone();
        loop {
            self.server.run_due().await;
            app.core.events.drained().await;
            for (user, socket) in &mut self.clients.sockets {
                socket.flush().await;
                if socket.closed.is_some() && !socket.is_over {
                    socket.is_over = true;
                    *self.closed.entry(user.clone()).or_default() += 1;
                }
            }
            for (user, count) in &self.closed {
                if let Some(login) = self.clients.logins.get(user) {
                    self.watched.ended(&login.user_id, *count).await;
                }
            }
            // What a handler did last may have been to close a socket, or to emit an event.
            if app.core.events.unfinished() == 0
                && self.clients.sockets.values().all(|it| it.closed.is_none() || it.is_over)
            {
                return;
            }
        }
    }

    /// Keeps the parts of a reply that a step gives names to.
    fn save(&mut self, step: &Step, came: &Came) -> Vec<Failure> {
        let Came::Reply(reply) = came else { return Vec::new() };
        let mut failures = Vec::new();
        for (name, path) in &step.save {
            match part(reply, path) {
                Some(Value::String(text)) => self.scope.set(name, text),
                Some(value) => self.scope.set(name, value.to_string()),
                None => {
                    let problem = format!("save {name}: the reply has no {path}, it is {}", shown(reply));
                    failures.push(Failure::plain(step.line, problem));
                }
            }
        }
        self.tell_scope();
        failures
    }

    /// Placeholders mean the same in what the stand-in answers.
    fn tell_scope(&self) {
        self.stand_in.iter().for_each(|stand_in| stand_in.know(&self.scope));
    }
}

/// A part of a value, by the names and numbers of its path; all of it where the path is empty. A text on the way is taken
/// as the JSON that it is.
fn part(value: &Value, path: &str) -> Option<Value> {
    let mut value = value.clone();
    for name in path.split('.').filter(|name| !name.is_empty()) {
        if let Some(text) = value.as_str() {
            value = serde_json::from_str(text).ok()?;
        }
        value = match &mut value {
            Value::Array(items) => items.get(name.parse::<usize>().ok()?)?.clone(),
            value => value.get(name)?.clone(),
        };
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_leads_through_lists_and_texts() {
        let value = json!({ "payload": r#"{"items":[{"id":7}]}"# });
        assert_eq!(part(&value, "payload.items.0.id"), Some(json!(7)));
        assert_eq!(part(&value, ""), Some(value.clone()));
        assert_eq!(part(&value, "payload.items.1.id"), None);
        assert_eq!(part(&value, "payload.items.first"), None);
    }
}
