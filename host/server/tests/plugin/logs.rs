//! What the server logs, for tests that read it.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Mutex, Once};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

static LINES: Mutex<BTreeMap<String, Vec<(Level, String)>>> = Mutex::new(BTreeMap::new());

/// Collects the lines of all plugins from now on. Calls of a plugin log on several threads, so this is for the whole
/// process; tests tell their lines apart by names of plugins.
pub(crate) fn collect() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let collector = tracing_subscriber::registry().with(Collector);
        tracing::subscriber::set_global_default(collector).expect("no test sets another");
    });
}

/// The lines of a plugin so far.
pub(crate) fn of(plugin: &str) -> Vec<String> {
    with_levels(plugin).into_iter().map(|(_, text)| text).collect()
}

/// The lines of a plugin so far, and how bad each is.
pub(crate) fn with_levels(plugin: &str) -> Vec<(Level, String)> {
    LINES.lock().unwrap().get(plugin).cloned().unwrap_or_default()
}

struct Collector;

impl<S: Subscriber> Layer<S> for Collector {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line::default();
        event.record(&mut line);
        LINES.lock().unwrap().entry(line.plugin).or_default().push((*event.metadata().level(), line.text));
    }
}

#[derive(Default)]
struct Line {
    plugin: String,
    text: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "plugin" => self.plugin = format!("{value:?}").trim_matches('"').to_owned(),
            "message" => self.text.insert_str(0, &format!("{value:?}")),
            name => self.text.push_str(&format!(" {name}={value:?}")),
        }
    }
}
