//! Watching the files of plugins.
//!
//! Files are looked at twice a second instead of asking the system for events: that costs one `stat` a file, and it sees
//! what events do not tell (network file systems, folders mounted into containers, a symbolic link that now leads
//! elsewhere, a folder that was deleted and made anew).

use super::files;
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;

/// How often files are looked at. One that looks the same twice is taken as written.
pub(super) const LOOK: Duration = Duration::from_millis(500);
/// Looks after which a file that is only half there is tried all the same, so that somebody is told: ten seconds.
const PATIENCE_LOOKS: u32 = 20;

/// What files looked like: device, inode, length, and when they were changed.
pub(super) type Files = BTreeMap<PathBuf, (u64, u64, u64, i64, i64)>;

/// Looks at the files of plugins. It blocks.
pub(super) fn look(paths: &[PathBuf]) -> Files {
    // What cannot be read or is named twice now is told by the reload that its change sets off.
    let found = files::look(paths).unwrap_or_default();
    let stamp = |path: &PathBuf| {
        let seen = std::fs::metadata(path).ok()?;
        Some((seen.dev(), seen.ino(), seen.size(), seen.mtime(), seen.mtime_nsec()))
    };
    found.files.into_iter().filter_map(|file| Some((file.path.clone(), stamp(&file.path)?))).collect()
}

/// What is to be done after a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// Takes what is whole.
    Whole,
    /// Takes everything: what was half there has not changed for long.
    Anyway,
}

/// Decides from one look to the next.
#[derive(Debug, Default)]
pub(super) struct Watching {
    seen: Option<Files>,
    /// Something changed since the last attempt.
    has_changed: bool,
    /// Looks since an attempt left something half there.
    looks_at_half: Option<u32>,
}

impl Watching {
    /// What is to be done, now that files look like this.
    pub(super) fn look(&mut self, files: Files) -> Option<Attempt> {
        if self.seen.as_ref() != Some(&files) {
            self.seen = Some(files);
            self.has_changed = true;
            return None;
        }
        if std::mem::take(&mut self.has_changed) {
            self.looks_at_half = None;
            return Some(Attempt::Whole);
        }
        let looks = self.looks_at_half.as_mut()?;
        *looks += 1;
        if *looks < PATIENCE_LOOKS {
            return None;
        }
        self.looks_at_half = None;
        Some(Attempt::Anyway)
    }

    /// The attempt left files for later that are only half there.
    pub(super) fn left_some(&mut self) {
        self.looks_at_half = Some(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(size: u64) -> Files {
        Files::from([(PathBuf::from("hall.wasm"), (1, 1, size, 0, 0))])
    }

    #[test]
    fn a_change_is_taken_when_it_looks_the_same_twice() {
        let mut watching = Watching::default();
        assert_eq!(watching.look(files(1)), None);
        assert_eq!(watching.look(files(1)), Some(Attempt::Whole), "what changed before the first look is seen too");
        assert_eq!(watching.look(files(1)), None);
        assert_eq!(watching.look(files(2)), None);
        assert_eq!(watching.look(files(3)), None, "still being written");
        assert_eq!(watching.look(files(3)), Some(Attempt::Whole));
        assert_eq!(watching.look(Files::new()), None);
        assert_eq!(watching.look(files(3)), None, "deleted and written anew");
        assert_eq!(watching.look(files(3)), Some(Attempt::Whole));
    }

    #[test]
    fn a_file_that_stays_half_there_is_tried_once_more() {
        let mut watching = Watching::default();
        watching.look(files(1));
        assert_eq!(watching.look(files(1)), Some(Attempt::Whole));
        watching.left_some();
        let attempts: Vec<_> = (0..100).filter_map(|_| watching.look(files(1))).collect();
        assert_eq!(attempts, [Attempt::Anyway]);
        watching.look(files(2));
        assert_eq!(watching.look(files(2)), Some(Attempt::Whole));
    }

    #[test]
    fn a_file_in_anothers_place_looks_different() {
        let folder = tempfile::tempdir().unwrap();
        let (file, other) = (folder.path().join("hall.wasm"), folder.path().join("new"));
        std::fs::write(&file, "a").unwrap();
        let before = look(std::slice::from_ref(&file));
        std::fs::write(&other, "b").unwrap();
        std::fs::rename(&other, &file).unwrap();
        assert_ne!(look(std::slice::from_ref(&file)), before);
        assert_eq!(look(&[folder.path().to_owned()]).len(), 1);
    }
}
