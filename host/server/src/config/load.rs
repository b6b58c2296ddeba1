//! Filling the configuration from file, environment and command line; the later wins.

use super::Config;
use super::check::check;
use super::fault::{Fault, Faults, MASK, is_secret};
use super::plugin::{self, TextForm};
use crate::spelling::nearest;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// What starts the name of an environment variable that is a setting.
const PREFIX: &str = "MEADHALL_";

/// The section whose keys are the plugins' own.
const PLUGIN: &str = "plugin";

/// Where settings come from, in the order in which they win over each other: the later one stands.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// A TOML file.
    pub file: Option<PathBuf>,
    /// All environment variables; those that start with `MEADHALL_` are settings.
    pub environment: Vec<(String, String)>,
    /// `section.key=value` of the command line.
    pub settings: Vec<String>,
}

/// Loads and checks the configuration. Keys that are not given stay empty: see [`super::fill_keys`].
///
/// # Errors
/// All faults at once, of every source.
pub fn load(sources: &Sources) -> Result<Config, Faults> {
    let mut loading = Loading::new();
    if let Some(file) = &sources.file {
        loading.file(file);
    }
    for (name, value) in &sources.environment {
        loading.variable(name, value);
    }
    for setting in &sources.settings {
        loading.setting(setting);
    }
    loading.finish()
}

/// The settings so far, each checked for itself.
struct Loading {
    /// All keys with their defaults: what is known, and of which type.
    known: Table,
    table: Table,
    faults: Vec<Fault>,
}

impl Loading {
    fn new() -> Self {
        let known = Table::try_from(Config::default()).expect("the defaults are plain values");
        Self { known, table: Table::new(), faults: Vec::new() }
    }

    fn finish(mut self) -> Result<Config, Faults> {
        let config = Config::deserialize_table(self.table).expect("every setting was read on its own before");
        self.faults.extend(check(&config));
        if self.faults.is_empty() { Ok(config) } else { Err(Faults(self.faults)) }
    }

