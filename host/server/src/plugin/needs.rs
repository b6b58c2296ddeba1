//! What a plugin says that it needs, against what it is granted.

use super::bindings::exports::meadhall::plugin::capabilities::Need;
use super::grants::Grants;
use crate::config::{HttpGrant, PluginSection, toml_key};
use anyhow::bail;

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

/// The lines of a configuration that grant all that a plugin needs, for an operator to fill in.
pub(crate) fn configuration(plugin: &str, needs: &[(String, String)]) -> Vec<String> {
    let of = |wanted: &'static str| needs.iter().filter(move |(kind, _)| kind == wanted).map(|(_, name)| name.as_str());
    let list = |items: Vec<String>| items.join(", ");
    let (mut lines, key) = (Vec::new(), toml_key(plugin));
    let settings: Vec<_> = of("setting").map(setting_line).collect();
    if !settings.is_empty() {
        lines.push(format!("[plugin.{key}]"));
        lines.extend(settings);
    }
    let mut allow = Vec::new();
    let http: Vec<_> = of("http").map(http_entry).collect();
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
    format!("{{ host = {host:?}{port} }}")
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
    fn the_lines_to_paste_are_a_configuration() {
        let need = |kind: &str, name: &str| (kind.to_owned(), name.to_owned());
        let needs = [
            need("setting", "endpoint"),
            need("http", "api.example.com"),
            need("http", "127.0.0.1:8080"),
            need("environment", "API_KEY"),
            need("folder", "words"),
        ];
        let text = configuration("analytics", &needs).join("\n");
        let table: toml::Table = text.parse().unwrap();
        let section: PluginSection = table["plugin"]["analytics"].clone().try_into().unwrap();
        assert_eq!(section.allow.http[1].port, Some(8080));
        assert_eq!(section.allow.environment, ["API_KEY"]);
        assert!(section.settings.contains_key("endpoint") && section.allow.folders.contains_key("words"));
        assert!(configuration("quiet", &[]).is_empty());
    }
}
