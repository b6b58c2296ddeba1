//! Faults that only the whole configuration shows: ranges, and settings that do not go together.

use super::Config;
use super::fault::{Fault, MASK, is_secret};
use super::keys::WELL_KNOWN;
use super::plugin_check::{self, MAX_MEMORY, MIN_MEMORY};
use axum::http::{HeaderValue, Uri};
use std::collections::HashSet;
use std::fmt::Display;
use std::net::SocketAddr;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

/// All faults.
pub(super) fn check(config: &Config) -> Vec<Fault> {
    let mut faults = Checking(Vec::new());
    ranges(config, &mut faults);
    server(config, &mut faults);
    keys(config, &mut faults);
    sockets_and_sessions(config, &mut faults);
    browsers_and_log(config, &mut faults);
    plugin_check::check(config, &mut faults);
    faults.0
}

/// Gathers faults.
pub(super) struct Checking(Vec<Fault>);

impl Checking {
    fn fault(&mut self, key: &str, value: impl Display, problem: impl Into<String>) {
        let value = if is_secret(key) { MASK.to_owned() } else { value.to_string() };
        self.0.push(Fault { key: key.to_owned(), value, problem: problem.into() });
    }

    /// A fault whose value is no secret.
    pub(super) fn shown(&mut self, key: String, value: String, problem: impl Into<String>) {
        self.0.push(Fault { key, value, problem: problem.into() });
    }

    fn at_least_one(&mut self, key: &str, value: impl Display + PartialEq + From<u8>) {
        if value == 0.into() {
            self.fault(key, value, "must be at least 1");
        }
    }
}

fn ranges(config: &Config, faults: &mut Checking) {
    let Config { server, socket, session, runtime, login, .. } = config;
    faults.at_least_one("server.max_connections", server.max_connections);
    faults.at_least_one("server.max_connections_per_address", server.max_connections_per_address);
    faults.at_least_one("server.max_request_size_bytes", server.max_request_size_bytes);
    faults.at_least_one("server.header_timeout_ms", server.header_timeout_ms);
    faults.at_least_one("server.body_timeout_ms", server.body_timeout_ms);
    faults.at_least_one("socket.max_message_size_bytes", socket.max_message_size_bytes);
    faults.at_least_one("socket.ping_period_ms", socket.ping_period_ms);
    faults.at_least_one("socket.ping_backoff_threshold", socket.ping_backoff_threshold);
    faults.at_least_one("socket.outgoing_queue_size", socket.outgoing_queue_size);
    faults.at_least_one("socket.outgoing_queue_bytes", socket.outgoing_queue_bytes);
    faults.at_least_one("socket.write_wait_ms", socket.write_wait_ms);
    faults.at_least_one("session.token_expiry_sec", session.token_expiry_sec);
    faults.at_least_one("runtime.event_queue_size", runtime.event_queue_size);
    faults.at_least_one("runtime.event_queue_workers", runtime.event_queue_workers);
    faults.at_least_one("runtime.rpc_deadline_ms", runtime.rpc_deadline_ms);
    faults.at_least_one("runtime.event_deadline_ms", runtime.event_deadline_ms);
    faults.at_least_one("runtime.start_deadline_ms", runtime.start_deadline_ms);
    faults.at_least_one("runtime.instances", runtime.instances);
    faults.at_least_one("runtime.result_bytes", runtime.result_bytes);
    faults.at_least_one("runtime.content_bytes", runtime.content_bytes);
    faults.at_least_one("runtime.events_per_second", runtime.events_per_second);
    faults.at_least_one("runtime.http_requests_at_once", runtime.http_requests_at_once);
    faults.at_least_one("login.password_hashes_at_once", login.password_hashes_at_once);
    faults.at_least_one("login.failures_per_account", login.failures_per_account);
    faults.at_least_one("login.failures_per_address", login.failures_per_address);
    faults.at_least_one("login.failure_window_sec", login.failure_window_sec);
    if !(MIN_MEMORY..=MAX_MEMORY).contains(&(runtime.instance_memory_bytes as u64)) {
        let problem = format!("must be {MIN_MEMORY} to {MAX_MEMORY}");
        faults.fault("runtime.instance_memory_bytes", runtime.instance_memory_bytes, problem);
    }
    if config.storage.cache_bytes < 1 << 20 {
        faults.fault("storage.cache_bytes", config.storage.cache_bytes, "must be at least 1048576");
    }
}

