//! The configuration as a TOML file, with a comment on every key.

use super::fault::{MASK, is_secret};
use super::plugin::is_own_setting;
use super::{
    Config, CorsConfig, LogConfig, LoginConfig, MetricsConfig, PluginSection, RuntimeConfig, ServerConfig,
    SessionConfig, SocketConfig, StorageConfig,
};
use documented::DocumentedFields;
use std::fmt::Write as _;
use toml::{Table, Value};

/// Writes all of a configuration, so that it can be read back. Without `secrets`, keys and plugin settings are masked.
pub fn print(config: &Config, secrets: bool) -> String {
    let table = Table::try_from(config).expect("a configuration is plain values");
    let mut text = String::new();
    for (section, keys) in sections() {
        comment(&mut text, comment_of::<Config>(section));
        let _ = writeln!(text, "[{section}]");
        let values = table.get(section).and_then(Value::as_table);
        for (key, documentation) in keys {
            let Some(value) = values.and_then(|values| values.get(*key)) else { continue };
            comment(&mut text, documentation);
            setting(&mut text, &format!("{section}.{key}"), key, value, secrets);
        }
        text.push('\n');
    }
    comment(&mut text, comment_of::<Config>("plugin"));
    for (name, section) in &config.plugin {
        plugin(&mut text, &toml_key(name), section, secrets);
    }
    text
}

/// What a plugin reads itself is masked without `secrets`; what it is granted and its limits are for all to see.
fn plugin(text: &mut String, name: &str, section: &PluginSection, secrets: bool) {
    let mut table = Table::try_from(section).expect("a plugin's section is plain values");
    let below = ["allow", "limits"].map(|key| (key, table.remove(key)));
    let _ = writeln!(text, "[plugin.{name}]");
    for (key, value) in &table {
        let path = if is_own_setting(&[key]) { format!("plugin.{name}.{key}") } else { key.clone() };
        setting(text, &path, &toml_key(key), value, secrets);
    }
    text.push('\n');
    for (key, keys) in below {
        let Some(Value::Table(keys)) = keys.filter(|keys| keys.as_table().is_some_and(|keys| !keys.is_empty())) else {
            continue;
        };
        let _ = writeln!(text, "[plugin.{name}.{key}]");
        keys.iter().for_each(|(key, value)| setting(text, key, key, value, secrets));
        text.push('\n');
    }
}

type Keys = Vec<(&'static &'static str, &'static str)>;

/// The sections in the order of the file, each with its keys and their comments.
fn sections() -> [(&'static str, Keys); 9] {
    [
        ("server", keys::<ServerConfig>()),
        ("socket", keys::<SocketConfig>()),
        ("session", keys::<SessionConfig>()),
        ("runtime", keys::<RuntimeConfig>()),
        ("storage", keys::<StorageConfig>()),
        ("login", keys::<LoginConfig>()),
        ("cors", keys::<CorsConfig>()),
        ("metrics", keys::<MetricsConfig>()),
        ("log", keys::<LogConfig>()),
    ]
}

fn keys<T: DocumentedFields>() -> Keys {
    T::FIELD_NAMES.iter().zip(T::FIELD_DOCS.iter().copied()).collect()
}

fn comment_of<T: DocumentedFields>(field: &str) -> &'static str {
    T::get_field_docs(field).unwrap_or_default()
}

fn comment(text: &mut String, documentation: &str) {
    for line in documentation.lines() {
        let _ = writeln!(text, "# {}", line.trim());
    }
}

fn setting(text: &mut String, path: &str, key: &str, value: &Value, secrets: bool) {
    let empty = value.as_str().is_some_and(str::is_empty);
    let shown = if is_secret(path) && !secrets && !empty { MASK.to_owned() } else { value.to_string() };
    let _ = writeln!(text, "{key} = {shown}");
}

/// A name as a key of TOML: a plugin's own names need not be bare keys.
pub(crate) fn toml_key(key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if bare { key.to_owned() } else { Value::String(key.to_owned()).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{HttpGrant, Sources, load};

    fn example() -> Config {
        let mut config = Config::default();
        config.server.server_key = "public".into();
        config.session.encryption_key = "secret".into();
        config.metrics.listen = None;
        config.runtime.plugins = vec!["a.wasm".into()];
        let plugin = config.plugin.entry("my.plugin".into()).or_default();
        plugin.settings.insert("password".into(), "secret".into());
        plugin.deny = vec!["storage".into()];
        plugin.allow.http = vec![HttpGrant::new("api.example.com")];
        plugin.allow.environment = vec!["API_KEY".into()];
        plugin.allow.folders.insert("words".into(), "/srv/words".into());
        plugin.limits.instances = Some(3);
        config
    }

    #[test]
    fn what_is_printed_can_be_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("meadhall.toml");
        std::fs::write(&file, print(&example(), true)).unwrap();
        let read = load(&Sources { file: Some(file), ..Sources::default() });
        assert_eq!(read, Ok(example()));
    }

    #[test]
    fn every_key_has_its_comment() {
        let text = print(&Config::default(), false);
        let table = Table::try_from(Config::default()).unwrap();
        let mut lines = text.lines().peekable();
        let mut found = 0;
        while let Some(line) = lines.next() {
            if lines.peek().is_some_and(|next| !next.starts_with(['#', '[']) && next.contains(" = ")) {
                assert!(line.starts_with("# "), "{line:?} is no comment");
                found += 1;
            }
        }
        let keys: usize = table.values().filter_map(Value::as_table).map(Table::len).sum();
        assert_eq!(found, keys);
    }

    #[test]
    fn secrets_are_masked_unless_asked_for() {
        assert!(!print(&example(), false).contains("secret\""));
        assert!(print(&example(), true).contains("encryption_key = \"secret\""));
        assert!(print(&example(), false).contains("api.example.com"), "a grant is no secret");
        assert!(
            print(&Config::default(), false).contains("\nencryption_key = \"\"\n"),
            "nothing to hide shows as such"
        );
    }
}
