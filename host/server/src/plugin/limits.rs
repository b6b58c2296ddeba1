//! Everything that bounds a plugin, in one table, and the counting that enforces it.
//!
//! | what | bound | where it is enforced | past it |
//! |---|---|---|---|
//! | time of an RPC or hook | `rpc_deadline` | `call.rs`: epochs while wasm runs, a timer around the rest | the call fails, its instance is dropped |
//! | time of an event handler, of a scheduled run | `event_deadline` | as above | as above, in the log |
//! | cron expressions of a plugin | [`CRON_EXPRESSIONS`] | `table.rs` | the server does not start |
//! | runs of an expression at once | one | `schedule.rs` | the run is skipped, counted, logged |
//! | time of `register` and `start` | `start_deadline` | as above | the server does not start |
//! | time on an async worker | [`INLINE_TICKS`] | `call.rs` | the call moves to `slow_lane.rs` |
//! | mean time that calls of a plugin compute | a quarter of a [`TICK`] | `slow_lane.rs` | its calls begin in the slow lane |
//! | memory of an instance | `memory` | [`MemoryLimiter`] | `memory.grow` fails in the plugin |
//! | memory kept between calls | half of `memory` | `call.rs` | the instance is retired |
//! | tables, core instances | [`TABLE_ELEMENTS`], [`CORE_INSTANCES`] … | `engine.rs`, [`MemoryLimiter`] | growing fails, or the load |
//! | stack | [`STACK_BYTES`] | `engine.rs` | trap |
//! | instances | `instances` | `pool.rs` | the call waits |
//! | waiting for one | `instance_wait` | `pool.rs` | the call fails: busy |
//! | bytes from guest to host at once | `result` | `call.rs`, hostcall fuel | trap |
//! | WASI handles and random bytes | [`WASI_HANDLES`], [`RANDOM_BYTES`] | `wasi.rs` | trap |
//! | log lines of a call, bytes of one | `log_lines`, [`LOG_LINE_BYTES`] | `log.rs` | dropped and said once; cut |
//! | content of a message, an envelope, an event | `content` | `imports/` | error value |
//! | objects in a storage call, users in a look-up | [`STORAGE_OBJECTS`], [`USERS`] | `imports/` | error value |
//! | groups in a look-up, notifications in a call | [`GROUPS`], [`NOTIFICATIONS`] | `imports/` | error value |
//! | an account's export | [`EXPORT_BYTES`] | `imports/account.rs` | error value |
//! | metric series of a plugin | [`METRIC_SERIES`] | `metrics.rs` | dropped and said once |
//! | events emitted in a second | `events_per_second` | `imports/event.rs`, `pace.rs` | error value |
//! | requests to other servers at once | `http_requests_at_once` | `http/` | the request waits, then error value |
//! | the URL of a request | [`HTTP_URL_BYTES`] | `http/` | error value |
//! | headers of a request and of a response | [`HTTP_HEADERS`], [`HTTP_HEADER_BYTES`] | `http/` | error value |
//! | bodies, redirects and time of a request | the grant's own | `http/` | error value |
//! | a file's bytes, a folder's entries, a path | [`FILE_BYTES`], [`FOLDER_ENTRIES`], [`PATH_BYTES`] | `folders.rs` | error value |
//! | threads that look up names and read files for a plugin | a fixed number | `blocking.rs` | the call waits |
//!
//! The lower-case ones come from the configuration: `[runtime]`, or `[plugin.NAME.limits]` where that says otherwise.

use crate::config::{LimitsConfig, RuntimeConfig};
use std::time::Duration;
use wasmtime::ResourceLimiter;

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
    /// Events that the plugin may emit in a second.
    pub events_per_second: u32,
    /// Requests to other servers that the plugin may have under way.
    pub http_requests_at_once: usize,
}

