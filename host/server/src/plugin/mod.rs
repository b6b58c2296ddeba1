//! Plugins: loading WebAssembly components and calling them.
//!
//! This file is the whole of what the rest of the server sees. Read on in the order of the modules: `load` turns files
//! into plugins, `pool` keeps their instances, `call` runs one call, `imports` is what a plugin can do meanwhile, and
//! `limits` bounds it all.

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
mod lasting;
mod limits;
mod load;
mod log;
mod metrics;
mod needs;
mod pace;
mod pool;
mod schedule;
mod slow_lane;
mod table;
mod version;
mod wasi;

pub use context::CallContext;
pub(crate) use denial::denial_problem;
pub use hooks::{Before, HOOKS};
pub use limits::Limits;
pub use load::{Inspection, inspect};
pub use metrics::SharedRecorder;
pub(crate) use needs::configuration as needed_configuration;
pub use schedule::Schedule;

use crate::config::PluginSection;
use arc_swap::ArcSwap;
use meadhall_core::Core;
use meadhall_core::events::{EventKind, QueuedEvent};
use schedule::Timer;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use table::Table;

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
}

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
#[derive(Default)]
pub struct Plugins {
    table: ArcSwap<Table>,
}

impl Plugins {
    /// Loads, checks and starts all plugins.
    ///
    /// # Errors
    /// One sentence that names the plugin (or both, where two claim one RPC id) and what is wrong.
    pub async fn load(config: PluginConfig, core: Arc<Core>) -> anyhow::Result<Arc<Self>> {
        let table = load::all(config, core).await?;
        Ok(Arc::new(Self { table: ArcSwap::from_pointee(table) }))
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
