//! The last versions of each plugin, kept in the data folder, so that there is one to go back to.
//!
//! In `plugin-versions/NAME/` are the files of the versions, `HASH.wasm`, and `versions.json`, which lists them. Each is
//! written beside its place, synced and renamed, so that a crash leaves the old or the new and nothing between.

use super::version::ContentHash;
use anyhow::{Context as _, bail};
use bytes::Bytes;
use meadhall_core::clock::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Versions of each plugin that are kept, the one that runs among them.
const VERSIONS: usize = 5;
const LIST: &str = "versions.json";

/// Where versions are kept.
#[derive(Clone, Debug)]
pub(super) struct KeptVersions {
    folder: PathBuf,
}

/// The kept versions of one plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct History {
    /// In the order in which their files were put in place, the latest last.
    pub(super) versions: Vec<KeptVersion>,
    /// A kept version that runs instead of the file.
    pub(super) rollback: Option<Rollback>,
}

/// A version whose file is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeptVersion {
    pub(super) hash: ContentHash,
    /// As shown: `0.1.0+1a2b3c4d5e6f`.
    pub(super) build: String,
    /// When its file was put in place, in seconds since the Unix epoch.
    pub(super) since: i64,
    /// Somebody went back from it: going back from a later one passes it by.
    pub(super) rejected: bool,
}

/// A rollback that is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rollback {
    /// What runs.
    pub(super) to: ContentHash,
    /// For as long as this is what the plugin's file contains.
    pub(super) instead_of: ContentHash,
}

impl History {
    /// A version's file was put in place and runs now.
    pub(super) fn took_place(&mut self, hash: ContentHash, build: String, now: Timestamp) {
        self.rollback = None;
        self.versions.retain(|version| version.hash != hash);
        self.versions.push(KeptVersion { hash, build, since: now.seconds(), rejected: false });
        self.versions.drain(..self.versions.len().saturating_sub(VERSIONS));
    }

    /// A kept version runs instead of the file. What was left for an earlier one is not gone back to later.
    pub(super) fn went_back(&mut self, rollback: Rollback, left: ContentHash) {
        let (to, left) = (self.place(rollback.to), self.place(left));
        for (place, version) in self.versions.iter_mut().enumerate() {
            if Some(place) == to {
                version.rejected = false;
            } else if Some(place) == left && left > to {
                version.rejected = true;
            }
        }
        self.rollback = Some(rollback);
    }

    /// The version before the one that runs.
    pub(super) fn before(&self, running: ContentHash) -> Option<&KeptVersion> {
        let place = self.place(running).unwrap_or(self.versions.len());
        self.versions[..place].iter().rev().find(|version| !version.rejected)
    }

    /// The kept version that a text names: its hash, or as much of it as is needed, its declared version where only one
    /// has it, or the whole build.
    ///
    /// # Errors
    /// When it names none, or more than one.
    pub(super) fn find(&self, text: &str) -> anyhow::Result<&KeptVersion> {
        let is_named = |version: &&KeptVersion| {
            let declared = version.build.split_once('+').map(|(declared, _)| declared);
            version.build == text || declared == Some(text) || version.hash.to_string().starts_with(text)
        };
        let mut found = self.versions.iter().filter(is_named);
        match (found.next(), found.next()) {
            (Some(version), None) if !text.is_empty() => Ok(version),
            (Some(_), Some(_)) => bail!("{text:?} may be more than one of the kept versions: {}", self.shown()),
            _ => bail!("no version {text:?} is kept, there are: {}", self.shown()),
        }
    }

    /// How a version is shown: as it was kept, or by its hash alone.
    pub(super) fn build_of(&self, hash: ContentHash) -> String {
        self.place(hash).map_or_else(|| format!("+{hash}"), |place| self.versions[place].build.clone())
    }

    fn shown(&self) -> String {
        let builds: Vec<_> = self.versions.iter().map(|version| version.build.as_str()).collect();
        if builds.is_empty() { "none".to_owned() } else { builds.join(", ") }
    }

    fn place(&self, hash: ContentHash) -> Option<usize> {
        self.versions.iter().position(|version| version.hash == hash)
    }
}

