//! The files of the store: opening them, keeping other servers out, and making them durable.
//!
//! In the data folder are `store/`, which is sled's, and beside it
//! - `lock`: locked for as long as a server has the folder open;
//! - `commits`: the number of the last durable commit. sled takes what it cannot read at the end of its log for a write
//!   that was torn, and drops it; this number tells such a loss from a crash;
//! - `stopped`: what the database looked like after the last clean stop. When it still does, it is opened right away;
//! - `store.saved/`: a copy of `store/` from before an opening that may have to repair something. sled repairs in place,
//!   so only a copy lets a folder that turns out to be corrupt stay as it was. While it is there the copy counts, and
//!   `store/` does not: so it appears whole and durable, and goes in one step, by a rename each time.

use super::key::{Key, Tag};
use super::room::Room;
use super::writer::stored_commits;
use super::{OpenError, SCHEMA};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// Makes the contents of a file durable.
pub(crate) type Sync = Arc<dyn Fn(&File) -> io::Result<()> + Send + std::marker::Sync>;

/// How often, and how long apart, sled's lock is tried.
const LOCK_TRIES_MAX: u32 = 200;
const LOCK_RETRY: Duration = Duration::from_millis(10);

/// An open data folder.
pub(super) struct Folder {
    dir: PathBuf,
    /// A handle of our own to sled's file: what it syncs, all handles get.
    database: File,
    commits: File,
    sync: Sync,
    /// Locked until it is closed.
    _lock: File,
}

impl Folder {
    /// Opens the folder and the database in it; with the number of its last commit.
    pub(super) fn open(dir: &Path, cache_capacity: u64, sync: Sync) -> Result<(Self, sled::Db, u64), OpenError> {
        let unusable = |error: io::Error| OpenError::Unusable { folder: dir.into(), reason: error.to_string() };
        fs::create_dir_all(dir).map_err(unusable)?;
        let lock = lock(dir)?;
        restore_saved(dir).map_err(unusable)?;
        let store = dir.join("store");
        let is_new = !store.join("db").exists();
        if !is_new && !is_free(&File::open(store.join("db")).map_err(unusable)?) {
            return Err(OpenError::Locked(dir.into()));
        }
        let is_unchanged = take_stop_note(dir).is_some_and(|note| describe(&store).is_ok_and(|now| now == note));
        let is_saved = !is_new && !is_unchanged && save(dir);
        if is_saved {
            sync_dir(dir).map_err(unusable)?;
        }
        let opened = open_database(dir, cache_capacity, is_new);
        if is_saved && opened.is_err() {
            restore_saved(dir).map_err(unusable)?;
        }
        let (tree, commits) = opened?;
        let open_file = |path: PathBuf| {
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(unusable)
        };
        let folder = Self {
            database: open_file(store.join("db"))?,
            commits: open_file(dir.join("commits"))?,
            dir: dir.into(),
            sync,
            _lock: lock,
        };
        if is_new {
            folder.sync_names().map_err(unusable)?;
        }
        // What a killed server wrote may still be in the system's memory only; from here on readers see it.
        folder.sync().map_err(unusable)?;
        if is_saved {
            discard_saved(dir).map_err(unusable)?;
        }
        folder.note_commits(commits);
        Ok((folder, tree, commits))
    }

    /// The room that sled's file has.
    pub(super) fn room(&self) -> Room {
        Room::new(self.dir.join("store").join("db"))
    }

    /// Makes what sled wrote to its file durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        (self.sync)(&self.database)
    }

    /// Notes that this many commits are durable.
    pub(super) fn note_commits(&self, commits: u64) {
        // Never synced itself: after a power cut it may be an older number, which is true as well.
        let mut note = [0; 16];
        note[..8].copy_from_slice(&commits.to_be_bytes());
        note[8..].copy_from_slice(&(!commits).to_be_bytes());
        if let Err(error) = self.commits.write_all_at(&note, 0) {
            tracing::warn!(%error, "the number of the last commit could not be noted");
        }
    }

    /// Notes that the database was closed cleanly.
    pub(super) fn note_stop(&self) {
        if !is_free(&self.database) {
            return tracing::warn!("the database is still in use, the next start will check it");
        }
        let noted = describe(&self.dir.join("store")).and_then(|text| fs::write(self.dir.join("stopped"), text));
        if let Err(error) = noted {
            tracing::warn!(%error, "the clean stop could not be noted, the next start will check the database");
        }
    }

    /// Makes new files durable in their folders: a file's own sync does not promise its name.
    fn sync_names(&self) -> io::Result<()> {
        File::open(self.dir.join("store").join("conf"))?.sync_all()?;
        self.database.sync_all()?;
        self.commits.sync_all()?;
        for dir in [Some(self.dir.join("store").as_path()), Some(&self.dir), self.dir.parent()].into_iter().flatten() {
            sync_dir(if dir.as_os_str().is_empty() { Path::new(".") } else { dir })?;
        }
        Ok(())
    }
}

fn lock(dir: &Path) -> Result<File, OpenError> {
    let unusable = |error: io::Error| OpenError::Unusable { folder: dir.into(), reason: error.to_string() };
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(dir.join("lock")).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked(dir.into())),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// Waits until sled has given its own lock of the database back. Its threads may hold it for a moment after the last
/// handle is dropped, and the system for a moment after the process is gone. False when it is not given back.
fn is_free(database: &File) -> bool {
    for _ in 0..LOCK_TRIES_MAX {
        if database.try_lock().and_then(|()| database.unlock().map_err(TryLockError::Error)).is_ok() {
            return true;
        }
        std::thread::sleep(LOCK_RETRY);
    }
    false
}