impl From<&RuntimeConfig> for Limits {
    fn from(config: &RuntimeConfig) -> Self {
        Self {
            rpc_deadline: Duration::from_millis(config.rpc_deadline_ms),
            event_deadline: Duration::from_millis(config.event_deadline_ms),
            start_deadline: Duration::from_millis(config.start_deadline_ms),
            memory: config.instance_memory_bytes,
            instances: config.instances,
            instance_wait: Duration::from_millis(config.instance_wait_ms),
            result: config.result_bytes,
            content: config.content_bytes,
            log_lines: config.log_lines,
            events_per_second: config.events_per_second,
            http_requests_at_once: config.http_requests_at_once,
        }
    }
}

impl Limits {
    /// The limits of a plugin: its own, and these where it has none.
    pub(super) fn with(&self, own: &LimitsConfig) -> Self {
        let time = |own: Option<u64>, general| own.map_or(general, Duration::from_millis);
        Self {
            rpc_deadline: time(own.rpc_deadline_ms, self.rpc_deadline),
            event_deadline: time(own.event_deadline_ms, self.event_deadline),
            start_deadline: time(own.start_deadline_ms, self.start_deadline),
            memory: own.memory_bytes.unwrap_or(self.memory),
            instances: own.instances.unwrap_or(self.instances),
            instance_wait: time(own.instance_wait_ms, self.instance_wait),
            result: own.result_bytes.unwrap_or(self.result),
            content: own.content_bytes.unwrap_or(self.content),
            log_lines: own.log_lines.unwrap_or(self.log_lines),
            events_per_second: own.events_per_second.unwrap_or(self.events_per_second),
            http_requests_at_once: own.http_requests_at_once.unwrap_or(self.http_requests_at_once),
        }
    }
}

/// How often the epoch moves on while plugins are loaded.
pub(super) const TICK: Duration = Duration::from_millis(1);
/// How many ticks a call may compute on an async worker before it moves to the slow lane. Two, since the first may
/// fall right after the call began.
pub(super) const INLINE_TICKS: u64 = 2;
/// Bytes of wasm stack.
pub(super) const STACK_BYTES: usize = 512 << 10;
/// Bytes of a call's whole stack: wasm, and the host functions that it calls.
pub(super) const ASYNC_STACK_BYTES: usize = 2 << 20;
/// Core instances in one component. Python components link a dozen libraries, each one instance.
pub(super) const CORE_INSTANCES: u32 = 100;
/// Linear memories in one component.
pub(super) const MEMORIES: u32 = 2;
/// Tables in one component.
pub(super) const TABLES: u32 = 16;
/// Elements of one table. A JavaScript engine has some 20,000.
pub(super) const TABLE_ELEMENTS: usize = 100_000;
/// WASI handles (streams, timers) and component handles that an instance may hold at once.
pub(super) const WASI_HANDLES: usize = 1_000;
/// Random bytes in one request.
pub(super) const RANDOM_BYTES: u64 = 64 << 10;
/// Bytes of one log line; the rest is cut off.
pub(super) const LOG_LINE_BYTES: usize = 8 << 10;
/// Metric series of one plugin.
pub(super) const METRIC_SERIES: usize = 1_000;
/// Tags of one metric.
pub(super) const METRIC_TAGS: usize = 10;
/// Bytes of a metric's name, of a tag's name and of its value.
pub(super) const METRIC_NAME_BYTES: usize = 128;
/// Objects in one storage call.
pub(super) const STORAGE_OBJECTS: usize = 100;
/// Users in one look-up.
pub(super) const USERS: usize = 100;
/// Bytes of what is stored about one user, in one text.
pub(super) const EXPORT_BYTES: usize = 8 << 20;
/// Groups in one look-up.
pub(super) const GROUPS: usize = 100;
/// Cron expressions of one plugin.
pub(super) const CRON_EXPRESSIONS: usize = 100;
/// Notifications to send or to delete in one call.
pub(super) const NOTIFICATIONS: usize = 100;
/// Entries in one page, of a history or a collection.
pub(super) const PAGE: usize = 100;
/// Bytes of a stream's label.
pub(super) const STREAM_LABEL_BYTES: usize = 128;
/// Bytes of a presence's status.
pub(super) const STATUS_BYTES: usize = 2048;
/// Bytes of the URL of a request to another server.
pub(super) const HTTP_URL_BYTES: usize = 8 << 10;
/// Headers of a request to another server.
pub(super) const HTTP_HEADERS: usize = 64;
/// Bytes of the headers of a request to another server, and of its response.
pub(super) const HTTP_HEADER_BYTES: usize = 32 << 10;
/// How long before the end of a call its request to another server ends, so that the plugin can answer.
pub(super) const HTTP_MARGIN: Duration = Duration::from_millis(100);
/// Bytes of a file.
pub(super) const FILE_BYTES: usize = 1 << 20;
/// Entries of a folder.
pub(super) const FOLDER_ENTRIES: usize = 1_000;
/// Bytes of a path.
pub(super) const PATH_BYTES: usize = 4096;
/// Bytes of the reason for a disconnect.
pub(super) const REASON_BYTES: usize = 512;

