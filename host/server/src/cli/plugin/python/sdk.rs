//! The SDK for plugins in Python, as this program carries it: it is on no registry, so a new plugin gets its source.

use super::super::carried::{CONTRACT, File, carried};

/// Its own files, by their path in its folder.
const FILES: &[File] = &carried![
    "guest-sdk/python/":
    "README.md",
    "build.py",
    "meadhall/__init__.py",
    "meadhall/_build.py",
    "meadhall/_component.py",
    "meadhall/_host.py",
    "meadhall/_json.py",
    "meadhall/_registry.py",
    "meadhall/_snapshot.py",
    "meadhall/account.py",
    "meadhall/channel.py",
    "meadhall/context.py",
    "meadhall/error.py",
    "meadhall/events.py",
    "meadhall/file.py",
    "meadhall/friend.py",
    "meadhall/group.py",
    "meadhall/handlers.py",
    "meadhall/hooks.py",
    "meadhall/http.py",
    "meadhall/log.py",
    "meadhall/message/__init__.py",
    "meadhall/message/account.py",
    "meadhall/message/base.py",
    "meadhall/message/channel.py",
    "meadhall/message/friend.py",
    "meadhall/message/group.py",
    "meadhall/message/notification.py",
    "meadhall/message/status.py",
    "meadhall/metrics.py",
    "meadhall/notification.py",
    "meadhall/payload.py",
    "meadhall/py.typed",
    "meadhall/session.py",
    "meadhall/status.py",
    "meadhall/storage.py",
    "meadhall/stream.py",
    "meadhall/users.py",
];

/// All files of the SDK, by their path in its folder.
pub(super) fn files() -> impl Iterator<Item = &'static File> {
    FILES.iter().chain(CONTRACT)
}

#[cfg(test)]
mod tests {
    use super::super::super::carried;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_file_of_the_sdk_is_missing() {
        let expected = carried::tests::files("guest-sdk/python", "", &["__pycache__", "tests"]);
        assert_eq!(carried::tests::paths(FILES), expected);
    }

    /// The SDK has types for the messages whose features exist; the server also lets hooks at those that do not yet.
    #[test]
    fn the_sdk_has_types_for_the_messages_that_the_server_has() {
        let (_, hooks) = FILES.iter().find(|(path, _)| *path == "meadhall/hooks.py").unwrap();
        let (_, table) = hooks.split_once("HOOKS: Final").unwrap();
        let (table, _) = table.split_once("\n}").unwrap();
        let named: BTreeSet<_> =
            table.lines().filter_map(|line| line.trim().strip_prefix('"')?.split('"').next()).collect();
        let is_built = |name: &&str| !name.starts_with("Match") && !name.starts_with("Party");
        let built = crate::plugin::HOOKS.iter().copied().filter(is_built).collect::<BTreeSet<_>>();
        assert_eq!(named, built);
        for name in built {
            for decorator in ["before", "after"] {
                assert!(hooks.contains(&format!("def {decorator}(name: Literal[\"{name}\"])")), "{decorator} {name}");
            }
        }
    }
}