fn server(config: &Config, faults: &mut Checking) {
    let name = &config.server.name;
    if name.is_empty() || name.chars().any(|letter| letter.is_control() || letter.is_whitespace()) {
        faults.fault("server.name", format!("{name:?}"), "must be a name without blanks");
    }
    if config.server.data_dir.as_os_str().is_empty() {
        faults.fault("server.data_dir", "\"\"", "must name a folder");
    }
    if config.server.dev {
        let mut loopback_only = |key: &str, address: &SocketAddr| {
            if !address.ip().is_loopback() {
                let problem = "must be a loopback address with --dev, whose keys everybody knows";
                faults.fault(key, format!("\"{address}\""), problem);
            }
        };
        loopback_only("server.listen", &config.server.listen);
        config.metrics.listen.iter().for_each(|address| loopback_only("metrics.listen", address));
    }
    if config.metrics.listen == Some(config.server.listen) && config.server.listen.port() != 0 {
        let problem = "must differ from server.listen, or be none";
        faults.fault("metrics.listen", format!("\"{}\"", config.server.listen), problem);
    }
}

fn keys(config: &Config, faults: &mut Checking) {
    let session = &config.session;
    if !session.encryption_key.is_empty() && session.encryption_key == session.refresh_encryption_key {
        let problem = "must differ from session.encryption_key, or refresh tokens would be session tokens";
        faults.fault("session.refresh_encryption_key", "", problem);
    }
    // The server key is no secret: it is in every client. With the others anybody could be anybody.
    if !config.server.dev && !config.server.listen.ip().is_loopback() {
        for (key, value, known) in [
            ("session.encryption_key", &session.encryption_key, WELL_KNOWN.encryption_key),
            ("session.refresh_encryption_key", &session.refresh_encryption_key, WELL_KNOWN.refresh_encryption_key),
            ("runtime.http_key", &config.runtime.http_key, WELL_KNOWN.http_key),
        ] {
            if value == known {
                faults.fault(key, "", "is a key that everybody knows, which server.listen offers to other machines");
            }
        }
    }
}

fn sockets_and_sessions(config: &Config, faults: &mut Checking) {
    let socket = &config.socket;
    if socket.pong_wait_ms <= socket.ping_period_ms {
        let problem = format!("must be above socket.ping_period_ms, which is {}", socket.ping_period_ms);
        faults.fault("socket.pong_wait_ms", socket.pong_wait_ms, problem);
    }
    let session = &config.session;
    if session.refresh_token_expiry_sec < session.token_expiry_sec {
        let problem = format!("must not be below session.token_expiry_sec, which is {}", session.token_expiry_sec);
        faults.fault("session.refresh_token_expiry_sec", session.refresh_token_expiry_sec, problem);
    }
}

fn browsers_and_log(config: &Config, faults: &mut Checking) {
    let mut seen = HashSet::new();
    for origin in &config.cors.origins {
        if origin != "*" && !is_origin(origin) {
            let problem = "must be * or an origin such as https://game.example";
            faults.fault("cors.origins", format!("{origin:?}"), problem);
        } else if !seen.insert(origin) {
            faults.fault("cors.origins", format!("{origin:?}"), "is there twice");
        }
    }
    let level = &config.log.level;
    // A word alone is taken for the name of a target, and then everything else is silent.
    let word = level
        .split(',')
        .map(str::trim)
        .find(|part| !part.contains(['=', '[']) && (part.is_empty() || part.parse::<LevelFilter>().is_err()));
    let problem = match (word, EnvFilter::try_new(level)) {
        (Some(_), _) => {
            "must be off, error, warn, info, debug or trace, or a filter such as info,meadhall::plugin=debug".into()
        }
        (None, Err(error)) => format!("is no level and no filter: {error}"),
        (None, Ok(_)) => return,
    };
    faults.fault("log.level", format!("{level:?}"), problem);
}

