//! A running server: started from a configuration, stopped gracefully.

use crate::app::App;
use crate::config::{Config, KeySource, Rereading, Sources, fill_keys};
use crate::metrics::Metrics;
use crate::net::file_limit;
use crate::net::handshake::Sockets;
use crate::net::listener::{self, HttpServer};
use crate::net::routes;
use crate::net::tokens::Tokens;
use crate::plugin::{Limits, Looks, PluginConfig, PluginSet, Plugins, ReadAgain, Schedule, SharedRecorder};
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use meadhall_core::clock::Environment;
use meadhall_core::events::QueuedEvent;
use meadhall_core::outbox::OutboxLimits;
use meadhall_core::password::LoginLimits;
use meadhall_core::session::CloseReason;
use meadhall_core::store::StoreConfig;
use meadhall_core::{Config as CoreConfig, Core};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

/// How often histograms are folded.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// A running server.
#[derive(Debug)]
pub struct Server {
    app: Arc<App>,
    keys: KeySource,
    addr: SocketAddr,
    metrics_addr: Option<SocketAddr>,
    /// No connection is accepted any more.
    accepting: CancellationToken,
    /// HTTP connections end after the request that they are at.
    closing: CancellationToken,
    /// Everything that runs until the server stops, but sockets and HTTP connections.
    background: JoinSet<()>,
    sockets: TaskTracker,
    connections: Vec<TaskTracker>,
    workers: JoinSet<()>,
    /// What plugins run at times.
    scheduled: TaskTracker,
    looks: Looks,
}

/// What a server runs in.
pub(crate) struct Surroundings {
    /// Time and randomness.
    pub(crate) environment: Environment,
    /// What the configuration was loaded from, and is read from again at a reload of plugins.
    pub(crate) rereading: Option<Rereading>,
    /// Is shown every event before its handlers run.
    pub(crate) watcher: Option<EventWatcher>,
}

/// Who watches events. It must not block.
pub(crate) type EventWatcher = Arc<dyn Fn(&QueuedEvent) + Send + Sync>;

impl Default for Surroundings {
    fn default() -> Self {
        Self { environment: Environment::system(), rereading: None, watcher: None }
    }
}

/// How a stop went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopOutcome {
    /// Everything was drained and is on disk.
    Clean,
    /// The grace period ended first; what was left is in the log.
    GraceExceeded,
}

