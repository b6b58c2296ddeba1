//! The server's figures, in Prometheus text on a listener of their own.
//!
//! The recorder belongs to one server and is not the process's, so that two servers in one process (tests) do not count
//! for each other. What is counted often has its handle in [`Metrics`], where counting is one atomic addition.

use meadhall_core::Core;
use metrics::{Counter, Gauge, Key, KeyName, Label, Metadata, Recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;

/// Upper bounds of the classes that latencies are counted in, in seconds: from a warm plugin call to a deadline.
const LATENCY_BUCKETS: [f64; 14] =
    [5e-6, 2e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 0.1, 0.5, 1.0, 5.0];

const METADATA: Metadata<'static> = Metadata::new(module_path!(), metrics::Level::INFO, None);

/// Handles to every series; cloning and counting are cheap.
#[derive(Clone)]
pub struct Metrics {
    recorder: Arc<PrometheusRecorder>,
    handle: PrometheusHandle,
    /// Messages from sockets.
    pub messages_in: Counter,
    /// Messages to sockets: answers and pushes.
    pub messages_out: Counter,
    /// Sessions closed because their client did not read.
    pub slow_consumers: Counter,
    /// By route and status. A request reads; only the first of its kind writes.
    requests: Arc<RwLock<HashMap<(&'static str, u16), Counter>>>,
    readings: Readings,
}

/// What is asked of core when somebody looks.
#[derive(Clone)]
struct Readings {
    sessions: Gauge,
    presences: Gauge,
    streams: Gauge,
    events_queued: Gauge,
    events_refused: Counter,
    store_waiting: Gauge,
    store_writes: Counter,
    store_commits: Counter,
    store_commit_nanoseconds: Counter,
}

impl Metrics {
    /// A recorder with all series at zero.
    pub fn new() -> Self {
        let builder = PrometheusBuilder::new().set_buckets(&LATENCY_BUCKETS).expect("there are buckets");
        let recorder = Arc::new(builder.build_recorder());
        let readings = Readings {
            sessions: gauge(&*recorder, "meadhall_sessions", "Connected sockets"),
            presences: gauge(&*recorder, "meadhall_presences", "Presences in streams"),
            streams: gauge(&*recorder, "meadhall_streams", "Streams with a presence"),
            events_queued: gauge(&*recorder, "meadhall_events_queued", "Events that wait for a worker"),
            events_refused: counter(&*recorder, "meadhall_events_refused_total", "Events refused, the queue was full"),
            store_waiting: gauge(&*recorder, "meadhall_store_writes_waiting", "Writes that wait for a commit"),
            store_writes: counter(&*recorder, "meadhall_store_writes_total", "Writes that were committed"),
            store_commits: counter(&*recorder, "meadhall_store_commits_total", "Commits, of one or more writes"),
            store_commit_nanoseconds: counter(
                &*recorder,
                "meadhall_store_commit_nanoseconds_total",
                "How long all commits together took",
            ),
        };
        Self {
            messages_in: counter(&*recorder, "meadhall_messages_received_total", "Messages from sockets"),
            messages_out: counter(&*recorder, "meadhall_messages_sent_total", "Messages to sockets"),
            slow_consumers: counter(
                &*recorder,
                "meadhall_slow_consumers_closed_total",
                "Sessions closed because their client did not read",
            ),
            requests: Arc::default(),
            readings,
            handle: recorder.handle(),
            recorder,
        }
    }

    /// Where others register series of their own.
    pub fn recorder(&self) -> Arc<dyn Recorder + Send + Sync> {
        self.recorder.clone()
    }

    /// Counts an answered REST request. `route` is the message's name, or `unknown`: never what a client made up.
    pub fn request(&self, route: &'static str, status: u16) {
        if let Some(counter) = self.requests.read().get(&(route, status)) {
            return counter.increment(1);
        }
        let counter = self
            .requests
            .write()
            .entry((route, status))
            .or_insert_with(|| {
                let name = "meadhall_requests_total";
                self.recorder.describe_counter(KeyName::from_const_str(name), None, "Answered REST requests".into());
                let labels = vec![Label::from_static_parts("route", route), Label::new("status", status.to_string())];
                self.recorder.register_counter(&Key::from_parts(name, labels), &METADATA)
            })
            .clone();
        counter.increment(1);
    }

    /// All figures as Prometheus text.
    pub fn render(&self, core: &Core) -> String {
        let (presences, streams) = core.tracker.totals();
        self.readings.sessions.set(core.sessions.len() as f64);
        self.readings.presences.set(presences as f64);
        self.readings.streams.set(streams as f64);
        self.readings.events_queued.set(core.events.len() as f64);
        self.readings.events_refused.absolute(core.events.refused());
        let store = core.store.statistics();
        self.readings.store_waiting.set(store.waiting as f64);
        self.readings.store_writes.absolute(store.writes);
        self.readings.store_commits.absolute(store.commits);
        self.readings.store_commit_nanoseconds.absolute(store.commit_nanos);
        self.handle.render()
    }

    /// Folds what histograms gathered, which would grow without end otherwise. To be called every few seconds.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

fn counter(recorder: &impl Recorder, name: &'static str, description: &'static str) -> Counter {
    recorder.describe_counter(KeyName::from_const_str(name), None, description.into());
    recorder.register_counter(&Key::from_static_name(name), &METADATA)
}

fn gauge(recorder: &impl Recorder, name: &'static str, description: &'static str) -> Gauge {
    recorder.describe_gauge(KeyName::from_const_str(name), None, description.into());
    recorder.register_gauge(&Key::from_static_name(name), &METADATA)
}
