//! What a plugin says that it needs, against what it is granted.

use super::bindings::exports::meadhall::plugin::capabilities::Need;
use super::grants::Grants;
use super::http;
use super::imports::shortened;
use crate::config::{HttpGrant, PluginSection, toml_key};
use anyhow::bail;
use reqwest::Url;

/// Checks that all that a plugin needs is granted.
///
/// # Errors
/// When something is not: all of it, each with the line to add.
pub(super) fn check(plugin: &str, needs: &[Need], section: &PluginSection, grants: &Grants) -> anyhow::Result<()> {
    let missing: Vec<_> = needs.iter().filter_map(|need| missing(plugin, need, section, grants)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    bail!("plugin {plugin:?} needs {}", missing.join("; it needs "))
}

/// What is missing, and the line that grants it; none when nothing is.
fn missing(plugin: &str, Need { kind, name }: &Need, section: &PluginSection, grants: &Grants) -> Option<String> {
    let key = toml_key(plugin);
    match kind.as_str() {
        "http" if section.allow.http.iter().any(|grant| is_at(grant, name)) => None,
        "http" => Some(format!("to ask {name}: add {} to http in [plugin.{key}.allow]", http_entry(name))),
        "url" => match section.settings.get(name) {
            Some(value) => missing_for(&key, name, value, section),
            None => {
                let line = format!("{} = \"https://…\"", toml_key(name));
                Some(format!("the setting {name}, the URL of a server to ask: add {line} to [plugin.{key}]"))
            }
        },
        "environment" if grants.environment.iter().any(|(set, _)| set == name) => None,
        "environment" if section.allow.environment.contains(name) => {
            Some(format!("the environment variable {name}, which is granted: set it where the server is started"))
        }
        "environment" => {
            Some(format!("the environment variable {name}: add {name:?} to environment in [plugin.{key}.allow]"))
        }
        "folder" if section.allow.folders.contains_key(name) => None,
        "folder" => {
            let entry = folder_entry(name);
            Some(format!("the folder {name:?}: add {entry} to folders in [plugin.{key}.allow]"))
        }
        "setting" if section.settings.contains_key(name) => None,
        "setting" => Some(format!("the setting {name}: add {} to [plugin.{key}]", setting_line(name))),
        _ => Some(format!("{name:?} of kind {kind:?}, and this server knows no such kind")),
    }
}

/// What is missing to ask the server that a setting names.
fn missing_for(key: &str, setting: &str, value: &str, section: &PluginSection) -> Option<String> {
    let url = Url::parse(value).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(url) = url else {
        let shown = shortened(value);
        return Some(format!("a URL such as https://api.example.com/ in its setting {setting}, which is {shown:?}"));
    };
    if section.allow.http.iter().any(|grant| http::covers(grant, &url)) {
        return None;
    }
    let (host, entry) = (http::host(&url), http::entry(&url));
    Some(format!("to ask {host}, as its setting {setting} says: add {entry} to http in [plugin.{key}.allow]"))
}

/// The lines of a configuration that grant all that a plugin needs, for an operator to fill in.
pub(crate) fn configuration(plugin: &str, needs: &[(String, String)]) -> Vec<String> {
    let of = |wanted: &'static str| needs.iter().filter(move |(kind, _)| kind == wanted).map(|(_, name)| name.as_str());
    let list = |items: Vec<String>| items.join(", ");
    let (mut lines, key) = (Vec::new(), toml_key(plugin));
    let url_line = |name| format!("{} = \"https://…\"    # whose host stands in http below", toml_key(name));
    let settings: Vec<_> = of("url").map(url_line).chain(of("setting").map(setting_line)).collect();
    if !settings.is_empty() {
        lines.push(format!("[plugin.{key}]"));
        lines.extend(settings);
    }
    let mut allow = Vec::new();
    let of_url = |_| "{ host = \"…\" }".to_owned();
    let http: Vec<_> = of("http").map(http_entry).chain(of("url").map(of_url)).collect();
    let variables: Vec<_> = of("environment").map(|name| format!("{name:?}")).collect();
    let folders: Vec<_> = of("folder").map(folder_entry).collect();
    if !http.is_empty() {
        allow.push(format!("http = [{}]", list(http)));
    }
    if !variables.is_empty() {
        allow.push(format!("environment = [{}]", list(variables)));
    }
    if !folders.is_empty() {
        allow.push(format!("folders = {{ {} }}", list(folders)));
    }
    if !allow.is_empty() {
        lines.push(format!("[plugin.{key}.allow]"));
        lines.extend(allow);
    }
    lines
}

fn setting_line(name: &str) -> String {
    format!("{} = \"…\"", toml_key(name))
}

fn folder_entry(name: &str) -> String {
    let key = toml_key(name);
    format!("{key} = \"/path/to/{name}\"")
}

/// Host and port of a need's name; an IPv6 address with a port stands in brackets.
fn host_and_port(name: &str) -> (&str, Option<u16>) {
    let split = name.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    match split {
        Some((host, port)) if host.starts_with('[') || !host.contains(':') => {
            (host.trim_matches(['[', ']']), Some(port))
        }
        _ => (name.trim_matches(['[', ']']), None),
    }
}

fn http_entry(name: &str) -> String {
    let (host, port) = host_and_port(name);
    let port = port.map(|port| format!(", port = {port}")).unwrap_or_default();
    let private = if http::is_local(host) { ", private = true" } else { "" };
    format!("{{ host = {host:?}{port}{private} }}")
}

fn is_at(grant: &HttpGrant, name: &str) -> bool {
    let (host, port) = host_and_port(name);
    let of_scheme = |port| grant.schemes.iter().any(|scheme| port == if scheme == "https" { 443 } else { 80 });
    grant.host == host && port.is_none_or(|port| grant.port.map_or_else(|| of_scheme(port), |granted| granted == port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_need_is_met_by_a_grant_of_its_server_and_port() {
        let grant = HttpGrant { port: Some(8080), ..HttpGrant::new("api.example.com") };
        assert!(is_at(&grant, "api.example.com") && is_at(&grant, "api.example.com:8080"));
        assert!(!is_at(&grant, "api.example.com:443") && !is_at(&grant, "example.com"));
        assert!(is_at(&HttpGrant::new("api.example.com"), "api.example.com:443"));
        assert!(is_at(&HttpGrant::new("::1"), "[::1]:443") && is_at(&HttpGrant::new("::1"), "::1"));
    }

    #[test]
    fn a_url_needs_its_setting_and_the_grant_of_its_server() {
        let mut section = PluginSection::default();
        let missing = |section: &PluginSection, value: &str| missing_for("analytics", "endpoint", value, section);
        assert_eq!(
            missing(&section, "http://localhost:8080/batch?key=secret").as_deref(),
            Some(
                r#"to ask localhost:8080, as its setting endpoint says: add { host = "localhost", port = 8080, schemes = ["http"], private = true } to http in [plugin.analytics.allow]"#
            )
        );
        for value in ["", "api.example.com/batch", "ftp://api.example.com/", "https://"] {
            let problem = missing(&section, value).unwrap();
            assert!(problem.contains(&format!("its setting endpoint, which is {value:?}")), "{problem}");
        }
        section.allow.http.push(HttpGrant::new("api.example.com"));
        assert_eq!(missing(&section, "https://api.example.com/batch"), None);
        assert!(missing(&section, "http://api.example.com/batch").is_some(), "by another scheme");
        assert!(missing(&section, "https://api.example.com:444/batch").is_some(), "at another port");
    }

    #[test]
    fn the_lines_to_paste_are_a_configuration() {
        let need = |kind: &str, name: &str| (kind.to_owned(), name.to_owned());
        let needs = [
            need("setting", "greeting"),
            need("url", "endpoint"),
            need("http", "api.example.com"),
            need("http", "127.0.0.1:8080"),
            need("http", "localhost"),
            need("environment", "API_KEY"),
            need("folder", "words"),
        ];
        let text = configuration("analytics", &needs).join("\n");
        let table: toml::Table = text.parse().unwrap();
        let section: PluginSection = table["plugin"]["analytics"].clone().try_into().unwrap();
        assert_eq!(section.allow.http[1].port, Some(8080));
        assert!(section.allow.http[2].private);
        assert_eq!(section.allow.http[3].host, "…", "which is for the operator to fill in");
        assert_eq!(section.allow.environment, ["API_KEY"]);
        assert!(section.settings.contains_key("endpoint") && section.settings.contains_key("greeting"));
        assert!(section.allow.folders.contains_key("words"));
        assert!(configuration("quiet", &[]).is_empty());
    }
}