impl Server {
    /// Opens the data folder, loads the plugins, binds the listeners and serves. Port 0 takes a free port. Keys that are
    /// not configured are taken from the data folder, or made.
    ///
    /// # Errors
    /// One sentence that names what is wrong.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        Self::start_in(config, Surroundings::default()).await
    }

    /// As [`Self::start`]; `sources` are what the configuration was loaded from, and what is read again at a reload of
    /// plugins.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_from(config: Config, sources: Sources) -> anyhow::Result<Self> {
        let rereading = Some(Rereading::new(sources, config.clone()));
        Self::start_in(config, Surroundings { rereading, ..Surroundings::default() }).await
    }

    /// As [`Self::start`], in given surroundings.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub(crate) async fn start_in(mut config: Config, surroundings: Surroundings) -> anyhow::Result<Self> {
        let Surroundings { environment, rereading, watcher } = surroundings;
        // Bound first: whoever starts a second server learns it at once. Nobody is answered before all is ready.
        let listener = listener::bind("server.listen", config.server.listen).await?;
        let metrics_listener = match config.metrics.listen {
            Some(address) => Some(listener::bind("metrics.listen", address).await?),
            None => None,
        };
        let keys = fill_keys(&mut config)?;
        file_limit::raise(config.server.max_connections);
        let app = assemble(config, environment, rereading).await?;
        let schedule = Schedule::new(app.plugins.clone(), app.core.env.clone());
        let mut server = Self {
            keys,
            addr: listener.local_addr()?,
            metrics_addr: metrics_listener.as_ref().map(TcpListener::local_addr).transpose()?,
            accepting: CancellationToken::new(),
            closing: CancellationToken::new(),
            background: JoinSet::new(),
            sockets: TaskTracker::new(),
            connections: Vec::new(),
            workers: event_workers(&app, watcher.as_ref()),
            scheduled: schedule.runs(),
            looks: schedule.looks(),
            app,
        };
        let sockets = Sockets { app: server.app.clone(), tasks: server.sockets.clone() };
        server.serve(listener, routes::router(sockets));
        if let Some(listener) = metrics_listener {
            server.serve(listener, metrics_router(server.app.clone()));
        }
        server.background.spawn(upkeep(server.app.metrics.clone()));
        server.background.spawn(schedule.follow(server.accepting.clone()));
        if server.app.config.runtime.watch {
            server.background.spawn(server.app.plugins.clone().watch());
        }
        tell_unused_sections(&server.app);
        info!(address = %server.addr, node = %server.app.config.server.name, "serving");
        Ok(server)
    }

    /// Where clients connect.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where `/metrics` is, when it is on.
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.metrics_addr
    }

    /// Where the keys that were not configured came from.
    pub fn keys(&self) -> &KeySource {
        &self.keys
    }

    /// What the server is made of; for tests and tools in this process.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Looks at the clock at once, and waits until all that has become due has run.
    pub(crate) async fn run_due(&self) {
        self.looks.now().await;
        self.scheduled.wait().await;
    }

    /// Stops: accepts nothing more, closes sockets with `server shutting down`, lets scheduled runs end, handles the queued
    /// events, flushes.
    pub async fn stop(mut self) -> StopOutcome {
        let deadline = Instant::now() + Duration::from_millis(self.app.config.server.shutdown_grace_ms);
        self.app.stopping.store(true, Ordering::SeqCst);
        self.accepting.cancel();
        let sockets_left = self.close_sockets(deadline).await;
        // Before the queue of events closes: they may emit some.
        let runs_left =
            if timeout_at(deadline, self.scheduled.wait()).await.is_ok() { 0 } else { self.scheduled.len() };
        self.app.core.events.close();
        // What is left of them is counted by core's own stop.
        let _ = timeout_at(deadline, self.app.core.events.drained()).await;
        // Not before: until here a load balancer can ask how it stands. Not after: a request may need the store.
        let requests_left = self.close_connections(deadline).await;
        let report = self.app.core.stop(deadline.saturating_duration_since(Instant::now())).await;
        self.workers.shutdown().await;
        self.background.shutdown().await;
        if sockets_left + runs_left + report.events_left + requests_left == 0 {
            info!("stopped");
            return StopOutcome::Clean;
        }
        warn!(
            sockets = sockets_left,
            scheduled = runs_left,
            events = report.events_left,
            requests = requests_left,
            "the grace period ended before everything was done; this was left"
        );
        StopOutcome::GraceExceeded
    }

    fn serve(&mut self, listener: TcpListener, router: Router) {
        let http = HttpServer::new(&self.app.config.server, router, self.closing.clone());
        self.connections.push(http.tasks.clone());
        self.background.spawn(Arc::new(http).accept(listener, self.accepting.clone()));
    }

    /// Closes all sockets; how many did not get to their end.
    async fn close_sockets(&self, deadline: Instant) -> usize {
        for session in self.app.core.sessions.all() {
            session.close(CloseReason::ShuttingDown);
        }
        self.sockets.close();
        match timeout_at(deadline, self.sockets.wait()).await {
            Ok(()) => 0,
            Err(_) => self.sockets.len(),
        }
    }

    /// Lets each HTTP connection finish the request it is at; how many did not.
    async fn close_connections(&self, deadline: Instant) -> usize {
        self.closing.cancel();
        let mut left = 0;
        for tasks in &self.connections {
            tasks.close();
            if timeout_at(deadline, tasks.wait()).await.is_err() {
                left += tasks.len();
            }
        }
        left
    }
}

/// Tells of sections that configure no plugin: a name may be misspelled.
fn tell_unused_sections(app: &App) {
    let plugins = app.plugins.statuses();
    for name in app.config.plugin.keys().filter(|name| !plugins.iter().any(|plugin| plugin.name == **name)) {
        warn!(section = format!("[plugin.{name}]"), "a section of the configuration is for no plugin that is there");
    }
}

