//! The one task that replaces plugins: whoever wants a reload asks it, and one is done at a time.

use super::roster::{Report, Request, Roster};
use super::status::{Outcome, PluginChange, Published};
use super::{SharedRecorder, SwapError};
use arc_swap::ArcSwap;
use metrics::{Key, Label, Level, Metadata};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

/// Reloads that may wait; one more is refused.
const WAITING: usize = 8;

const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

/// Who set off a reload, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// SIGHUP.
    Signal,
    /// A call with the operator's token.
    Operator,
    /// A file that changed.
    Watch,
}

impl Trigger {
    fn label(self) -> &'static str {
        match self {
            Self::Signal => "SIGHUP",
            Self::Operator => "operator",
            Self::Watch => "watch",
        }
    }
}

struct Job {
    task: Task,
    trigger: Trigger,
    done: oneshot::Sender<Result<Report, SwapError>>,
}

pub(super) enum Task {
    Reload(Request),
    RollBack { name: String, to: Option<String> },
}

/// The way to the task. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Reloads {
    jobs: mpsc::Sender<Job>,
    task: AbortHandle,
}

impl Reloads {
    /// Starts the task. What it does shows in `published`.
    pub(super) fn start(roster: Roster, published: Arc<ArcSwap<Published>>, recorder: SharedRecorder) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let task = tokio::spawn(work(roster, waiting, published, recorder)).abort_handle();
        Self { jobs, task }
    }

    /// Has something done. It goes on to its end when nobody waits for it any more.
    pub(super) async fn ask(&self, task: Task, trigger: Trigger) -> Result<Report, SwapError> {
        let (done, report) = oneshot::channel();
        self.jobs.try_send(Job { task, trigger, done }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => SwapError::Busy,
            mpsc::error::TrySendError::Closed(_) => SwapError::Stopping,
        })?;
        report.await.unwrap_or(Err(SwapError::Stopping))
    }
}

impl Drop for Reloads {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn work(
    mut roster: Roster,
    mut jobs: mpsc::Receiver<Job>,
    published: Arc<ArcSwap<Published>>,
    recorder: SharedRecorder,
) {
    while let Some(Job { task, trigger, done }) = jobs.recv().await {
        let (result, refusal) = match task {
            Task::Reload(request) => (roster.reload(&request).await, "nothing was reloaded"),
            Task::RollBack { name, to } => (roster.roll_back(&name, to.as_deref()).await, "nothing was rolled back"),
        };
        published.store(Arc::new(roster.publish()));
        match &result {
            Ok(report) => report.changes.iter().for_each(|change| {
                tell(change, trigger);
                count(change, &recorder);
            }),
            Err(error) => tracing::error!(trigger = trigger.label(), "{refusal}: {error}"),
        }
        // Nobody may wait any more.
        let _ = done.send(result);
    }
}

fn tell(change: &PluginChange, trigger: Trigger) {
    let PluginChange { name: plugin, outcome, from, to, note } = change;
    let shown = |version: &Option<String>| version.clone().unwrap_or_else(|| "none".to_owned());
    let (from, to, trigger) = (shown(from), shown(to), trigger.label());
    let note = note.as_deref().unwrap_or_default();
    match outcome {
        Outcome::Unchanged if note.is_empty() => tracing::debug!(plugin, version = to, trigger, "plugin unchanged"),
        Outcome::Unchanged => tracing::info!(plugin, version = to, trigger, "plugin unchanged: {note}"),
        Outcome::Failed if change.to.is_none() => tracing::error!(plugin, trigger, "plugin not loaded: {note}"),
        Outcome::Failed => {
            tracing::error!(plugin, version = to, trigger, "plugin not replaced, what ran goes on: {note}")
        }
        Outcome::Loaded | Outcome::Replaced | Outcome::Unloaded if note.is_empty() => {
            tracing::info!(plugin, from, to, trigger, "plugin {}", outcome.label());
        }
        Outcome::Loaded | Outcome::Replaced | Outcome::Unloaded => {
            tracing::info!(plugin, from, to, trigger, "plugin {}: {note}", outcome.label());
        }
    }
}

fn count(change: &PluginChange, recorder: &SharedRecorder) {
    if change.outcome == Outcome::Unchanged {
        return;
    }
    let labels = vec![Label::new("plugin", change.name.clone()), Label::new("outcome", change.outcome.label())];
    recorder.register_counter(&Key::from_parts("meadhall_plugin_swaps_total", labels), &METADATA).increment(1);
}
