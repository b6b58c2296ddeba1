//! The SDK for plugins in JavaScript, as this program carries it: it is on no registry, so a new plugin gets its source.

use super::super::carried::{CONTRACT, File, carried};
use anyhow::Context as _;
use serde_json::{Map, Value, json};

/// The SDK's package.
pub(super) const PACKAGE: &str = "meadhall-guest";

/// What npm is told in the SDK's folder, and in a plugin's.
pub(super) const NPM_SETTINGS: &str = include_str!("../../../../../../guest-sdk/js/.npmrc");

/// The versions of the tools, and of all that they need.
const LOCK: &str = include_str!("../../../../../../guest-sdk/js/package-lock.json");

/// Its own files, by their path in its folder.
const FILES: &[File] = &carried![
    "guest-sdk/js/":
    "README.md",
    "build.mjs",
    "build/bundle.mjs",
    "build/component.mjs",
    "build/engine.mjs",
    "build/error.mjs",
    "build/lines.mjs",
    "build/plugin.mjs",
    "build/top.mjs",
    "build/types.mjs",
    "build/wit.mjs",
    "package.json",
    "src/account.ts",
    "src/channel.ts",
    "src/component.ts",
    "src/context.ts",
    "src/engine.ts",
    "src/error.ts",
    "src/event.ts",
    "src/file.ts",
    "src/friend.ts",
    "src/globals.d.ts",
    "src/group.ts",
    "src/hooks.ts",
    "src/host.ts",
    "src/http.ts",
    "src/index.ts",
    "src/json.ts",
    "src/lines.ts",
    "src/log.ts",
    "src/messages/account.ts",
    "src/messages/channel.ts",
    "src/messages/friend.ts",
    "src/messages/group.ts",
    "src/messages/index.ts",
    "src/messages/notification.ts",
    "src/messages/status.ts",
    "src/messages/timestamp.ts",
    "src/metrics.ts",
    "src/notification.ts",
    "src/page.ts",
    "src/plugin.ts",
    "src/session.ts",
    "src/status.ts",
    "src/storage.ts",
    "src/stream.ts",
    "src/users.ts",
    "src/wit.d.ts",
];

/// All files of the SDK, by their path in its folder.
pub(super) fn files() -> impl Iterator<Item = &'static File> {
    FILES.iter().chain(CONTRACT)
}