/// Everything behind the listeners.
async fn assemble(config: Config, env: Environment, rereading: Option<Rereading>) -> anyhow::Result<Arc<App>> {
    let metrics = Metrics::new();
    let core_config = core_config(&config);
    // Opening reads the disk, and after a crash copies the database.
    let core = tokio::task::spawn_blocking(|| Core::open(core_config, env)).await??;
    let plugin_config = plugin_config(&config, metrics.recorder(), rereading);
    let plugins = Plugins::load(plugin_config, core.clone()).await?;
    let tokens = Tokens::new(&config.session);
    Ok(Arc::new(App { config, core, plugins, tokens, metrics, stopping: AtomicBool::new(false) }))
}

fn core_config(config: &Config) -> CoreConfig {
    CoreConfig {
        node: config.server.name.clone(),
        data_dir: config.server.data_dir.clone(),
        store: store_config(config),
        outbox: OutboxLimits {
            messages: config.socket.outgoing_queue_size,
            bytes: config.socket.outgoing_queue_bytes,
            write_wait: Duration::from_millis(config.socket.write_wait_ms),
        },
        event_queue_size: config.runtime.event_queue_size,
        event_queue_workers: config.runtime.event_queue_workers,
        single_socket: config.session.single_socket,
        password_hashes_at_once: config.login.password_hashes_at_once,
        password_hashes_waiting: config.login.password_hashes_waiting,
        login_limits: LoginLimits {
            failures_per_account: config.login.failures_per_account,
            failures_per_address: config.login.failures_per_address,
            failure_window: Duration::from_secs(config.login.failure_window_sec),
        },
    }
}

/// How the store of a configuration works; for those who open it without a server, too.
pub(crate) fn store_config(config: &Config) -> StoreConfig {
    StoreConfig { sync_interval_ms: config.storage.sync_interval_ms, cache_capacity: config.storage.cache_bytes }
}

fn plugin_config(config: &Config, recorder: SharedRecorder, rereading: Option<Rereading>) -> PluginConfig {
    PluginConfig {
        paths: config.runtime.plugins.clone(),
        sections: config.plugin.clone(),
        limits: Limits::from(&config.runtime),
        cache_dir: Some(plugin_cache_dir(config)),
        recorder,
        token_lifetime: Duration::from_secs(
            config.session.token_expiry_sec.max(config.session.refresh_token_expiry_sec),
        ),
        versions_dir: Some(config.server.data_dir.join("plugin-versions")),
        read_again: rereading.map(|rereading| Arc::new(move || read_again(&rereading)) as ReadAgain),
    }
}

/// What the configuration says of plugins now. What else changed in it is told, and not taken.
fn read_again(rereading: &Rereading) -> anyhow::Result<PluginSet> {
    let config = rereading.read()?;
    let later = rereading.needs_restart(&config);
    if !later.is_empty() {
        warn!(settings = later.join(", "), "these settings changed and need a restart");
    }
    Ok(PluginSet { paths: config.runtime.plugins, sections: config.plugin })
}

fn plugin_cache_dir(config: &Config) -> PathBuf {
    let configured = &config.runtime.plugin_cache_dir;
    if configured.as_os_str().is_empty() { config.server.data_dir.join("plugin-cache") } else { configured.clone() }
}

/// The workers that hand events to the plugins' handlers. They end when the queue is closed and empty.
fn event_workers(app: &Arc<App>, watcher: Option<&EventWatcher>) -> JoinSet<()> {
    let mut workers = JoinSet::new();
    for worker in 0..app.core.events.workers() {
        let (app, watcher) = (app.clone(), watcher.cloned());
        workers.spawn(async move {
            while let Some(event) = app.core.events.next(worker).await {
                watcher.iter().for_each(|watcher| watcher(&event));
                app.plugins.event(event).await;
            }
        });
    }
    workers
}

fn metrics_router(app: Arc<App>) -> Router {
    Router::new().route("/metrics", get(render_metrics)).with_state(app)
}

async fn render_metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    let page = app.metrics.render(&app.core) + &app.plugins.version_figures();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], page)
}

async fn upkeep(metrics: Metrics) {
    let mut interval = interval(METRICS_UPKEEP);
    loop {
        interval.tick().await;
        metrics.upkeep();
    }
}
