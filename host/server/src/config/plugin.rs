//! `[plugin.NAME]`: a plugin's own settings, what it is granted, what it is denied, and its limits.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// `[plugin.NAME]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PluginSection {
    /// Functions that the plugin may not call: `account.delete`, or a whole interface such as `storage`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<String>,
    /// What the plugin may reach beyond the game.
    pub allow: AllowConfig,
    /// Limits of its own, in place of those in `[runtime]`.
    pub limits: LimitsConfig,
    /// Everything else: settings that the plugin reads.
    #[serde(flatten)]
    pub settings: BTreeMap<String, String>,
}

/// `[plugin.NAME.allow]`: nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AllowConfig {
    /// Servers that it may send requests to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<HttpGrant>,
    /// Environment variables of the server that it may read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<String>,
    /// Folders that it may read, by the names that it knows them by.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub folders: BTreeMap<String, PathBuf>,
}

/// A server that a plugin may send requests to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpGrant {
    /// A name such as `api.example.com`, or an address such as `10.0.0.7`.
    pub host: String,
    /// Its port; none for the scheme's own, 443 or 80.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// `https`, `http` or both.
    #[serde(default = "schemes")]
    pub schemes: Vec<String>,
    /// The methods that it takes, in capitals.
    #[serde(default = "methods")]
    pub methods: Vec<String>,
    /// The request headers that may be sent, in lower case; `*` for any.
    #[serde(default = "headers")]
    pub headers: Vec<String>,
    /// Bytes of a request's body.
    #[serde(default = "request_bytes")]
    pub request_bytes: usize,
    /// Bytes of a response's body.
    #[serde(default = "response_bytes")]
    pub response_bytes: usize,
    /// How long a request may take, redirects and all.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
    /// Redirects that are followed; 0 hands a redirect to the plugin.
    #[serde(default = "redirects")]
    pub redirects: u8,
    /// Whether the name may stand for a private address, such as 127.0.0.1 or 10.0.0.7. Link-local ones have to be granted
    /// as addresses.
    #[serde(default)]
    pub private: bool,
}

impl HttpGrant {
    /// The grant that `{ host = "…" }` is.
    pub fn new(host: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: None,
            schemes: schemes(),
            methods: methods(),
            headers: headers(),
            request_bytes: request_bytes(),
            response_bytes: response_bytes(),
            timeout_ms: timeout_ms(),
            redirects: redirects(),
            private: false,
        }
    }
}

fn schemes() -> Vec<String> {
    vec!["https".into()]
}

fn methods() -> Vec<String> {
    ["GET", "HEAD", "POST"].map(str::to_owned).to_vec()
}

fn headers() -> Vec<String> {
    vec!["*".into()]
}

fn request_bytes() -> usize {
    256 << 10
}

fn response_bytes() -> usize {
    1 << 20
}

fn timeout_ms() -> u64 {
    4_000
}

fn redirects() -> u8 {
    3
}

/// `[plugin.NAME.limits]`: what is absent is as `[runtime]` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Bytes of one instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<usize>,
    /// How long an RPC or a hook may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpc_deadline_ms: Option<u64>,
    /// How long the handler of an event or of a time may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_deadline_ms: Option<u64>,
    /// How long its start may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_deadline_ms: Option<u64>,
    /// Instances at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instances: Option<usize>,
    /// How long a call waits for a free instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_wait_ms: Option<u64>,
    /// Bytes of one result, and of anything else that it passes to the server at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_bytes: Option<usize>,
    /// Bytes of content that it sends in one message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_bytes: Option<usize>,
    /// Log lines of one call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_lines: Option<usize>,
    /// Events that it may emit in a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_per_second: Option<u32>,
    /// Requests to other servers at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_requests_at_once: Option<usize>,
}

/// How a key below `[plugin.NAME]` is read when it comes as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextForm {
    /// `["a", "b"]` or `a,b`.
    List,
    /// As TOML has it.
    Toml,
    Text,
}

/// Whether a path of `[plugin.NAME]` is a key, and how it is read.
pub(super) fn form(path: &[&str]) -> Option<TextForm> {
    match path {
        ["deny"] | ["allow", "environment"] => Some(TextForm::List),
        ["allow", "http" | "folders"] | ["limits", _] => Some(TextForm::Toml),
        ["allow", "folders", _] => Some(TextForm::Text),
        ["allow", ..] | ["limits", ..] => None,
        [_] => Some(TextForm::Text),
        _ => None,
    }
}

/// Whether a path of `[plugin.NAME]` is a setting of the plugin's own, which may be a secret.
pub(super) fn is_own_setting(path: &[&str]) -> bool {
    !matches!(path, ["deny"] | ["allow" | "limits", ..])
}
