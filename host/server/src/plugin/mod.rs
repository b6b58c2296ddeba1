//! Plugins: loading WebAssembly components and calling them.
//!
//! This file is the whole of what the rest of the server sees. Read on in the order of the modules: `load` turns files
//! into plugins, `pool` keeps their instances, `call` runs one call, `imports` is what a plugin can do meanwhile, `limits`
//! bounds it all, and `roster` replaces plugins while they are called.

mod bindings;
mod blocking;
mod call;
mod compile;
mod compiler;
mod context;
mod cron;
mod denial;
mod engine;
mod exports;
mod files;
mod folders;
mod grants;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
mod guest;
mod hooks;
mod http;
mod imports;
mod kept;
mod lasting;
mod limits;
mod load;
mod log;
mod metrics;
mod needs;
mod pace;
mod pool;
mod reload;
mod roster;
mod schedule;
mod slow_lane;
mod status;
mod table;
mod version;
mod wasi;
mod watch;

pub use context::CallContext;
pub(crate) use denial::denial_problem;
pub use hooks::{Before, HOOKS};
pub use limits::Limits;
pub use load::{Inspection, inspect};
pub use metrics::SharedRecorder;
pub(crate) use needs::configuration as needed_configuration;
pub use reload::Trigger;
pub use schedule::{Looks, Schedule};
pub use status::{KeptStatus, Outcome, PluginChange, PluginState, PluginStatus, SwapError};

use crate::config::PluginSection;
use arc_swap::ArcSwap;
use meadhall_core::Core;
use meadhall_core::events::{EventKind, QueuedEvent};
use reload::{Reloads, Task};
use roster::{Request, Roster};
use schedule::Timer;
use status::Published;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use table::Table;
use tokio::time::MissedTickBehavior;
use watch::{Attempt, Watching};

/// Which plugins to load, in order.
#[derive(Clone)]
pub struct PluginConfig {
    /// Files, or folders whose `*.wasm` files are taken by name.
    pub paths: Vec<PathBuf>,
    /// What the configuration says about plugins, by name (the file's stem).
    pub sections: BTreeMap<String, PluginSection>,
    /// The limits of a plugin whose section says nothing else.
    pub limits: Limits,
    /// Where compiled code is cached; none turns the cache off.
    pub cache_dir: Option<PathBuf>,
    /// Where figures about plugins, and those that plugins define, go.
    pub recorder: SharedRecorder,
    /// How long a token of a client lives: for so long those of an account that a plugin deletes are refused.
    pub token_lifetime: Duration,
    /// Where the last versions of each plugin are kept to go back to; none keeps none.
    pub versions_dir: Option<PathBuf>,
    /// Reads paths and sections again, for a reload; without it they stay as they are here.
    pub read_again: Option<ReadAgain>,
}

/// What the configuration says of plugins, and may say otherwise when it is read again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PluginSet {
    /// As in [`PluginConfig`].
    pub paths: Vec<PathBuf>,
    /// As in [`PluginConfig`].
    pub sections: BTreeMap<String, PluginSection>,
}

/// Reads the configuration again. It blocks; its error is for the operator.
pub type ReadAgain = Arc<dyn Fn() -> anyhow::Result<PluginSet> + Send + Sync>;

impl fmt::Debug for PluginConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PluginConfig")
            .field("paths", &self.paths)
            .field("limits", &self.limits)
            .field("cache_dir", &self.cache_dir)
            .finish_non_exhaustive()
    }
}

/// Why a call failed; for the caller of the plugin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// No plugin registered this RPC.
    #[error("RPC function not found")]
    NotFound,
    /// The function itself returned an error. `code` is as the plugin gave it (any number).
    #[error("{message}")]
    Failed { code: u32, message: String },
    /// It trapped, ran out of memory, ran past its deadline or broke another limit; the text names plugin, version and limit.
    #[error("{0}")]
    Broken(String),
    /// All instances were busy for as long as a call may wait. `plugin` is name and version.
    #[error("plugin {plugin} is busy: no instance was free within {waited_ms} ms")]
    Busy { plugin: String, waited_ms: u64 },
}

/// All loaded plugins. Which they are may change while they are called: a call keeps to the version that it began with.
pub struct Plugins {
    table: Arc<ArcSwap<Table>>,
    published: Arc<ArcSwap<Published>>,
    reloads: Reloads,
}

impl Plugins {
    /// Loads, checks and starts all plugins.
    ///
    /// # Errors
    /// One sentence that names the plugin (or both, where two claim one RPC id) and what is wrong.
    pub async fn load(config: PluginConfig, core: Arc<Core>) -> anyhow::Result<Arc<Self>> {
        let (table, recorder) = (Arc::<ArcSwap<Table>>::default(), config.recorder.clone());
        let roster = Roster::start(config, core, table.clone()).await?;
        let published = Arc::new(ArcSwap::from_pointee(roster.publish()));
        let reloads = Reloads::start(roster, published.clone(), recorder);
        Ok(Arc::new(Self { table, published, reloads }))
    }

    /// All plugins with their versions, in order.
    pub fn statuses(&self) -> Vec<PluginStatus> {
        self.published.load().statuses()
    }

    /// The versions of all plugins as lines of Prometheus text.
    pub fn version_figures(&self) -> String {
        self.published.load().to_string()
    }

