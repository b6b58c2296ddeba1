//! Figures about plugins, and figures of plugins.

use super::CallError;
use super::context::Kind;
use super::limits::{METRIC_NAME_BYTES, METRIC_SERIES, METRIC_TAGS};
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Level, Metadata, Recorder};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Where figures go.
pub type SharedRecorder = Arc<dyn Recorder + Send + Sync>;

const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

/// Says what each of the figures about plugins is.
pub(super) fn describe(recorder: &dyn Recorder) {
    for (name, text) in [
        ("meadhall_plugin_calls_total", "Calls of plugins"),
        (
            "meadhall_plugin_errors_total",
            "Calls that failed: by the plugin's own error, at a limit, for want of an instance",
        ),
        (
            "meadhall_plugin_cron_skipped_total",
            "Scheduled runs that were skipped, since the one before was still going on",
        ),
        ("meadhall_plugin_http_requests_total", "Requests of plugins to other servers, by what came of them"),
        (
            "meadhall_plugin_swaps_total",
            "Plugins that were loaded, replaced or unloaded while the server ran, or failed to be",
        ),
    ] {
        recorder.describe_counter(KeyName::from_const_str(name), None, text.into());
    }
    let seconds = KeyName::from_const_str("meadhall_plugin_call_seconds");
    recorder.describe_histogram(seconds, None, "How long calls of plugins took, in seconds".into());
}

/// The calls of one plugin: how many, how long, how many failed, by kind.
pub(super) struct CallMetrics {
    kinds: Vec<KindMetrics>,
    skipped: Counter,
}

struct KindMetrics {
    calls: Counter,
    seconds: Histogram,
    failed: Counter,
    broken: Counter,
    busy: Counter,
}

impl CallMetrics {
    pub(super) fn new(plugin: &Arc<str>, recorder: &dyn Recorder) -> Self {
        let skipped = Key::from_parts("meadhall_plugin_cron_skipped_total", vec![Label::new("plugin", plugin.clone())]);
        Self {
            kinds: Kind::ALL.iter().map(|&kind| KindMetrics::new(plugin, kind, recorder)).collect(),
            skipped: recorder.register_counter(&skipped, &METADATA),
        }
    }

    /// Counts a scheduled run that was skipped, since the one before it was still going on.
    pub(super) fn skipped(&self) {
        self.skipped.increment(1);
    }

    /// Counts one call.
    pub(super) fn record(&self, kind: Kind, duration: Duration, error: Option<&CallError>) {
        let metrics = &self.kinds[kind as usize];
        metrics.calls.increment(1);
        metrics.seconds.record(duration.as_secs_f64());
        match error {
            None | Some(CallError::NotFound) => {}
            Some(CallError::Failed { .. }) => metrics.failed.increment(1),
            Some(CallError::Broken(_)) => metrics.broken.increment(1),
            Some(CallError::Busy { .. }) => metrics.busy.increment(1),
        }
    }
}

impl KindMetrics {
    fn new(plugin: &Arc<str>, kind: Kind, recorder: &dyn Recorder) -> Self {
        let labels = || vec![Label::new("plugin", plugin.clone()), Label::new("kind", kind.label())];
        let errors = |reason| {
            let mut labels = labels();
            labels.push(Label::new("reason", reason));
            recorder.register_counter(&Key::from_parts("meadhall_plugin_errors_total", labels), &METADATA)
        };
        Self {
            calls: recorder.register_counter(&Key::from_parts("meadhall_plugin_calls_total", labels()), &METADATA),
            seconds: recorder.register_histogram(&Key::from_parts("meadhall_plugin_call_seconds", labels()), &METADATA),
            failed: errors("failed"),
            broken: errors("broken"),
            busy: errors("busy"),
        }
    }
}

/// Requests of a plugin to other servers, by what came of them.
pub(super) fn http_requests(plugin: &Arc<str>, outcome: &'static str, recorder: &dyn Recorder) -> Counter {
    let labels = vec![Label::new("plugin", plugin.clone()), Label::new("outcome", outcome)];
    recorder.register_counter(&Key::from_parts("meadhall_plugin_http_requests_total", labels), &METADATA)
}

/// The figures that one plugin defines: at most [`METRIC_SERIES`] of them, each with the label `plugin`.
pub(super) struct Series {
    plugin: Arc<str>,
    recorder: SharedRecorder,
    state: Mutex<SeriesState>,
}

#[derive(Default)]
struct SeriesState {
    known: HashMap<SeriesKey, Handle>,
    /// Whether the log was told that the limit is reached, or that a series was refused.
    told: bool,
}

#[derive(PartialEq, Eq, Hash)]
struct SeriesKey {
    name: String,
    tags: Vec<(String, String)>,
}

#[derive(Clone)]
enum Handle {
    Counter(Counter),
    Gauge(Gauge),
    Timer(Histogram),
}

