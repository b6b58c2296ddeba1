//! Plugins: loading WebAssembly components and calling them.
//!
//! This file is the whole of what the rest of the server sees.

use meadhall_core::caller::Caller;
use meadhall_core::events::QueuedEvent;
use meadhall_core::Core;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What plugins may use. The defaults are in the configuration's table.
#[derive(Clone, Debug)]
pub struct Limits {
    pub rpc_deadline: Duration,
    pub event_deadline: Duration,
    pub start_deadline: Duration,
    /// Bytes of one instance.
    pub memory: usize,
    /// Instances of one plugin.
    pub instances: usize,
    /// How long a call waits for a free instance.
    pub instance_wait: Duration,
    /// Bytes of one result.
    pub result: usize,
    /// Bytes of content that a plugin sends in one message.
    pub content: usize,
    /// Log lines of one call.
    pub log_lines: usize,
}

/// Which plugins to load, in order.
#[derive(Clone, Debug)]
pub struct PluginConfig {
    /// Files, or folders whose `*.wasm` files are taken by name.
    pub paths: Vec<PathBuf>,
    /// The plugins' own settings: plugin name (the file's stem) to key to value.
    pub settings: BTreeMap<String, BTreeMap<String, String>>,
    pub limits: Limits,
    /// Where compiled code is cached; none turns the cache off.
    pub cache_dir: Option<PathBuf>,
}

/// All loaded plugins.
#[derive(Debug)]
pub struct Plugins {}

/// Why a call failed; for the caller of the plugin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// No plugin registered this RPC.
    #[error("RPC function not found")]
    NotFound,
    /// The function itself returned an error. `code` is as the plugin gave it (any number).
    #[error("{message}")]
    Failed { code: u32, message: String },
    /// It trapped, ran out of memory, ran past its deadline or broke another limit; the text names plugin and limit.
    #[error("{0}")]
    Broken(String),
    /// All instances were busy for as long as a call may wait.
    #[error("plugin {plugin:?} is busy: no instance was free within {waited_ms} ms")]
    Busy { plugin: String, waited_ms: u64 },
}

/// What the before-hooks made of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// Goes on as it is.
    Keep,
    /// Goes on as this JSON.
    Replace(String),
    /// Ends here.
    Drop,
}

/// What a call tells its plugin beyond the caller.
#[derive(Clone, Debug, Default)]
pub struct CallContext {
    pub caller: Arc<Caller>,
    /// Query parameters of an RPC over HTTP.
    pub query: Vec<(String, Vec<String>)>,
    /// Headers of an RPC over HTTP.
    pub headers: Vec<(String, Vec<String>)>,
}

impl Plugins {
    /// Loads, checks and starts all plugins.
    ///
    /// # Errors
    /// One sentence that names the plugin (or both, where two claim one RPC id) and what is wrong.
    pub async fn load(_config: PluginConfig, _core: Arc<Core>) -> anyhow::Result<Arc<Self>> { todo!() }

    /// Whether an RPC of this (lower-case) id exists.
    pub fn has_rpc(&self, _id: &str) -> bool { todo!() }

    /// Calls an RPC by its lower-case id.
    pub async fn rpc(&self, _id: &str, _payload: String, _context: CallContext) -> Result<String, CallError> { todo!() }

    /// Whether any plugin wants to run before a message (`UpdateAccount`). Cheap: asked for every message.
    pub fn wants_before(&self, _name: &str) -> bool { todo!() }

    /// Runs the before-hooks of a message, in plugin order; `request` is its public JSON.
    pub async fn before(&self, _name: &str, _request: String, _context: CallContext) -> Result<Before, CallError> { todo!() }

    /// Whether any plugin wants to run after a message.
    pub fn wants_after(&self, _name: &str) -> bool { todo!() }

    /// Runs the after-hooks of a message; errors are logged.
    pub async fn after(&self, _name: &str, _request: &str, _reply: &str, _context: CallContext) { todo!() }

    /// Runs the handlers of one event, in plugin order; errors are logged.
    pub async fn event(&self, _event: QueuedEvent) { todo!() }
}