/// Opens sled, and checks that it holds what it should.
fn open_database(dir: &Path, cache_capacity: u64, is_new: bool) -> Result<(sled::Db, u64), OpenError> {
    let corrupt = |detail: String| OpenError::Corrupt { folder: dir.into(), detail };
    let config = sled::Config::new().path(dir.join("store")).cache_capacity(cache_capacity).flush_every_ms(None);
    // sled panics on some of what it cannot read.
    let tree = match catch_unwind(AssertUnwindSafe(|| config.open())) {
        Ok(Ok(tree)) => tree,
        Ok(Err(sled::Error::Io(error))) if !is_about_contents(&error) => {
            return Err(OpenError::Unusable { folder: dir.into(), reason: error.to_string() });
        }
        Ok(Err(error)) => return Err(corrupt(one_line(&error.to_string()))),
        Err(_) => return Err(corrupt("its log cannot be read".into())),
    };
    let stored = || -> Result<_, super::StoreError> {
        let schema = tree.get(schema_key()).map_err(super::view::unreadable)?;
        Ok((schema.and_then(|row| row.as_ref().try_into().ok()).map(u32::from_be_bytes), stored_commits(&tree)?))
    };
    let (schema, commits) = stored().map_err(|error| corrupt(error.to_string()))?;
    let expected = noted_commits(dir);
    match schema {
        Some(found) if found > SCHEMA => Err(OpenError::LaterSchema { folder: dir.into(), found, known: SCHEMA }),
        _ if commits < expected => Err(corrupt(format!("{commits} commits are left of {expected}"))),
        Some(_) if tree.contains_key(import_key()).unwrap_or(false) => Err(OpenError::ImportUnfinished(dir.into())),
        Some(_) => Ok((tree, commits)),
        // Made just now, or by a server that was stopped before its first commit.
        None if is_new || expected == 0 && tree.is_empty() => {
            let written = tree.insert(schema_key(), &SCHEMA.to_be_bytes()).and_then(|_| tree.flush());
            match written {
                Ok(_) => Ok((tree, commits)),
                Err(error) => Err(OpenError::Unusable { folder: dir.into(), reason: one_line(&error.to_string()) }),
            }
        }
        None => Err(corrupt("its schema version is missing".into())),
    }
}

/// Whether an error of reading is about what a file holds, and not about reaching it.
fn is_about_contents(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof | ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::NotFound
    )
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn schema_key() -> Key {
    Key::new(Tag::Meta).raw(b"schema")
}

/// A row that is there while an import is under way.
pub(super) fn import_key() -> Key {
    Key::new(Tag::Meta).raw(b"import")
}

/// How many commits were durable for certain.
fn noted_commits(dir: &Path) -> u64 {
    let Ok(note) = fs::read(dir.join("commits")) else { return 0 };
    let number = |bytes: &[u8]| bytes.try_into().ok().map(u64::from_be_bytes);
    match (note.get(..8).and_then(number), note.get(8..).and_then(number)) {
        (Some(commits), Some(check)) if check == !commits => commits,
        _ => 0,
    }
}

/// What the database file looks like from outside.
fn describe(store: &Path) -> io::Result<String> {
    let facts = fs::metadata(store.join("db"))?;
    let changed = facts.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{} bytes, changed at {}.{:09}", facts.len(), changed.as_secs(), changed.subsec_nanos()))
}

/// Reads and removes the note of the last clean stop.
fn take_stop_note(dir: &Path) -> Option<String> {
    let path = dir.join("stopped");
    let note = fs::read_to_string(&path).ok()?;
    // If it stayed, a crash after it would look like a clean stop.
    fs::remove_file(&path).ok().map(|()| note)
}

/// Copies the database aside; false when that is not possible, then it is opened without.
fn save(dir: &Path) -> bool {
    let partial = dir.join("store.copying");
    let saved = discard(&partial)
        .and_then(|()| copy(&dir.join("store"), &partial))
        .and_then(|()| fs::rename(&partial, dir.join("store.saved")));
    if let Err(error) = &saved {
        tracing::warn!(%error, folder = %dir.display(), "the database is opened without a copy of it");
        drop(discard(&partial));
    }
    saved.is_ok()
}

/// Puts a copy back that an earlier opening left: that one did not get to its end, and nothing was acknowledged since.
fn restore_saved(dir: &Path) -> io::Result<()> {
    discard(&dir.join("store.copying"))?;
    discard(&dir.join("store.old"))?;
    let saved = dir.join("store.saved");
    if saved.exists() {
        discard(&dir.join("store"))?;
        fs::rename(saved, dir.join("store"))?;
        sync_dir(dir)?;
    }
    Ok(())
}

/// Removes the copy. A crash half-way must not leave a part of it in its place, which would count.
fn discard_saved(dir: &Path) -> io::Result<()> {
    let old = dir.join("store.old");
    fs::rename(dir.join("store.saved"), &old)?;
    // What is acknowledged from now on must not be undone by a copy that is back after a power cut.
    sync_dir(dir)?;
    discard(&old)
}

fn discard(dir: &Path) -> io::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Copies a folder, durably.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), &to)?;
            File::open(to)?.sync_all()?;
        }
    }
    sync_dir(to)
}

/// Makes the names in a folder durable.
fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests;