    fn file(&mut self, file: &Path) {
        let shown = format!("{:?}", file.display().to_string());
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => return self.fault("--config", shown, format!("cannot be read: {error}")),
        };
        match text.parse::<Table>() {
            Ok(table) => table.into_iter().for_each(|(section, value)| self.section(&section, value)),
            Err(error) => {
                let problem = error.message().lines().collect::<Vec<_>>().join(", ");
                let end = error.span().map_or(0, |span| span.start.min(text.len()));
                let line = text.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count() + 1;
                self.fault("--config", shown, format!("is no TOML: line {line}: {problem}"));
            }
        }
    }

    fn section(&mut self, section: &str, value: Value) {
        let Value::Table(keys) = value else {
            return self.fault(section, value.to_string(), "is no section");
        };
        for (key, value) in keys {
            match value {
                Value::Table(settings) if section == PLUGIN => {
                    settings.into_iter().for_each(|(inner, value)| self.plugin_setting(&key, &inner, value));
                }
                value => self.value(&[section, &key], value),
            }
        }
    }

    /// A key of `[plugin.NAME]`, or one of the tables below it, key by key.
    fn plugin_setting(&mut self, plugin: &str, key: &str, value: Value) {
        match value {
            Value::Table(keys) if !plugin::is_own_setting(&[key]) => {
                keys.into_iter().for_each(|(inner, value)| self.value(&[PLUGIN, plugin, key, &inner], value));
            }
            value if matches!(key, "allow" | "limits") => {
                self.fault(format!("{PLUGIN}.{plugin}.{key}"), value.to_string(), "is no section");
            }
            Value::Table(_) => {
                let problem = "is no section: those of a plugin are allow and limits, and a setting is a text";
                self.fault(format!("{PLUGIN}.{plugin}.{key}"), MASK.to_owned(), problem);
            }
            value => self.value(&[PLUGIN, plugin, key], value),
        }
    }

    fn variable(&mut self, name: &str, text: &str) {
        let Some(rest) = name.strip_prefix(PREFIX) else { return };
        self.text(&rest.to_lowercase().replace("__", "."), text);
    }

    fn setting(&mut self, setting: &str) {
        match setting.split_once('=') {
            Some((key, text)) => self.text(key.trim(), text.trim()),
            None => self.fault("--set", format!("{setting:?}"), "is not of the form section.key=value"),
        }
    }

    /// A setting that came as text, read as its key's type asks.
    fn text(&mut self, key: &str, text: &str) {
        let path = path_of(key);
        let typed = match (self.default_of(&path), path.as_slice()) {
            (Some(Value::Integer(_)), _) => text.parse().map(Value::Integer).ok(),
            (Some(Value::Boolean(_)), _) => text.parse().map(Value::Boolean).ok(),
            (Some(Value::Array(_)), _) => Some(list(text)),
            (_, [PLUGIN, _, below @ ..]) => match plugin::form(below) {
                Some(TextForm::List) => Some(list(text)),
                Some(TextForm::Toml) => toml_value(text),
                Some(TextForm::Text) | None => None,
            },
            _ => None,
        };
        // What is of no such type goes on as text: reading it as a setting then says what is expected.
        self.value(&path, typed.unwrap_or_else(|| Value::String(text.to_owned())));
    }

    /// One setting: known, of the right type, and then stored.
    fn value(&mut self, path: &[&str], value: Value) {
        let key = path.join(".");
        let of_plugin = |path: &[&str]| matches!(path, [PLUGIN, _, below @ ..] if plugin::form(below).is_some());
        if self.default_of(path).is_none() && !of_plugin(path) {
            let problem = match self.nearest(path) {
                Some(known) => format!("is no known setting, did you mean {known}?"),
                None => "is no known setting".to_owned(),
            };
            return self.fault(&*key, shown(path, &value), problem);
        }
        let mut alone = Table::new();
        put(&mut alone, path, value.clone());
        match Config::deserialize_table(alone) {
            Ok(_) => put(&mut self.table, path, value),
            Err(error) => self.fault(&*key, shown(path, &value), in_words(error.message())),
        }
    }

    /// The known setting that is most like another, where one is like it.
    fn nearest(&self, path: &[&str]) -> Option<String> {
        let keys = |section: &str| self.known.get(section)?.as_table();
        match path {
            [section, key] => {
                let section = nearest(section, self.known.keys().map(String::as_str))?;
                let key = nearest(key, keys(section)?.keys().map(String::as_str))?;
                Some(format!("{section}.{key}"))
            }
            // Sections and keys of a variable have two underscores between them.
            [one] => {
                let (section, key) = self.known.keys().find_map(|known| Some((known, one.strip_prefix(&**known)?)))?;
                let key = key.strip_prefix('_')?;
                keys(section)?.contains_key(key).then(|| format!("{section}.{key}"))
            }
            _ => None,
        }
    }

    fn default_of(&self, path: &[&str]) -> Option<&Value> {
        let [section, key] = path else { return None };
        self.known.get(*section)?.get(key)
    }

    fn fault(&mut self, key: impl Into<String>, value: String, problem: impl Into<String>) {
        self.faults.push(Fault { key: key.into(), value, problem: problem.into() });
    }
}

impl Config {
    fn deserialize_table(table: Table) -> Result<Self, toml::de::Error> {
        table.try_into()
    }
}

