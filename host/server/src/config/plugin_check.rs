//! Faults of `[plugin.NAME]`: grants and denials that make no sense, and limits out of range.

use super::check::Checking;
use super::plugin::{AllowConfig, HttpGrant, LimitsConfig};
use super::{Config, PluginSection};
use crate::plugin::denial_problem;
use axum::http::{HeaderName, Method};
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// The largest memory that a component of 32 bits can have.
pub(super) const MAX_MEMORY: u64 = 4 << 30;
/// The smallest in which a plugin's language gets anywhere.
pub(super) const MIN_MEMORY: u64 = 1 << 20;
/// The longest that anything of a plugin's may take: past an hour it is no call any more.
const MAX_MILLIS: u64 = 3_600_000;
/// The most that passes between server and plugin at once.
const MAX_BYTES: u64 = 64 << 20;
/// The longest chain of redirects that makes sense.
const MAX_REDIRECTS: u64 = 10;

/// Request headers that are the server's own: which server it is, how long the body is, and what is about the connection.
pub(crate) const OWN_HEADERS: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Adds the faults of all plugins.
pub(super) fn check(config: &Config, faults: &mut Checking) {
    for (name, PluginSection { deny, allow, limits, .. }) in &config.plugin {
        let mut plugin = PluginChecking { prefix: format!("plugin.{name}"), faults };
        for denied in deny {
            if let Some(problem) = denial_problem(denied) {
                plugin.fault("deny", format!("{denied:?}"), problem);
            }
        }
        plugin.allow(allow, limits.result_bytes.unwrap_or(config.runtime.result_bytes));
        plugin.limits(limits);
    }
}

/// Gathers the faults of one plugin.
struct PluginChecking<'a> {
    prefix: String,
    faults: &'a mut Checking,
}

