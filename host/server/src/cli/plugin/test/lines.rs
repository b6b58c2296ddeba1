//! The lines of the log, kept while a script runs: what the plugin logs, and what the server says of it.

use parking_lot::Mutex;
use std::fmt::{self, Write as _};
use std::sync::Arc;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// Where a plugin's own lines come from.
const PLUGIN: &str = "meadhall::plugin";

/// Where a trap is told with the plugin's own stack.
const TRAPS: &str = "meadhall::plugin::call";

/// More lines than anybody reads of one step; those beyond are counted.
const LINES_MAX: usize = 1000;

/// One line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    level: Level,
    text: String,
    /// A handler failed that nobody waited for: its error reaches the log alone.
    pub(super) is_failed_handler: bool,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.level.as_str().to_lowercase(), self.text)
    }
}

/// The lines since they were last taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines(Arc<Mutex<Vec<Line>>>);

impl Lines {
    /// Keeps the log of this process from now on.
    ///
    /// # Errors
    /// When the process logs already.
    pub(super) fn keep() -> anyhow::Result<Self> {
        let lines = Self::default();
        // The server's own lines only: what libraries say at these levels is very much.
        let filter = Targets::new().with_default(Level::WARN).with_target("meadhall", Level::TRACE);
        let keeping = Keeping(lines.clone()).with_filter(filter);
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(keeping))?;
        Ok(lines)
    }

    /// Takes all lines.
    pub(super) fn take(&self) -> Vec<Line> {
        std::mem::take(&mut self.0.lock())
    }

    fn add(&self, line: Line) {
        let mut lines = self.0.lock();
        match lines.len() {
            LINES_MAX => {
                let text = "further lines of this step are not kept".to_owned();
                lines.push(Line { level: Level::WARN, text, is_failed_handler: false });
            }
            count if count < LINES_MAX => lines.push(line),
            _ => {}
        }
    }
}

struct Keeping(Lines);

impl<S: Subscriber> Layer<S> for Keeping {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let (level, target) = (*event.metadata().level(), event.metadata().target());
        // The plugin says what it likes; the server only what went wrong.
        if target != PLUGIN && target != TRAPS && level > Level::WARN {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let Fields { message, mut others, error } = fields;
        if let Some(error) = &error {
            let _ = write!(others, ": {error}");
        }
        self.0.add(Line {
            level,
            is_failed_handler: error.is_some() && target.starts_with(PLUGIN) && FAILED.contains(&&*message),
            text: message + &others,
        });
    }
}

/// What the server says of handlers that failed.
const FAILED: [&str; 3] = ["event handler failed", "after-hook failed", "a scheduled run failed"];

/// The fields of an event as a line shows them.
#[derive(Default)]
struct Fields {
    message: String,
    others: String,
    error: Option<String>,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            "error" => {
                self.error = Some(format!("{value:?}"));
                Ok(())
            }
            // Known anyhow, or another in each run.
            "plugin" | "version" | "session" | "user" => Ok(()),
            name => write!(self.others, ", {name} {value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}
