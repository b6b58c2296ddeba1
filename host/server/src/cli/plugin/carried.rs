//! Files of this repository that the program carries: SDKs are on no registry, so a new plugin gets their source.

/// A file: its path below the folder that it is carried for, and its text.
pub(super) type File = (&'static str, &'static str);

/// The files of a folder of this repository, by their path in it.
macro_rules! carried {
    ($folder:literal: $($path:literal,)*) => { [
        $(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../", $folder, $path))),)*
    ] };
}
pub(super) use carried;

/// The contract between plugins and server, which every SDK has.
pub(super) const CONTRACT: &[File] = &carried![
    "":
    "wit/account.wit",
    "wit/capabilities.wit",
    "wit/channel.wit",
    "wit/context.wit",
    "wit/event.wit",
    "wit/events.wit",
    "wit/file.wit",
    "wit/friend.wit",
    "wit/group.wit",
    "wit/hooks.wit",
    "wit/http.wit",
    "wit/lifecycle.wit",
    "wit/log.wit",
    "wit/metrics.wit",
    "wit/notification.wit",
    "wit/rpc.wit",
    "wit/schedule.wit",
    "wit/session.wit",
    "wit/status.wit",
    "wit/storage.wit",
    "wit/stream.wit",
    "wit/types.wit",
    "wit/users.wit",
    "wit/world.wit",
];

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// The paths of all files in a folder of this repository, below the folder `root`, without those in which a part of
    /// the path is one of `left_out`.
    pub(in crate::cli::plugin) fn files(root: &str, folder: &str, left_out: &[&str]) -> BTreeSet<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(root);
        let mut found = BTreeSet::new();
        walk(&root, Path::new(folder), left_out, &mut found);
        found
    }

    fn walk(root: &Path, folder: &Path, left_out: &[&str], found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let name = entry.unwrap().file_name();
            let path = folder.join(&name);
            if left_out.iter().any(|left_out| name == *left_out) {
                continue;
            } else if root.join(&path).is_dir() {
                walk(root, &path, left_out, found);
            } else {
                found.insert(path.to_str().unwrap().to_owned());
            }
        }
    }

    /// The paths of carried files.
    pub(in crate::cli::plugin) fn paths<'a>(files: impl IntoIterator<Item = &'a File>) -> BTreeSet<String> {
        files.into_iter().map(|(path, _)| (*path).to_owned()).collect()
    }

    #[test]
    fn no_file_of_the_contract_is_missing() {
        assert_eq!(paths(CONTRACT), files("", "wit", &[]));
    }
}