/// Stores a value under a path of names.
fn put(table: &mut Table, path: &[&str], value: Value) {
    let Some((name, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        table.insert((*name).to_owned(), value);
    } else if let Value::Table(inner) = table.entry(*name).or_insert_with(|| Table::new().into()) {
        put(inner, rest, value);
    }
}

/// The names that a key is a path of.
fn path_of(key: &str) -> Vec<&str> {
    let Some(below) = key.strip_prefix("plugin.") else { return key.splitn(2, '.').collect() };
    // The name of a plugin has no dot here, the key of its setting and the name of a folder may.
    let own = match below.split_once('.') {
        Some((_, key)) if key.starts_with("allow.folders.") => 4,
        Some((_, key)) if key.starts_with("allow.") || key.starts_with("limits.") => 3,
        _ => 2,
    };
    std::iter::once(PLUGIN).chain(below.splitn(own, '.')).collect()
}

/// A value as TOML has it; none for what is none.
fn toml_value(text: &str) -> Option<Value> {
    format!("value = {text}").parse::<Table>().ok().and_then(|mut table| table.remove("value"))
}

/// `["a", "b"]` or `a,b`.
fn list(text: &str) -> Value {
    toml_value(text).filter(Value::is_array).unwrap_or_else(|| {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        Value::Array(items.map(|item| Value::String(item.to_owned())).collect())
    })
}

/// What is expected, in the words of somebody who writes a configuration and not of the parser.
fn in_words(problem: &str) -> String {
    let expected = match problem.rsplit_once(", expected ") {
        Some((_, "a boolean")) => "must be true or false",
        Some((_, "a string")) => "must be a text",
        Some((_, "a sequence")) => "must be a list, such as [\"one\", \"two\"]",
        Some((_, "struct HttpGrant")) => "must be tables, such as { host = \"api.example.com\" }",
        Some((_, "u8" | "u16" | "u32" | "u64" | "usize")) => "must be a whole number, 0 or more",
        Some((_, "socket address")) => ADDRESS,
        _ if problem == "invalid socket address syntax" => ADDRESS,
        _ if problem == "invalid IP address syntax" => "must be IP addresses, such as 10.0.0.1",
        _ => problem,
    };
    expected.to_owned()
}

/// What addresses must be.
const ADDRESS: &str = "must be an IP address and a port, such as 127.0.0.1:7350";

fn shown(path: &[&str], value: &Value) -> String {
    let secret = match path {
        [PLUGIN, _, below @ ..] => plugin::is_own_setting(below),
        path => is_secret(&path.join(".")),
    };
    if secret { MASK.to_owned() } else { value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(file: &str, environment: &[(&str, &str)], settings: &[&str]) -> (tempfile::TempDir, Sources) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("meadhall.toml");
        std::fs::write(&path, file).unwrap();
        let sources = Sources {
            file: Some(path),
            environment: environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            settings: settings.iter().map(|setting| (*setting).to_owned()).collect(),
        };
        (folder, sources)
    }

    fn faults(file: &str, environment: &[(&str, &str)], settings: &[&str]) -> Vec<String> {
        let (_folder, sources) = sources(file, environment, settings);
        load(&sources).unwrap_err().0.iter().map(Fault::to_string).collect()
    }

    #[test]
    fn nothing_given_is_the_defaults() {
        assert_eq!(load(&Sources::default()).unwrap(), Config::default());
    }

    #[test]
    fn the_later_source_wins() {
        let (_folder, all) = sources(
            "[runtime]\ninstances = 2\nrpc_deadline_ms = 2000\nevent_queue_size = 2\n",
            &[("MEADHALL_RUNTIME__INSTANCES", "3"), ("MEADHALL_RUNTIME__RPC_DEADLINE_MS", "3000"), ("PATH", "/bin")],
            &["runtime.instances=4"],
        );
        let runtime = load(&all).unwrap().runtime;
        assert_eq!((runtime.instances, runtime.rpc_deadline_ms, runtime.event_queue_size), (4, 3000, 2));
    }

    #[test]
    fn texts_are_read_as_their_key_asks() {
        let (_folder, all) = sources(
            "",
            &[],
            &[
                "server.server_key=12345",
                "server.listen = 127.0.0.1:0",
                "server.dev=true",
                "runtime.plugins=a.wasm, b.wasm",
                "cors.origins=[\"https://game.test\", \"https://other.test\"]",
                "metrics.listen=none",
                "log.format=json",
                "plugin.session-events.greeting=hello = there",
            ],
        );
        let config = load(&all).unwrap();
        assert_eq!(config.server.server_key, "12345");
        assert_eq!(config.server.listen.port(), 0);
        assert!(config.server.dev);
        assert_eq!(config.runtime.plugins, [PathBuf::from("a.wasm"), PathBuf::from("b.wasm")]);
        assert_eq!(config.cors.origins, ["https://game.test", "https://other.test"]);
        assert_eq!(config.metrics.listen, None);
        assert_eq!(config.plugin["session-events"].settings["greeting"], "hello = there");
    }

    #[test]
    fn plugin_settings_come_from_everywhere() {
        let file = "[plugin.one]\na = \"file\"\nb = \"file\"\n[plugin.two]\na = \"file\"\n";
        let (_folder, all) = sources(file, &[("MEADHALL_PLUGIN__ONE__B", "environment")], &["plugin.two.c=line"]);
        let plugin = load(&all).unwrap().plugin;
        let setting = |name: &str, key: &str| plugin[name].settings[key].clone();
        assert_eq!((&*setting("one", "a"), &*setting("one", "b")), ("file", "environment"));
        assert_eq!((&*setting("two", "a"), &*setting("two", "c")), ("file", "line"));
    }

    /// File, environment, command line, and the fault they make.
    type Case = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str], &'static str);

    #[test]
    fn each_fault_names_key_and_value() {
        let cases: &[Case] = &[
            (
                "[server]\nlisten = 5",
                &[],
                &[],
                "server.listen = 5: must be an IP address and a port, such as 127.0.0.1:7350",
            ),
            (
                "[server]\nlisten = \"home\"",
                &[],
                &[],
                r#"server.listen = "home": must be an IP address and a port, such as 127.0.0.1:7350"#,
            ),
            ("[server]\ncolour = \"red\"", &[], &[], r#"server.colour = "red": is no known setting"#),
            (
                "[server]\nlisen = \"x\"",
                &[],
                &[],
                r#"server.lisen = "x": is no known setting, did you mean server.listen?"#,
            ),
            (
                "[servers]\nname = \"x\"",
                &[],
                &[],
                r#"servers.name = "x": is no known setting, did you mean server.name?"#,
            ),
            (
                "[plugin.p.alow]\nhttp = []",
                &[],
                &[],
                r#"plugin.p.alow = "***": is no section: those of a plugin are allow and limits, and a setting is a text"#,
            ),
            (
                "[plugin.p.allow]\nhttp = [\"a.example\"]",
                &[],
                &[],
                r#"plugin.p.allow.http = ["a.example"]: must be tables, such as { host = "api.example.com" }"#,
            ),
            (
                "[server]\ntrusted_proxies = [\"x\"]",
                &[],
                &[],
                r#"server.trusted_proxies = ["x"]: must be IP addresses, such as 10.0.0.1"#,
            ),
            ("server = 5", &[], &[], "server = 5: is no section"),
            ("[plugin]\nx = \"y\"", &[], &[], r#"plugin.x = "***": is no known setting"#),
            (
                "",
                &[("MEADHALL_SERVER_LISTEN", "x")],
                &[],
                r#"server_listen = "x": is no known setting, did you mean server.listen?"#,
            ),
            (
                "",
                &[("MEADHALL_RUNTIME__INSTANCES", "many")],
                &[],
                r#"runtime.instances = "many": must be a whole number, 0 or more"#,
            ),
            ("", &[], &["runtime.instances=-1"], "runtime.instances = -1: must be a whole number, 0 or more"),
            ("", &[], &["server.dev=yes"], r#"server.dev = "yes": must be true or false"#),
            ("", &[], &["log.format=xml"], r#"log.format = "xml": unknown variant `xml`, expected `text` or `json`"#),
            (
                "",
                &[],
                &["metrics.listen=here"],
                r#"metrics.listen = "here": is no address such as 127.0.0.1:9350, and not none"#,
            ),
            ("", &[], &["runtime"], r#"--set = "runtime": is not of the form section.key=value"#),
            ("[session]\nencryption_key = 5", &[], &[], r#"session.encryption_key = "***": must be a text"#),
        ];
        for (file, environment, settings, expected) in cases {
            assert_eq!(faults(file, environment, settings), [*expected]);
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let found = faults(
            "[server]\ncolour = \"red\"\nlisten = \"home\"\n",
            &[("MEADHALL_SOCKET__SIZE", "1")],
            &["runtime.instances=0", "socket.ping_period_ms=x"],
        );
        let keys: Vec<_> = found.iter().filter_map(|fault| fault.split(' ').next()).collect();
        assert_eq!(
            keys,
            ["server.colour", "server.listen", "socket.size", "socket.ping_period_ms", "runtime.instances"]
        );
    }

    #[test]
    fn a_file_that_is_none_is_a_fault() {
        let found = faults("[server\n", &[], &[]);
        assert!(found[0].starts_with("--config = ") && found[0].contains("is no TOML: "), "{found:?}");
        let missing = Sources { file: Some("/nowhere/meadhall.toml".into()), ..Sources::default() };
        let found = load(&missing).unwrap_err().to_string();
        assert!(found.contains(r#"--config = "/nowhere/meadhall.toml": cannot be read"#), "{found}");
    }
}