/// What to do with a series.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    Add(u64),
    Set(f64),
    /// Milliseconds.
    Time(f64),
}

impl Series {
    pub(super) fn new(plugin: Arc<str>, recorder: SharedRecorder) -> Self {
        Self { plugin, recorder, state: Mutex::default() }
    }

    /// Changes a series, which comes to be when it is new. Dropped, and said once in the log, when the plugin has its
    /// 1,000 already, the name or tags are too long, or the name is in use for another kind of figure.
    pub(super) fn change(&self, name: String, tags: Vec<(String, String)>, change: Change) {
        let handle = self.handle(name, tags, change);
        match (handle, change) {
            (Ok(Handle::Counter(counter)), Change::Add(delta)) => counter.increment(delta),
            (Ok(Handle::Gauge(gauge)), Change::Set(value)) => gauge.set(value),
            (Ok(Handle::Timer(timer)), Change::Time(milliseconds)) => timer.record(milliseconds),
            (Ok(_), _) => self.tell("its name is in use for another kind of metric"),
            (Err(problem), _) => self.tell(problem),
        }
    }

    fn handle(&self, name: String, mut tags: Vec<(String, String)>, change: Change) -> Result<Handle, &'static str> {
        let too_long = |text: &String| text.len() > METRIC_NAME_BYTES;
        if name.is_empty() || too_long(&name) {
            return Err("its name must have 1 to 128 bytes");
        }
        if tags.len() > METRIC_TAGS || tags.iter().any(|(key, value)| too_long(key) || too_long(value)) {
            return Err("it may have 10 tags, each name and value of at most 128 bytes");
        }
        // The same tags in another order are the same series; the label of the plugin is ours.
        tags.retain(|(key, _)| key != "plugin");
        tags.sort();
        tags.dedup_by(|one, other| one.0 == other.0);
        let key = SeriesKey { name, tags };

        let mut state = self.state.lock();
        if let Some(handle) = state.known.get(&key) {
            return Ok(handle.clone());
        }
        if state.known.len() >= METRIC_SERIES {
            return Err("the plugin has 1000 metric series already");
        }
        let handle = self.register(&key, change);
        state.known.insert(key, handle.clone());
        Ok(handle)
    }

    /// Plugins' names get a prefix, so that none can pass for one of the server's own.
    fn register(&self, series: &SeriesKey, change: Change) -> Handle {
        let mut labels = vec![Label::new("plugin", self.plugin.clone())];
        labels.extend(series.tags.iter().map(|(key, value)| Label::new(key.clone(), value.clone())));
        let key = |suffix| Key::from_parts(format!("plugin_{}{suffix}", series.name), labels);
        match change {
            Change::Add(_) => Handle::Counter(self.recorder.register_counter(&key(""), &METADATA)),
            Change::Set(_) => Handle::Gauge(self.recorder.register_gauge(&key(""), &METADATA)),
            Change::Time(_) => Handle::Timer(self.recorder.register_histogram(&key("_ms"), &METADATA)),
        }
    }

    fn tell(&self, problem: &str) {
        if !std::mem::replace(&mut self.state.lock().told, true) {
            tracing::warn!(plugin = %self.plugin, "metric dropped: {problem}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrics::NoopRecorder;

    fn series() -> Series {
        Series::new("test".into(), Arc::new(NoopRecorder))
    }

    fn tag(key: &str, value: &str) -> (String, String) {
        (key.into(), value.into())
    }

    #[test]
    fn the_thousand_and_first_series_is_dropped() {
        let series = series();
        for n in 0..METRIC_SERIES + 5 {
            series.change(format!("m{n}"), vec![], Change::Add(1));
        }
        assert_eq!(series.state.lock().known.len(), METRIC_SERIES);
        assert!(series.state.lock().told);
        series.change("m1".into(), vec![], Change::Add(1));
        assert_eq!(series.state.lock().known.len(), METRIC_SERIES);
    }

    #[test]
    fn the_same_tags_are_the_same_series_in_any_order() {
        let series = series();
        series.change("m".into(), vec![tag("a", "1"), tag("b", "2")], Change::Add(1));
        series.change("m".into(), vec![tag("b", "2"), tag("a", "1"), tag("plugin", "other")], Change::Add(1));
        assert_eq!(series.state.lock().known.len(), 1);
    }

    #[test]
    fn a_name_keeps_its_kind_and_long_names_are_refused() {
        let series = series();
        series.change("m".into(), vec![], Change::Add(1));
        series.change("m".into(), vec![], Change::Set(1.0));
        assert!(series.state.lock().told);
        series.change("x".repeat(METRIC_NAME_BYTES + 1), vec![], Change::Add(1));
        series.change("y".into(), vec![tag("t", &"v".repeat(METRIC_NAME_BYTES + 1))], Change::Add(1));
        assert_eq!(series.state.lock().known.len(), 1);
    }
}
