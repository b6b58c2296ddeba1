//! The configuration: plain data with defaults. `config/load.rs` fills it from file, environment and command line;
//! `config/check.rs` finds all faults at once; `config/keys.rs` makes the keys that nobody gave; `config/print.rs` shows
//! all of it, with the comments of this file.

mod check;
mod fault;
mod keys;
mod load;
mod optional_address;
mod plugin;
mod plugin_check;
mod print;
mod reread;

pub use fault::{Fault, Faults};
pub use keys::{KeyError, KeySource, fill_existing_keys, fill_keys};
pub use load::{Sources, load};
pub use plugin::{AllowConfig, HttpGrant, LimitsConfig, PluginSection};
pub(crate) use plugin_check::OWN_HEADERS;
pub use print::print;
pub(crate) use print::toml_key;
pub use reread::Rereading;

use documented::DocumentedFields;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// Everything that can be configured: `[section] key` in TOML, `MEADHALL_SECTION__KEY` in the environment,
/// `--set section.key=value` on the command line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The server as a whole.
    pub server: ServerConfig,
    /// Websockets.
    pub socket: SocketConfig,
    /// Tokens, and what a new one does to older ones.
    pub session: SessionConfig,
    /// Plugins and events.
    pub runtime: RuntimeConfig,
    /// The store.
    pub storage: StorageConfig,
    /// Passwords and failed logins.
    pub login: LoginConfig,
    /// Browsers.
    pub cors: CorsConfig,
    /// Figures for Prometheus.
    pub metrics: MetricsConfig,
    /// The log.
    pub log: LogConfig,
    /// Plugins, by name. `[plugin.NAME] key = "value"` are settings that the plugin reads, `deny` lists functions that it may
    /// not call, `[plugin.NAME.allow]` is what it may reach, `[plugin.NAME.limits]` are limits in place of `[runtime]`'s.
    pub plugin: BTreeMap<String, PluginSection>,
}

/// `[server]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// This server's name, shown to plugins and part of every presence.
    pub name: String,
    /// Where clients connect: REST and websocket.
    pub listen: SocketAddr,
    /// Where everything that lasts is kept.
    pub data_dir: PathBuf,
    /// What clients log in with, as the user name of HTTP Basic. Empty: a random one, made at the first start.
    pub server_key: String,
    /// How long a stop may take.
    pub shutdown_grace_ms: u64,
    /// Connections at once.
    pub max_connections: usize,
    /// Connections at once from one address.
    pub max_connections_per_address: usize,
    /// Bytes of a request body.
    pub max_request_size_bytes: usize,
    /// How long a client may take to send the head of a request.
    pub header_timeout_ms: u64,
    /// How long a client may take to send a body.
    pub body_timeout_ms: u64,
    /// Proxies whose `x-forwarded-for` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Development: well-known keys, loopback only.
    pub dev: bool,
}

/// `[socket]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct SocketConfig {
    /// Bytes of a message from a client.
    pub max_message_size_bytes: usize,
    /// How often the server pings a client.
    pub ping_period_ms: u64,
    /// A client that has not answered a ping for this long is closed.
    pub pong_wait_ms: u64,
    /// Received messages after which ping timer and pong deadline start anew.
    pub ping_backoff_threshold: u32,
    /// More waiting messages than this, and no byte taken for `write_wait_ms`, closes a session.
    pub outgoing_queue_size: usize,
    /// More waiting bytes than this closes a session at once.
    pub outgoing_queue_bytes: usize,
    /// How long a client with too many waiting messages may take no byte.
    pub write_wait_ms: u64,
    /// How long the server waits for the client's half of a close.
    pub close_ack_wait_ms: u64,
}

/// `[session]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct SessionConfig {
    /// Signs session tokens. Empty: a random one, made at the first start.
    pub encryption_key: String,
    /// Signs refresh tokens. Empty: a random one, made at the first start.
    pub refresh_encryption_key: String,
    /// How long a session token is good for.
    pub token_expiry_sec: u64,
    /// How long a refresh token is good for.
    pub refresh_token_expiry_sec: u64,
    /// A new socket closes the user's older ones.
    pub single_socket: bool,
    /// A login invalidates all earlier tokens of the user.
    pub single_session: bool,
}