impl PluginChecking<'_> {
    fn fault(&mut self, key: &str, value: String, problem: impl Into<String>) {
        self.faults.shown(format!("{}.{key}", self.prefix), value, problem);
    }

    fn within(&mut self, key: &str, value: impl TryInto<u64>, range: RangeInclusive<u64>) {
        let value = value.try_into().unwrap_or(u64::MAX);
        if !range.contains(&value) {
            self.fault(key, value.to_string(), format!("must be {} to {}", range.start(), range.end()));
        }
    }

    fn limits(&mut self, limits: &LimitsConfig) {
        let size = |value: Option<usize>| value.map(|value| value as u64);
        for (key, value, range) in [
            ("memory_bytes", size(limits.memory_bytes), MIN_MEMORY..=MAX_MEMORY),
            ("rpc_deadline_ms", limits.rpc_deadline_ms, 1..=MAX_MILLIS),
            ("event_deadline_ms", limits.event_deadline_ms, 1..=MAX_MILLIS),
            ("start_deadline_ms", limits.start_deadline_ms, 1..=MAX_MILLIS),
            ("instances", size(limits.instances), 1..=1_000),
            ("instance_wait_ms", limits.instance_wait_ms, 0..=MAX_MILLIS),
            ("result_bytes", size(limits.result_bytes), 1..=MAX_BYTES),
            ("content_bytes", size(limits.content_bytes), 1..=MAX_BYTES),
            ("log_lines", size(limits.log_lines), 0..=100_000),
            ("events_per_second", limits.events_per_second.map(u64::from), 1..=1_000_000),
            ("http_requests_at_once", size(limits.http_requests_at_once), 1..=1_000),
        ] {
            if let Some(value) = value {
                self.within(&format!("limits.{key}"), value, range);
            }
        }
    }

    fn allow(&mut self, allow: &AllowConfig, result_bytes: usize) {
        for grant in &allow.http {
            self.http(grant, result_bytes);
        }
        for variable in &allow.environment {
            if variable.is_empty() || variable.contains(['=', '\0']) {
                self.fault("allow.environment", format!("{variable:?}"), "must be the name of a variable");
            }
        }
        for (name, folder) in &allow.folders {
            if name.is_empty() || name.contains(['/', '\\', '\0']) || matches!(name.as_str(), "." | "..") {
                self.fault("allow.folders", format!("{name:?}"), "must be a name, which paths begin with");
            }
            if folder.as_os_str().is_empty() {
                self.fault(&format!("allow.folders.{name}"), "\"\"".into(), "must name a folder");
            }
        }
    }

    fn http(&mut self, grant: &HttpGrant, result_bytes: usize) {
        const KEY: &str = "allow.http";
        let HttpGrant { host, schemes, methods, headers, .. } = grant;
        if !is_host(host) {
            let problem = "must be a name such as api.example.com, or an address such as 10.0.0.7, in lower case";
            self.fault(KEY, format!("host {host:?}"), problem);
        }
        for (name, list) in [("schemes", schemes), ("methods", methods)] {
            if list.is_empty() {
                self.fault(KEY, format!("{name} []"), "must not be empty: nothing could be asked");
            }
        }
        for scheme in schemes {
            if !matches!(scheme.as_str(), "https" | "http") {
                self.fault(KEY, format!("scheme {scheme:?}"), "must be https or http");
            }
        }
        for method in methods {
            if !is_method(method) {
                self.fault(KEY, format!("method {method:?}"), "must be a method such as POST, in capitals");
            }
        }
        for header in headers {
            if OWN_HEADERS.contains(&header.as_str()) {
                self.fault(KEY, format!("header {header:?}"), "is the server's own, no plugin can send it");
            } else if header != "*" && !is_header(header) {
                self.fault(KEY, format!("header {header:?}"), "must be the name of a header in lower case, or *");
            }
        }
        if grant.port == Some(0) {
            self.fault(KEY, "port 0".into(), "must be 1 to 65535");
        }
        self.within("allow.http.response_bytes", grant.response_bytes, 0..=MAX_BYTES);
        self.within("allow.http.timeout_ms", grant.timeout_ms, 1..=MAX_MILLIS);
        self.within("allow.http.redirects", grant.redirects, 0..=MAX_REDIRECTS);
        if grant.request_bytes > result_bytes {
            let problem =
                format!("must not be above result_bytes, which is {result_bytes} and bounds all that it passes");
            self.fault("allow.http.request_bytes", grant.request_bytes.to_string(), problem);
        }
    }
}

/// A host as it stands in a URL that was read: in lower case, an IPv6 address without its brackets.
fn is_host(host: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    let name = || host.len() <= 253 && host.split('.').all(|label| !label.is_empty() && label.bytes().all(letter));
    host.parse::<IpAddr>().map_or_else(|_| name(), |address| address.to_string() == host)
}

fn is_method(method: &str) -> bool {
    // CONNECT makes a tunnel, TRACE sends back what proxies on the way have added.
    let known =
        Method::from_bytes(method.as_bytes()).is_ok_and(|method| !matches!(method, Method::CONNECT | Method::TRACE));
    known && method == method.to_uppercase()
}

fn is_header(header: &str) -> bool {
    HeaderName::from_bytes(header.as_bytes()).is_ok() && header == header.to_lowercase()
}

#[cfg(test)]
mod tests {
    use crate::config::{Fault, HttpGrant, LimitsConfig, Sources, load};
    use std::path::PathBuf;

