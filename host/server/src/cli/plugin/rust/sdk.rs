//! The SDK for plugins, as this program carries it: it is on no registry, so a new plugin gets its source.

use super::super::carried::{CONTRACT, File, carried};
use anyhow::Context as _;
use std::borrow::Cow;
use toml::{Table, Value};

/// The SDK's packages.
pub(super) const PACKAGES: [&str; 2] = ["meadhall-guest", "meadhall-guest-macros"];

/// Where the packages are.
const MEMBERS: [&str; 2] = ["guest-sdk", "guest-sdk/macros"];

/// The workspace that the SDK is part of here.
const WORKSPACE: &str = include_str!("../../../../../../Cargo.toml");

/// Its own files, by their path in this repository.
const FILES: &[File] = &carried![
    "":
    "guest-sdk/Cargo.toml",
    "guest-sdk/README.md",
    "guest-sdk/macros/Cargo.toml",
    "guest-sdk/macros/src/expand.rs",
    "guest-sdk/macros/src/lib.rs",
    "guest-sdk/macros/src/module.rs",
    "guest-sdk/macros/src/needs.rs",
    "guest-sdk/macros/src/signature.rs",
    "guest-sdk/src/account.rs",
    "guest-sdk/src/bindings.rs",
    "guest-sdk/src/channel.rs",
    "guest-sdk/src/context.rs",
    "guest-sdk/src/error.rs",
    "guest-sdk/src/event.rs",
    "guest-sdk/src/file.rs",
    "guest-sdk/src/friend.rs",
    "guest-sdk/src/glue.rs",
    "guest-sdk/src/group.rs",
    "guest-sdk/src/hook.rs",
    "guest-sdk/src/host.rs",
    "guest-sdk/src/http.rs",
    "guest-sdk/src/lib.rs",
    "guest-sdk/src/log.rs",
    "guest-sdk/src/message/account.rs",
    "guest-sdk/src/message/channel.rs",
    "guest-sdk/src/message/friend.rs",
    "guest-sdk/src/message/group.rs",
    "guest-sdk/src/message/mod.rs",
    "guest-sdk/src/message/notification.rs",
    "guest-sdk/src/message/status.rs",
    "guest-sdk/src/message/timestamp.rs",
    "guest-sdk/src/metrics.rs",
    "guest-sdk/src/notification.rs",
    "guest-sdk/src/payload.rs",
    "guest-sdk/src/plugin.rs",
    "guest-sdk/src/prelude.rs",
    "guest-sdk/src/session.rs",
    "guest-sdk/src/status.rs",
    "guest-sdk/src/storage.rs",
    "guest-sdk/src/stream.rs",
    "guest-sdk/src/testing/caller.rs",
    "guest-sdk/src/testing/checks.rs",
    "guest-sdk/src/testing/host/account.rs",
    "guest-sdk/src/testing/host/channel.rs",
    "guest-sdk/src/testing/host/channel/history.rs",
    "guest-sdk/src/testing/host/context.rs",
    "guest-sdk/src/testing/host/event.rs",
    "guest-sdk/src/testing/host/file.rs",
    "guest-sdk/src/testing/host/friend.rs",
    "guest-sdk/src/testing/host/group.rs",
    "guest-sdk/src/testing/host/group/roster.rs",
    "guest-sdk/src/testing/host/http.rs",
    "guest-sdk/src/testing/host/log.rs",
    "guest-sdk/src/testing/host/metrics.rs",
    "guest-sdk/src/testing/host/mod.rs",
    "guest-sdk/src/testing/host/notification.rs",
    "guest-sdk/src/testing/host/session.rs",
    "guest-sdk/src/testing/host/status.rs",
    "guest-sdk/src/testing/host/storage.rs",
    "guest-sdk/src/testing/host/stream.rs",
    "guest-sdk/src/testing/host/users.rs",
    "guest-sdk/src/testing/mod.rs",
    "guest-sdk/src/testing/state.rs",
    "guest-sdk/src/testing/tests.rs",
    "guest-sdk/src/testing/world.rs",
    "guest-sdk/src/users.rs",
];

/// All files of the SDK, by their path in its folder.
///
/// # Errors
/// When a manifest of this repository is not what Cargo reads, which a test sees first.
pub(super) fn files() -> anyhow::Result<Vec<(&'static str, Cow<'static, str>)>> {
    let mut files = vec![("Cargo.toml", Cow::Owned(workspace()?))];
    files.extend(FILES.iter().chain(CONTRACT).map(|&(path, text)| (path, Cow::Borrowed(text))));
    Ok(files)
}

/// A workspace of the SDK alone. Its packages take versions and lints from the workspace that they are in, and so can
/// stay as they are.
fn workspace() -> anyhow::Result<String> {
    let mut repository: Table = WORKSPACE.parse()?;
    let whole = repository.get_mut("workspace").and_then(Value::as_table_mut).context("Cargo.toml has no workspace")?;
    let wanted = dependencies()?;
    let mut workspace = Table::new();
    for key in ["resolver", "package", "dependencies", "lints"] {
        let value = whole.remove(key).with_context(|| format!("Cargo.toml has no workspace.{key}"))?;
        workspace.insert(key.to_owned(), value);
    }
    if let Some(Value::Table(dependencies)) = workspace.get_mut("dependencies") {
        dependencies.retain(|name, _| wanted.iter().any(|wanted| wanted == name));
    }
    workspace.insert("members".to_owned(), Value::from(MEMBERS.to_vec()));
    Ok(toml::to_string(&Table::from_iter([("workspace".to_owned(), Value::Table(workspace))]))?)
}

/// The dependencies that the SDK's packages take from their workspace.
fn dependencies() -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for (path, text) in FILES.iter().filter(|(path, _)| path.ends_with("Cargo.toml")) {
        let manifest: Table = text.parse().with_context(|| format!("cannot read {path}"))?;
        for section in ["dependencies", "dev-dependencies"] {
            let section = manifest.get(section).and_then(Value::as_table);
            names.extend(section.into_iter().flat_map(Table::keys).cloned());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::super::super::carried;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_file_of_the_sdk_is_missing() {
        let mut expected = carried::tests::files("", "guest-sdk/src", &[]);
        expected.extend(carried::tests::files("", "guest-sdk/macros/src", &[]));
        expected.extend(["Cargo.toml", "README.md", "macros/Cargo.toml"].map(|file| format!("guest-sdk/{file}")));
        assert_eq!(carried::tests::paths(FILES), expected);
    }

    /// The SDK has types for the messages whose features exist; the server also lets hooks at those that do not yet.
    #[test]
    fn the_sdk_has_types_for_the_messages_that_the_server_has() {
        let is_built = |name: &&str| !name.starts_with("Match") && !name.starts_with("Party");
        let built = crate::plugin::HOOKS.iter().copied().filter(is_built).collect::<BTreeSet<_>>();
        assert_eq!(meadhall_guest::hook::NAMES.iter().copied().collect::<BTreeSet<_>>(), built);
    }

    #[test]
    fn the_workspace_has_what_the_packages_take_from_it() {
        let workspace: Table = workspace().unwrap().parse().unwrap();
        let dependencies = workspace["workspace"]["dependencies"].as_table().unwrap();
        let names: Vec<_> = dependencies.keys().map(String::as_str).collect();
        for name in ["meadhall-guest-macros", "serde", "serde_json", "syn", "wit-bindgen"] {
            assert!(names.contains(&name), "{name} is not among {names:?}");
        }
        assert!(!names.contains(&"wasmtime"), "what the SDK does not need stays here");
    }
}