/// Scheme, host and port, as browsers write it: nothing behind, no capitals in front.
fn is_origin(text: &str) -> bool {
    let parsed = text.parse::<Uri>().ok();
    let whole = parsed.is_some_and(|uri| uri.scheme().is_some() && uri.authority().is_some() && uri.query().is_none());
    let bare = text.splitn(4, '/').count() == 3;
    whole && bare && HeaderValue::from_str(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(change: impl FnOnce(&mut Config)) -> Vec<String> {
        let mut config = Config::default();
        change(&mut config);
        check(&config).iter().map(Fault::to_string).collect()
    }

    #[test]
    fn the_defaults_have_no_fault() {
        assert_eq!(faults(|_| {}), [""; 0]);
    }

    #[test]
    fn each_fault_is_found() {
        type Case = (fn(&mut Config), &'static str);
        let cases: &[Case] = &[
            (
                |c| c.log.level = "loud".into(),
                r#"log.level = "loud": must be off, error, warn, info, debug or trace, or a filter such as info,meadhall::plugin=debug"#,
            ),
            (
                |c| c.log.level = "info,meadhall::plugin".into(),
                r#"log.level = "info,meadhall::plugin": must be off, error, warn, info, debug or trace, or a filter such as info,meadhall::plugin=debug"#,
            ),
            (|c| c.runtime.instances = 0, "runtime.instances = 0: must be at least 1"),
            (|c| c.socket.ping_backoff_threshold = 0, "socket.ping_backoff_threshold = 0: must be at least 1"),
            (
                |c| c.runtime.instance_memory_bytes = 5,
                "runtime.instance_memory_bytes = 5: must be 1048576 to 4294967296",
            ),
            (|c| c.storage.cache_bytes = 0, "storage.cache_bytes = 0: must be at least 1048576"),
            (|c| c.server.name = "two words".into(), r#"server.name = "two words": must be a name without blanks"#),
            (|c| c.server.data_dir = "".into(), r#"server.data_dir = "": must name a folder"#),
            (
                |c| c.socket.pong_wait_ms = 15_000,
                "socket.pong_wait_ms = 15000: must be above socket.ping_period_ms, which is 15000",
            ),
            (
                |c| c.session.refresh_token_expiry_sec = 9,
                "session.refresh_token_expiry_sec = 9: must not be below session.token_expiry_sec, which is 3600",
            ),
            (
                |c| c.cors.origins = vec!["game.test".into()],
                r#"cors.origins = "game.test": must be * or an origin such as https://game.example"#,
            ),
            (
                |c| c.cors.origins = vec!["https://game.test/".into()],
                r#"cors.origins = "https://game.test/": must be * or an origin such as https://game.example"#,
            ),
            (|c| c.cors.origins = vec!["*".into(), "*".into()], r#"cors.origins = "*": is there twice"#),
            (
                |c| c.metrics.listen = Some(c.server.listen),
                r#"metrics.listen = "127.0.0.1:7350": must differ from server.listen, or be none"#,
            ),
        ];
        for (change, expected) in cases {
            assert_eq!(faults(change), [*expected]);
        }
    }

    #[test]
    fn log_levels_are_checked() {
        assert_eq!(faults(|c| c.log.level = "info,meadhall::plugin=debug".into()), [""; 0]);
        let found = faults(|c| c.log.level = "meadhall=loud".into());
        assert!(found[0].starts_with(r#"log.level = "meadhall=loud": is no level and no filter"#), "{found:?}");
    }

    #[test]
    fn origins_are_allowed_with_and_without_port() {
        let origins = ["https://game.test", "http://localhost:8080"].map(str::to_owned).to_vec();
        assert_eq!(faults(|c| c.cors.origins = origins), [""; 0]);
    }

    #[test]
    fn development_stays_on_this_machine() {
        let outside: SocketAddr = "0.0.0.0:7350".parse().unwrap();
        let found = faults(|c| {
            c.server.dev = true;
            c.server.listen = outside;
            c.metrics.listen = Some("192.0.2.1:9350".parse().unwrap());
        });
        let rule = "must be a loopback address with --dev, whose keys everybody knows";
        assert_eq!(
            found,
            [
                format!(r#"server.listen = "{outside}": {rule}"#),
                format!(r#"metrics.listen = "192.0.2.1:9350": {rule}"#)
            ]
        );
    }

    #[test]
    fn keys_that_everybody_knows_stay_on_this_machine() {
        let well_known = |c: &mut Config| c.session.encryption_key = "defaultencryptionkey".into();
        assert_eq!(faults(well_known), [""; 0]);
        let found = faults(|c| {
            well_known(c);
            c.server.listen = "0.0.0.0:7350".parse().unwrap();
        });
        let rule = "is a key that everybody knows, which server.listen offers to other machines";
        assert_eq!(found, [format!(r#"session.encryption_key = "***": {rule}"#)]);
    }

    #[test]
    fn one_key_for_both_tokens_is_refused() {
        let found = faults(|c| {
            c.session.encryption_key = "the same key".into();
            c.session.refresh_encryption_key = "the same key".into();
        });
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(!found[0].contains("the same key"));
    }
}