/// `[runtime]`: plugins and events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct RuntimeConfig {
    /// What servers call RPCs with. Empty: a random one, made at the first start.
    pub http_key: String,
    /// Plugin files and folders, in order.
    pub plugins: Vec<PathBuf>,
    /// Plugins are replaced when their files change.
    pub watch: bool,
    /// Where the compiled code of plugins is kept between starts. Empty: `plugin-cache` in the data folder.
    pub plugin_cache_dir: PathBuf,
    /// Events that may wait for their handlers; more are refused.
    pub event_queue_size: usize,
    /// Events that are handled at once.
    pub event_queue_workers: usize,
    /// How long an RPC or a hook may take.
    pub rpc_deadline_ms: u64,
    /// How long the handler of an event may take.
    pub event_deadline_ms: u64,
    /// How long a plugin's start may take.
    pub start_deadline_ms: u64,
    /// Bytes of one instance.
    pub instance_memory_bytes: usize,
    /// Instances of one plugin.
    pub instances: usize,
    /// How long a call waits for a free instance.
    pub instance_wait_ms: u64,
    /// Bytes of one result.
    pub result_bytes: usize,
    /// Bytes of content that a plugin sends in one message.
    pub content_bytes: usize,
    /// Log lines of one call.
    pub log_lines: usize,
    /// Events that one plugin may emit in a second.
    pub events_per_second: u32,
    /// Requests to other servers that one plugin may have under way.
    pub http_requests_at_once: usize,
}

/// `[storage]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct StorageConfig {
    /// 0: every write is on disk before it is acknowledged. Above: synced at this interval; what was acknowledged since
    /// the last sync is lost in a crash.
    pub sync_interval_ms: u64,
    /// Bytes of cache.
    pub cache_bytes: u64,
}

/// `[login]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct LoginConfig {
    /// Passwords hashed at once.
    pub password_hashes_at_once: usize,
    /// Passwords that may wait to be hashed; more get 429.
    pub password_hashes_waiting: usize,
    /// Failed attempts for one account within the window; then it gets 429.
    pub failures_per_account: u32,
    /// Failed attempts from one address within the window; then it gets 429.
    pub failures_per_address: u32,
    /// The window in which failed attempts are counted.
    pub failure_window_sec: u64,
}

/// `[cors]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct CorsConfig {
    /// `*`, or the origins that browsers may call from.
    pub origins: Vec<String>,
}

/// `[metrics]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsConfig {
    /// Where `/metrics` is served; `none` turns it off.
    #[serde(with = "optional_address")]
    pub listen: Option<SocketAddr>,
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// `text` or `json`.
    pub format: LogFormat,
    /// A level, or a filter such as `info,meadhall::plugin=debug`.
    pub level: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            name: "meadhall".into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 7350)),
            data_dir: "data".into(),
            server_key: String::new(),
            shutdown_grace_ms: 10_000,
            max_connections: 100_000,
            max_connections_per_address: 10_000,
            max_request_size_bytes: 262_144,
            header_timeout_ms: 10_000,
            body_timeout_ms: 30_000,
            trusted_proxies: Vec::new(),
            dev: false,
        }
    }
}

impl Default for SocketConfig {
    fn default() -> Self {
        Self {
            max_message_size_bytes: 4096,
            ping_period_ms: 15_000,
            pong_wait_ms: 25_000,
            ping_backoff_threshold: 20,
            outgoing_queue_size: 64,
            outgoing_queue_bytes: 1 << 20,
            write_wait_ms: 5_000,
            close_ack_wait_ms: 2_000,
        }
    }
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            encryption_key: String::new(),
            refresh_encryption_key: String::new(),
            token_expiry_sec: 3600,
            refresh_token_expiry_sec: 24 * 3600,
            single_socket: false,
            single_session: false,
        }
    }
}

impl Default for RuntimeConfig {
    fn default() -> Self {
        Self {
            http_key: String::new(),
            plugins: Vec::new(),
            watch: false,
            plugin_cache_dir: PathBuf::new(),
            event_queue_size: 65_536,
            event_queue_workers: 8,
            rpc_deadline_ms: 5_000,
            event_deadline_ms: 10_000,
            start_deadline_ms: 30_000,
            instance_memory_bytes: 64 << 20,
            instances: 16,
            instance_wait_ms: 1_000,
            result_bytes: 1 << 20,
            content_bytes: 64 << 10,
            log_lines: 100,
            events_per_second: 10_000,
            http_requests_at_once: 16,
        }
    }
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self { sync_interval_ms: 0, cache_bytes: 256 << 20 }
    }
}

impl Default for LoginConfig {
    fn default() -> Self {
        Self {
            password_hashes_at_once: 2,
            password_hashes_waiting: 64,
            failures_per_account: 10,
            failures_per_address: 100,
            failure_window_sec: 60,
        }
    }
}

impl Default for CorsConfig {
    fn default() -> Self {
        Self { origins: vec!["*".into()] }
    }
}

impl Default for MetricsConfig {
    fn default() -> Self {
        Self { listen: Some(SocketAddr::from(([127, 0, 0, 1], 9350))) }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".into() }
    }
}
