//! Room on the disk. A batch is refused while it is still whole in memory when the disk is nearly full: the engine stays
//! as it was, reads go on, and writes are taken again as soon as there is room. What sled meets half-way into a batch it
//! never recovers from, and a page that it was about to split can then not be read either.

use super::StoreError;
use rustix::process::{Resource, getrlimit};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// So much must be free before a batch is applied. A batch of [`super::writer::BATCH_BYTES_MAX`] takes more than its own
/// size, since sled writes a page anew once it has collected enough changes to it.
pub(super) const FREE_MIN: u64 = 32 << 20;

/// The room that is left for the database file.
#[derive(Debug)]
pub(super) struct Room {
    database: PathBuf,
    is_short: AtomicBool,
}

impl Room {
    /// The room for a database file.
    pub(super) fn new(database: PathBuf) -> Self {
        Self { database, is_short: AtomicBool::new(false) }
    }

    /// Whether a batch may be applied. Logs when that changes.
    ///
    /// # Errors
    /// [`StoreError::Full`].
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let free = free(&self.database);
        let is_short = free < FREE_MIN;
        if self.is_short.swap(is_short, Ordering::Relaxed) != is_short {
            let (free_mib, database) = (free >> 20, self.database.display());
            if is_short {
                tracing::error!(%database, free_mib, "the disk is full: writes are refused until there is room");
            } else {
                tracing::info!(%database, free_mib, "the disk has room again: writes are taken");
            }
        }
        if is_short { Err(StoreError::Full { free }) } else { Ok(()) }
    }
}

/// How many bytes the file may still grow by, for the file system and for the limit of the process. What the system does
/// not tell is no reason to refuse anything.
fn free(database: &Path) -> u64 {
    let on_disk = rustix::fs::statvfs(database).map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    let for_process = getrlimit(Resource::Fsize)
        .current
        .map_or(u64::MAX, |limit| limit.saturating_sub(std::fs::metadata(database).map_or(0, |facts| facts.len())));
    on_disk.min(for_process)
}