    /// Brings plugins, or the one of this name, in line with the configuration and their files: what changed is loaded and
    /// started beside what runs, and then takes over. Of each plugin that cannot take over, what runs goes on.
    ///
    /// # Errors
    /// When nothing was changed at all.
    pub async fn reload(&self, only: Option<&str>, trigger: Trigger) -> Result<Vec<PluginChange>, SwapError> {
        let request = Request::Explicit(only.map(str::to_owned));
        Ok(self.reloads.ask(Task::Reload(request), trigger).await?.changes)
    }

    /// Goes back to the version of a plugin before the one that runs, or to another one that is kept: `to` is its hash or
    /// the beginning of it. It stays for as long as the plugin's file does not change.
    ///
    /// # Errors
    /// When there is no such version, or it cannot take over. Then what runs goes on.
    pub async fn roll_back(&self, name: &str, to: Option<&str>) -> Result<Vec<PluginChange>, SwapError> {
        let task = Task::RollBack { name: name.to_owned(), to: to.map(str::to_owned) };
        let changes = self.reloads.ask(task, Trigger::Operator).await?.changes;
        match changes.iter().find(|change| change.outcome == Outcome::Failed) {
            Some(failed) => Err(SwapError::Refused(failed.note.clone().unwrap_or_default())),
            None => Ok(changes),
        }
    }

    /// Watches the files of plugins, and reloads those that change.
    pub async fn watch(self: Arc<Self>) {
        let mut watching = Watching::default();
        let mut looks = tokio::time::interval(watch::LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            let published = self.published.load_full();
            let Ok(files) = tokio::task::spawn_blocking(move || watch::look(&published.paths)).await else { return };
            let Some(attempt) = watching.look(files) else { continue };
            let request = Request::Watched { whole: attempt == Attempt::Whole };
            match self.reloads.ask(Task::Reload(request), Trigger::Watch).await {
                Ok(report) if report.is_incomplete => watching.left_some(),
                Err(SwapError::Stopping) => return,
                // The log has it.
                Ok(_) | Err(_) => {}
            }
        }
    }

    /// The plugins' names, in order.
    pub fn names(&self) -> Vec<Arc<str>> {
        self.table.load().names.clone()
    }

    /// Whether an RPC of this (lower-case) id exists.
    pub fn has_rpc(&self, id: &str) -> bool {
        self.table.load().rpcs.contains_key(id)
    }

    /// Calls an RPC by its lower-case id.
    ///
    /// # Errors
    /// When there is no such RPC, when it fails or breaks a limit, and when its plugin is busy.
    pub async fn rpc(&self, id: &str, payload: String, context: CallContext) -> Result<String, CallError> {
        let (id, plugin) = self.table.load().rpc(id).ok_or(CallError::NotFound)?;
        plugin.call(exports::Rpc { id, payload }, context).await
    }

    /// Whether any plugin wants to run before a message (`UpdateAccount`). Cheap: asked for every message.
    pub fn wants_before(&self, name: &str) -> bool {
        self.table.load().before.contains(name)
    }

    /// Runs the before-hooks of a message, in plugin order; `request` is its public JSON.
    ///
    /// # Errors
    /// What the first failing hook says.
    pub async fn before(&self, name: &str, request: String, context: CallContext) -> Result<Before, CallError> {
        let chain = self.table.load().before.of(name);
        match chain {
            Some(chain) => chain.before(request, context).await,
            None => Ok(Before::Keep),
        }
    }

    /// Whether any plugin wants to run after a message.
    pub fn wants_after(&self, name: &str) -> bool {
        self.table.load().after.contains(name)
    }

    /// Runs the after-hooks of a message; errors are logged.
    pub async fn after(&self, name: &str, request: &str, reply: &str, context: CallContext) {
        let chain = self.table.load().after.of(name);
        if let Some(chain) = chain {
            chain.after(request, reply, context).await;
        }
    }

    /// What is to run at times, as the plugins are now.
    fn timers(&self) -> Vec<Timer> {
        self.table.load().cron.clone()
    }

    /// Whether any plugin handles events of a kind.
    pub fn wants_event(&self, kind: EventKind) -> bool {
        !self.table.load().events.of(kind).0.is_empty()
    }

    /// Runs the handlers of one event, in plugin order; errors are logged.
    pub async fn event(&self, event: QueuedEvent) {
        let (handlers, name) = {
            let table = self.table.load();
            let (handlers, name) = table.events.of(event.kind);
            (handlers.clone(), name)
        };
        if handlers.is_empty() {
            return;
        }
        let name: Arc<str> = name.into();
        let payload = Arc::new(imports::event::lower(event.event));
        for plugin in &*handlers {
            let context = CallContext { caller: event.caller.clone(), ..CallContext::default() };
            let handle = exports::Handle { kind: event.kind, name: name.clone(), event: payload.clone() };
            if let Err(error) = plugin.call(handle, context).await {
                let version = plugin.version().build();
                tracing::warn!(plugin = %plugin.name(), %version, event = %payload.name, %error, "event handler failed");
            }
        }
    }
}

impl fmt::Debug for Plugins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.table.load();
        f.debug_struct("Plugins").field("names", &table.names).field("rpcs", &table.rpcs.keys()).finish_non_exhaustive()
    }
}