/// Counts the linear memory of one instance, all its memories together, and refuses what is past the limit.
#[derive(Debug)]
pub(super) struct MemoryLimiter {
    limit: usize,
    used: usize,
    /// A growth was refused since the last call began, so a trap that follows is most likely about that.
    refused: bool,
}

impl MemoryLimiter {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, used: 0, refused: false }
    }

    /// A new call begins.
    pub(super) fn begin(&mut self) {
        self.refused = false;
    }

    /// Whether a growth was refused in the present call.
    pub(super) fn refused(&self) -> bool {
        self.refused
    }

    /// Whether the instance has grown so far that the next call should get a fresh one: wasm memory never shrinks.
    pub(super) fn is_bloated(&self) -> bool {
        self.used > self.limit / 2
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let used = self.used.saturating_add(desired.saturating_sub(current));
        if used > self.limit {
            self.refused = true;
            return Ok(false);
        }
        self.used = used;
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES as usize
    }

    fn tables(&self) -> usize {
        TABLES as usize
    }

    fn memories(&self) -> usize {
        MEMORIES as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_counted_over_all_memories_of_an_instance() {
        let mut limiter = MemoryLimiter::new(100);
        assert!(limiter.memory_growing(0, 40, None).unwrap());
        assert!(limiter.memory_growing(0, 30, None).unwrap());
        assert!(!limiter.memory_growing(40, 80, None).unwrap(), "40 more than 70 is past 100");
        assert!(limiter.refused());
        assert!(limiter.memory_growing(40, 70, None).unwrap(), "a refusal takes nothing");
    }

    #[test]
    fn an_instance_above_half_its_memory_is_bloated() {
        let mut limiter = MemoryLimiter::new(100);
        assert!(limiter.memory_growing(0, 50, None).unwrap());
        assert!(!limiter.is_bloated());
        assert!(limiter.memory_growing(50, 51, None).unwrap());
        assert!(limiter.is_bloated());
    }

    #[test]
    fn a_plugins_own_limits_stand_in_place_of_the_general_ones() {
        let general = Limits::from(&RuntimeConfig::default());
        let own = LimitsConfig { instances: Some(3), rpc_deadline_ms: Some(70), ..LimitsConfig::default() };
        let limits = general.with(&own);
        assert_eq!((limits.instances, limits.rpc_deadline), (3, Duration::from_millis(70)));
        assert_eq!((limits.memory, limits.event_deadline), (general.memory, general.event_deadline));
    }

    #[test]
    fn a_new_call_forgets_the_refusals_of_the_last() {
        let mut limiter = MemoryLimiter::new(1);
        assert!(!limiter.memory_growing(0, 2, None).unwrap());
        limiter.begin();
        assert!(!limiter.refused());
    }
}