    fn sources(file: &str, settings: &[&str]) -> (tempfile::TempDir, Sources) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("meadhall.toml");
        std::fs::write(&path, file).unwrap();
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        (folder, Sources { file: Some(path), environment: Vec::new(), settings })
    }

    fn faults(file: &str, settings: &[&str]) -> Vec<String> {
        let (_folder, sources) = sources(file, settings);
        load(&sources).unwrap_err().0.iter().map(Fault::to_string).collect()
    }

    #[test]
    fn grants_denials_and_limits_are_read_beside_settings() {
        let file = r#"
            [plugin.analytics]
            endpoint = "https://api.example.com/batch"
            deny = ["account.delete", "storage"]

            [plugin.analytics.allow]
            http = [{ host = "api.example.com", methods = ["POST"], headers = ["content-type"], timeout_ms = 900 }]
            environment = ["API_KEY"]
            folders = { words = "/srv/words" }

            [plugin.analytics.limits]
            instances = 2
        "#;
        let (_folder, sources) = sources(file, &[]);
        let section = load(&sources).unwrap().plugin.remove("analytics").unwrap();
        assert_eq!(section.settings["endpoint"], "https://api.example.com/batch");
        assert_eq!(section.deny, ["account.delete", "storage"]);
        let grant = HttpGrant {
            methods: vec!["POST".into()],
            headers: vec!["content-type".into()],
            timeout_ms: 900,
            ..HttpGrant::new("api.example.com")
        };
        assert_eq!(section.allow.http, [grant]);
        assert_eq!(section.allow.environment, ["API_KEY"]);
        assert_eq!(section.allow.folders["words"], PathBuf::from("/srv/words"));
        assert_eq!(section.limits, LimitsConfig { instances: Some(2), ..LimitsConfig::default() });
    }

    #[test]
    fn what_a_plugin_may_comes_from_everywhere() {
        let settings = [
            "plugin.hall.allow.environment=API_KEY, REGION",
            r#"plugin.hall.allow.http=[{ host = "127.0.0.1", port = 8080, schemes = ["http"] }]"#,
            "plugin.hall.allow.folders.words=/srv/words",
            "plugin.hall.limits.memory_bytes=33554432",
            "plugin.hall.deny=storage,account.delete",
        ];
        let (_folder, mut sources) =
            sources("[plugin.hall.limits]\ninstances = 2\nmemory_bytes = 1048576\n", &settings);
        let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        sources.environment = vec![
            variable("MEADHALL_PLUGIN__HALL__LIMITS__INSTANCES", "3"),
            variable("MEADHALL_PLUGIN__HALL__ALLOW__FOLDERS__NAMES", "/srv/names"),
        ];
        let section = load(&sources).unwrap().plugin.remove("hall").unwrap();
        assert_eq!(section.allow.environment, ["API_KEY", "REGION"]);
        assert_eq!((&*section.allow.http[0].host, section.allow.http[0].port), ("127.0.0.1", Some(8080)));
        assert_eq!(section.allow.folders.keys().collect::<Vec<_>>(), ["names", "words"]);
        assert_eq!((section.limits.memory_bytes, section.limits.instances), (Some(32 << 20), Some(3)));
        assert_eq!(section.deny, ["storage", "account.delete"]);
        assert!(section.settings.is_empty(), "{:?}", section.settings);
    }

    #[test]
    fn each_fault_names_key_and_value() {
        let http = |grant: &str| format!("[plugin.p.allow]\nhttp = [{{ {grant} }}]");
        let host = "must be a name such as api.example.com, or an address such as 10.0.0.7, in lower case";
        let cases = [
            ("[plugin.p.limits]\ninstances = 0".into(), "plugin.p.limits.instances = 0: must be 1 to 1000".into()),
            (
                "[plugin.p.limits]\nmemory_bytes = 5".into(),
                "plugin.p.limits.memory_bytes = 5: must be 1048576 to 4294967296".into(),
            ),
            (
                "[plugin.p.limits]\nrpc_deadline_ms = 3600001".into(),
                "plugin.p.limits.rpc_deadline_ms = 3600001: must be 1 to 3600000".into(),
            ),
            (
                "[plugin.p.limits]\nevents_per_second = 0".into(),
                "plugin.p.limits.events_per_second = 0: must be 1 to 1000000".into(),
            ),
            (
                "[plugin.p.limits]\nspeed = 5".into(),
                "plugin.p.limits.speed = 5: unknown field `speed`, expected one of `memory_bytes`, `rpc_deadline_ms`, `event_deadline_ms`, `start_deadline_ms`, `instances`, `instance_wait_ms`, `result_bytes`, `content_bytes`, `log_lines`, `events_per_second`, `http_requests_at_once`".into(),
            ),
            ("[plugin.p]\nallow = 5".into(), "plugin.p.allow = 5: is no section".into()),
            ("[plugin.p.allow]\nfiles = 5".into(), "plugin.p.allow.files = 5: is no known setting".into()),
            (
                "[plugin.p]\ndeny = \"storage\"".into(),
                r#"plugin.p.deny = "storage": must be a list, such as ["one", "two"]"#.into(),
            ),
            ("[plugin.p]\nkey = 5".into(), r#"plugin.p.key = "***": must be a text"#.into()),
            (http(r#"host = "api.example.com/x""#), format!(r#"plugin.p.allow.http = host "api.example.com/x": {host}"#)),
            (http(r#"host = "API.example.com""#), format!(r#"plugin.p.allow.http = host "API.example.com": {host}"#)),
            (http(r#"host = "a.b:80""#), format!(r#"plugin.p.allow.http = host "a.b:80": {host}"#)),
            (http(r#"host = """#), format!(r#"plugin.p.allow.http = host "": {host}"#)),
            (
                http(r#"host = "a", schemes = ["ftp"]"#),
                r#"plugin.p.allow.http = scheme "ftp": must be https or http"#.into(),
            ),
            (
                http(r#"host = "a", methods = ["post"]"#),
                r#"plugin.p.allow.http = method "post": must be a method such as POST, in capitals"#.into(),
            ),
            (
                http(r#"host = "a", methods = []"#),
                "plugin.p.allow.http = methods []: must not be empty: nothing could be asked".into(),
            ),
            (
                http(r#"host = "a", headers = ["host"]"#),
                r#"plugin.p.allow.http = header "host": is the server's own, no plugin can send it"#.into(),
            ),
            (
                http(r#"host = "a", headers = ["X-Key"]"#),
                r#"plugin.p.allow.http = header "X-Key": must be the name of a header in lower case, or *"#.into(),
            ),
            (http(r#"host = "a", redirects = 11"#), "plugin.p.allow.http.redirects = 11: must be 0 to 10".into()),
            (http(r#"host = "a", timeout_ms = 0"#), "plugin.p.allow.http.timeout_ms = 0: must be 1 to 3600000".into()),
            (
                http(r#"host = "a", request_bytes = 1048577"#),
                "plugin.p.allow.http.request_bytes = 1048577: must not be above result_bytes, which is 1048576 and bounds all that it passes".into(),
            ),
            (
                "[plugin.p.allow]\nenvironment = [\"A=B\"]".into(),
                r#"plugin.p.allow.environment = "A=B": must be the name of a variable"#.into(),
            ),
            (
                "[plugin.p.allow.folders]\n\"a/b\" = \"/srv\"".into(),
                r#"plugin.p.allow.folders = "a/b": must be a name, which paths begin with"#.into(),
            ),
            ("[plugin.p.allow.folders]\na = \"\"".into(), r#"plugin.p.allow.folders.a = "": must name a folder"#.into()),
        ];
        for (file, expected) in cases {
            let expected: String = expected;
            assert_eq!(faults(&file, &[]), [expected], "{file}");
        }
    }

    #[test]
    fn faults_of_one_plugin_are_told_at_once_with_those_of_others() {
        let found = faults(
            "[plugin.a]\ndeny = [\"account.remove\", \"telepathy\"]\n[plugin.b.limits]\ninstances = 0\n",
            &["plugin.b.limits.log_lines=many"],
        );
        let keys: Vec<_> = found.iter().filter_map(|fault| fault.split(':').next()).collect();
        assert_eq!(
            keys,
            [
                r#"plugin.b.limits.log_lines = "many""#,
                r#"plugin.a.deny = "account.remove""#,
                r#"plugin.a.deny = "telepathy""#,
                "plugin.b.limits.instances = 0",
            ]
        );
    }
}
