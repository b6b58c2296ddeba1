//! The SDK for plugins in Python, as this program carries it: it is on no registry, so a new plugin gets its source.

macro_rules! carried {
    ($($path:literal,)* ; $($wit:literal,)*) => { &[
        $(($path, include_str!(concat!("../../../../../../guest-sdk/python/", $path))),)*
        $((concat!("wit/", $wit), include_str!(concat!("../../../../../../wit/", $wit))),)*
    ] };
}

/// All files of the SDK, by their path in its folder.
pub(super) const FILES: &[(&str, &str)] = carried![
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
    ;
    "account.wit",
    "capabilities.wit",
    "channel.wit",
    "context.wit",
    "event.wit",
    "events.wit",
    "file.wit",
    "friend.wit",
    "group.wit",
    "hooks.wit",
    "http.wit",
    "lifecycle.wit",
    "log.wit",
    "metrics.wit",
    "notification.wit",
    "rpc.wit",
    "schedule.wit",
    "session.wit",
    "status.wit",
    "storage.wit",
    "stream.wit",
    "types.wit",
    "users.wit",
    "world.wit",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn no_file_of_the_sdk_is_missing() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut expected = BTreeSet::new();
        walk(&root.join("guest-sdk/python"), Path::new(""), &mut expected);
        walk(&root, Path::new("wit"), &mut expected);
        let carried = FILES.iter().map(|(path, _)| (*path).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(carried, expected);
    }

    fn walk(root: &Path, folder: &Path, files: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let name = entry.unwrap().file_name();
            let path = folder.join(&name);
            if name == "__pycache__" || name == "tests" {
                continue;
            } else if root.join(&path).is_dir() {
                walk(root, &path, files);
            } else {
                files.insert(path.to_str().unwrap().to_owned());
            }
        }
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