/// All of this blocks.
impl KeptVersions {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The kept versions of a plugin; none where nothing is kept yet.
    ///
    /// # Errors
    /// When the list is there and cannot be read. It may say that a kept version runs, so nothing can be assumed.
    pub(super) fn history(&self, plugin: &str) -> anyhow::Result<History> {
        let list = self.list(plugin);
        match std::fs::read(&list) {
            Ok(text) => serde_json::from_slice(&text).with_context(|| {
                format!(
                    "{} is damaged: without it the kept versions are forgotten, and the plugin's file runs",
                    list.display()
                )
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(History::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", list.display())),
        }
    }

    /// The file of a kept version.
    ///
    /// # Errors
    /// When it cannot be read or is not what it was.
    pub(super) fn read(&self, plugin: &str, hash: ContentHash) -> anyhow::Result<Bytes> {
        let path = self.path(plugin, hash);
        let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if ContentHash::of(&bytes) != hash {
            bail!("{} is damaged: its content is not what its name says", path.display());
        }
        Ok(bytes.into())
    }

    /// Where a kept version's file is.
    pub(super) fn path(&self, plugin: &str, hash: ContentHash) -> PathBuf {
        self.folder.join(plugin).join(file_name(hash))
    }

    /// Where the list of a plugin's versions is.
    pub(super) fn list(&self, plugin: &str) -> PathBuf {
        self.folder.join(plugin).join(LIST)
    }

    /// Keeps a version's file and the list, and removes what is not in the list.
    ///
    /// # Errors
    /// When the disk refuses. Then the list is the old or the new one.
    pub(super) fn keep(&self, plugin: &str, hash: ContentHash, bytes: &[u8], history: &History) -> anyhow::Result<()> {
        let path = self.path(plugin, hash);
        if self.read(plugin, hash).is_err() {
            write_durably(&path, bytes)?;
        }
        self.store(plugin, history)
    }

    /// Keeps the list, and removes what is not in it.
    ///
    /// # Errors
    /// As [`Self::keep`].
    pub(super) fn store(&self, plugin: &str, history: &History) -> anyhow::Result<()> {
        let folder = self.folder.join(plugin);
        let text = serde_json::to_vec_pretty(history).context("writing the list of kept versions")?;
        write_durably(&folder.join(LIST), &text)?;
        // What cannot be removed now, or was left by a crash, is removed the next time.
        let mut listed: HashSet<OsString> = history.versions.iter().map(|it| file_name(it.hash).into()).collect();
        listed.insert(LIST.into());
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            if !listed.contains(&entry.file_name())
                && let Err(error) = std::fs::remove_file(entry.path())
            {
                tracing::warn!(file = %entry.path().display(), %error, "cannot remove an old version of a plugin");
            }
        }
        Ok(())
    }
}

fn file_name(hash: ContentHash) -> String {
    format!("{hash}.wasm")
}

/// Writes a file so that it is there whole, also after a crash, or not at all.
fn write_durably(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let write = || -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        // The folder and those above it, which may be new.
        folder.ancestors().take(3).try_for_each(|folder| File::open(folder)?.sync_all())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(content: &str) -> ContentHash {
        ContentHash::of(content.as_bytes())
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    /// Versions that were put in place one after the other.
    fn history(contents: &[&str]) -> History {
        let mut history = History::default();
        for (second, content) in (0..).zip(contents) {
            history.took_place(hash(content), format!("{content}+{}", hash(content)), at(second));
        }
        history
    }

    fn before<'a>(history: &'a History, running: &str) -> Option<&'a str> {
        history.before(hash(running)).and_then(|version| version.build.split('+').next())
    }

    #[test]
    fn five_versions_are_kept_and_each_once() {
        let history = history(&["a", "b", "c", "b", "d", "e", "f", "g"]);
        let kept: Vec<_> = history.versions.iter().filter_map(|version| version.build.split('+').next()).collect();
        assert_eq!(kept, ["b", "d", "e", "f", "g"]);
    }

    #[test]
    fn going_back_goes_one_version_at_a_time() {
        let mut history = history(&["a", "b", "c"]);
        assert_eq!(before(&history, "c"), Some("b"));
        history.went_back(Rollback { to: hash("b"), instead_of: hash("c") }, hash("c"));
        assert_eq!(before(&history, "b"), Some("a"));
        history.went_back(Rollback { to: hash("a"), instead_of: hash("c") }, hash("b"));
        assert_eq!(before(&history, "a"), None);
    }

    #[test]
    fn going_back_from_a_later_version_passes_by_what_was_gone_back_from() {
        let mut history = history(&["a", "bad"]);
        history.went_back(Rollback { to: hash("a"), instead_of: hash("bad") }, hash("bad"));
        history.took_place(hash("worse"), "worse+".into(), at(9));
        assert_eq!(before(&history, "worse"), Some("a"));
        assert_eq!(history.rollback, None, "a new file is taken");
        history.went_back(Rollback { to: hash("bad"), instead_of: hash("worse") }, hash("worse"));
        history.took_place(hash("d"), "d+".into(), at(10));
        assert_eq!(before(&history, "d"), Some("bad"), "somebody asked for it by name");
    }

    #[test]
    fn versions_are_named_by_hash_declared_version_or_build() {
        let mut history = history(&["a", "b"]);
        let a = hash("a").to_string();
        assert_eq!(history.find(&a[..6]).unwrap().hash, hash("a"));
        assert_eq!(history.find(&format!("a+{a}")).unwrap().hash, hash("a"));
        let problem = history.find("x").unwrap_err().to_string();
        assert!(problem.starts_with(r#"no version "x" is kept, there are: a+"#), "{problem}");
        assert!(history.find("").is_err());
        assert_eq!(history.find("a").unwrap().hash, hash("a"));
        history.took_place(hash("again"), format!("a+{}", hash("again")), at(2));
        let problem = history.find("a").unwrap_err().to_string();
        assert!(problem.starts_with(r#""a" may be more than one of the kept versions: a+"#), "{problem}");
    }

    #[test]
    fn what_is_kept_is_found_again_and_the_rest_is_removed() {
        let data = tempfile::tempdir().unwrap();
        let kept = KeptVersions::new(data.path().join("plugin-versions"));
        assert_eq!(kept.history("hall").unwrap(), History::default());
        for content in ["a", "b", "c", "d", "e", "f"] {
            let mut history = kept.history("hall").unwrap();
            history.took_place(hash(content), content.into(), at(1));
            kept.keep("hall", hash(content), content.as_bytes(), &history).unwrap();
        }
        assert_eq!(kept.read("hall", hash("b")).unwrap(), "b");
        assert!(!kept.path("hall", hash("a")).exists());
        assert_eq!(kept.history("hall").unwrap().versions.len(), VERSIONS);
    }

    #[test]
    fn a_crash_in_the_middle_of_writing_leaves_the_version_before() {
        let data = tempfile::tempdir().unwrap();
        let kept = KeptVersions::new(data.path().to_owned());
        let mut history = history(&["a"]);
        kept.keep("hall", hash("a"), b"a", &history).unwrap();
        // As a killed server leaves it: half a file under its passing name, and a whole one that is not in the list.
        std::fs::write(data.path().join("hall/.writing-x"), "half").unwrap();
        std::fs::write(kept.path("hall", hash("b")), "b").unwrap();
        assert_eq!(kept.history("hall").unwrap(), history);
        history.took_place(hash("c"), "c+".into(), at(2));
        kept.keep("hall", hash("c"), b"c", &history).unwrap();
        let mut files: Vec<_> =
            std::fs::read_dir(data.path().join("hall")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        files.sort();
        let mut expected = [file_name(hash("a")).into(), file_name(hash("c")).into(), OsString::from(LIST)];
        expected.sort();
        assert_eq!(files, expected);
    }

    #[test]
    fn damage_is_told_and_not_run() {
        let data = tempfile::tempdir().unwrap();
        let kept = KeptVersions::new(data.path().to_owned());
        kept.keep("hall", hash("a"), b"a", &history(&["a"])).unwrap();
        std::fs::write(kept.path("hall", hash("a")), "b").unwrap();
        assert!(kept.read("hall", hash("a")).unwrap_err().to_string().contains("is damaged"));
        kept.keep("hall", hash("a"), b"a", &history(&["a"])).unwrap();
        assert_eq!(kept.read("hall", hash("a")).unwrap(), "a", "keeping it again heals it");
        std::fs::write(data.path().join("hall/versions.json"), "{").unwrap();
        assert!(kept.history("hall").unwrap_err().to_string().contains("versions.json is damaged"));
    }
}