/// The `package-lock.json` of a new plugin: the SDK's, for a package that has the SDK in a folder.
///
/// # Errors
/// When the SDK's lock is not what npm writes, which a test sees first.
pub(super) fn lock(name: &str) -> anyhow::Result<String> {
    let mut lock: Map<String, Value> = serde_json::from_str(LOCK)?;
    lock.insert("name".into(), name.into());
    lock.insert("version".into(), "0.1.0".into());
    let packages = lock.get_mut("packages").and_then(Value::as_object_mut).context("the lock has no packages")?;
    let sdk = packages.remove("").context("the lock has no package of its own")?;
    let plugin = json!({ "name": name, "version": "0.1.0", "dependencies": { PACKAGE: "file:sdk" } });
    packages.insert(String::new(), plugin);
    packages.insert(format!("node_modules/{PACKAGE}"), json!({ "resolved": "sdk", "link": true }));
    packages.insert("sdk".into(), sdk);
    Ok(serde_json::to_string_pretty(&lock)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::super::super::carried;
    use super::*;
    use std::collections::BTreeSet;

    /// What is for this repository only.
    const NOT_CARRIED: [&str; 4] = ["node_modules", "package-lock.json", ".npmrc", "tsconfig.json"];

    #[test]
    fn no_file_of_the_sdk_is_missing() {
        let expected = carried::tests::files("guest-sdk/js", "", &NOT_CARRIED);
        assert_eq!(carried::tests::paths(FILES), expected);
    }

    fn carried(path: &str) -> &'static str {
        FILES.iter().find(|(carried, _)| *carried == path).unwrap_or_else(|| panic!("no {path}")).1
    }

    /// npm reads `overrides` in a project's own manifest only, so that a plugin's repeats the SDK's.
    #[test]
    fn a_new_plugin_has_the_versions_of_the_sdk() {
        let sdk: Value = serde_json::from_str(carried("package.json")).unwrap();
        let plugin: Value = serde_json::from_str(include_str!("package.json.template")).unwrap();
        assert_eq!(plugin["overrides"], sdk["overrides"]);
        let lock: Value = serde_json::from_str(&lock("game").unwrap()).unwrap();
        assert_eq!(lock["name"], "game");
        assert_eq!(lock["packages"][""]["dependencies"], plugin["dependencies"]);
        assert_eq!(lock["packages"]["sdk"]["dependencies"], sdk["dependencies"]);
    }

    #[test]
    fn the_lock_names_no_server() {
        assert!(!LOCK.contains("\"resolved\""), "guest-sdk/js/.npmrc keeps npm from writing where packages came from");
    }

    /// The SDK has types for the messages whose features exist; the server also lets hooks at those that do not yet.
    #[test]
    fn the_sdk_has_types_for_the_messages_that_the_server_has() {
        let is_built = |name: &&str| !name.starts_with("Match") && !name.starts_with("Party");
        let built = crate::plugin::HOOKS.iter().copied().filter(is_built).collect::<BTreeSet<_>>();
        let typed = hooks().into_iter().map(|(name, ..)| name).collect::<BTreeSet<_>>();
        assert_eq!(typed, built);
    }

    /// Name, request and reply of each hook in `hooks.ts`.
    fn hooks() -> Vec<(&'static str, &'static str, &'static str)> {
        let rows = carried("src/hooks.ts").lines().filter_map(|line| line.trim().strip_suffix(">;"));
        rows.filter_map(|row| {
            let (name, types) = row.split_once(": Message<")?;
            let (request, reply) = types.split_once(", ")?;
            Some((name, request, reply))
        })
        .collect()
    }

    #[test]
    fn requests_and_replies_are_those_of_the_rust_sdk() {
        let rust = include_str!("../../../../../../guest-sdk/src/hook.rs");
        let named = |ty: &'static str| if ty == "()" { "Nothing" } else { ty };
        let rows = rust.lines().filter_map(|line| line.trim().strip_suffix(';')).filter_map(|row| {
            let (name, types) = row.split_once(": ")?;
            let (request, reply) = types.split_once(" => ")?;
            (!name.starts_with('$')).then(|| (name, named(request), named(reply)))
        });
        assert_eq!(hooks(), rows.collect::<Vec<_>>());
    }

    /// Every message of the Rust SDK is an interface here, with the same fields.
    #[test]
    fn messages_have_the_fields_of_the_rust_sdk() {
        for name in ["account", "channel", "friend", "group", "notification", "status"] {
            let file = format!("{}/../../guest-sdk/src/message/{name}.rs", env!("CARGO_MANIFEST_DIR"));
            let rust = std::fs::read_to_string(file).unwrap();
            let ts = carried(&format!("src/messages/{name}.ts"));
            assert_eq!(fields(ts), fields(&rust), "{name}");
        }
    }

    /// The lines that open a message, and the names of its fields, in order. Works for both languages.
    fn fields(text: &str) -> Vec<String> {
        let mut renamed = None;
        let mut found = Vec::new();
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix("#[serde(rename = \"") {
                renamed = name.strip_suffix("\")]");
            } else if let Some(name) = line.strip_suffix(" {").filter(|name| !name.starts_with("messages!")) {
                found.push(format!("{}:", name.trim_start_matches("export interface ")));
            } else if let Some((name, _)) = line.split_once(": ").filter(|_| line.ends_with([',', ';'])) {
                let name = name.trim_start_matches("r#").trim_end_matches('?');
                if name.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
                    found.push(renamed.take().unwrap_or(name).to_owned());
                }
            }
        }
        found
    }
}
