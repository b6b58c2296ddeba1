//! The store: sled behind one writer with group commit. No sled type leaves this folder.
//!
//! A write is acknowledged when it is on disk, and nobody reads what is not: see [`Store::write`] and [`Store::read`].
//! The parts, in reading order: `key` (what rows are called), `view` (reading), `txn` (an operation's writes),
//! `writer` (batches, commits, failures), `room` (a disk that is full), `folder` (the files: opening, locking, syncing), a file for each feature with
//! rows of its own, and `dump` (export and import).

pub(crate) mod account;
pub(crate) mod key;
pub(crate) mod view;
mod txn;
mod writer;
mod room;
mod folder;
pub(crate) mod cursor;
pub(crate) mod history;
pub(crate) mod read_marker;
pub(crate) mod notification;
pub(crate) mod friend;
pub(crate) mod group;
pub mod dump;
#[cfg(test)]
mod tests;

use folder::Folder;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use tokio::sync::{mpsc, oneshot, watch};
use writer::{Job, Shared, Writer};

pub use txn::Txn;
pub use view::Reader;

/// The layout of the rows. A store of a later one is not opened.
const SCHEMA: u32 = 1;

/// A failing disk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A commit failed: nothing of it counts, and no further write is taken.
    #[error("the store cannot write: {0}")]
    Failed(String),
    /// The disk is full: nothing was written. Writes are taken again once there is room.
    #[error("the disk is full: {} MiB are free, and {} must be", free >> 20, room::FREE_MIN >> 20)]
    Full {
        /// How many bytes are free.
        free: u64,
    },
    /// A read failed.
    #[error("the store cannot read: {0}")]
    Unreadable(String),
    /// The server is stopping.
    #[error("the store is closed")]
    Closed,
}

/// Why the data folder cannot be opened. Each names the folder; nothing in it was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another server has it open.
    #[error("data folder {0} is in use by another server")]
    Locked(PathBuf),
    /// A later version of this server wrote it.
    #[error("data folder {} is of schema {found}, this server knows schema {known}: use the server that wrote it", folder.display())]
    LaterSchema {
        /// The data folder.
        folder: PathBuf,
        /// The schema of the folder.
        found: u32,
        /// The latest schema of this server.
        known: u32,
    },
    /// What is in it is not what was written.
    #[error("data folder {} is corrupt ({detail}) and was left as it is: restore a copy of it, or start with another folder", folder.display())]
    Corrupt {
        /// The data folder.
        folder: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// An import into it was cut off: what it holds is a part of something.
    #[error("data folder {} holds an import that did not finish: delete it and import again", .0.display())]
    ImportUnfinished(PathBuf),
    /// It cannot be made, read or written.
    #[error("data folder {} cannot be used: {reason}", folder.display())]
    Unusable {
        /// The data folder.
        folder: PathBuf,
        /// What the system says.
        reason: String,
    },
}

/// How the store works.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// 0: every commit is synced before it is acknowledged. Above: synced at this interval, and what was acknowledged since
    /// the last sync can be lost in a crash.
    pub sync_interval_ms: u64,
    /// Bytes of cache.
    pub cache_capacity: u64,
}

/// What the store has done since it was opened, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreStatistics {
    /// Batches.
    pub commits: u64,
    /// Writes, of which a batch holds one or more.
    pub writes: u64,
    /// How long all commits together took, in nanoseconds.
    pub commit_nanos: u64,
    /// How many writes wait.
    pub waiting: usize,
}

/// An open store. Cloning is cheap. Everything queued is still done when the last handle is dropped, but only
/// [`Store::close`] tells when the folder is free again.
#[derive(Clone, Debug)]
pub struct Store {
    queue: mpsc::Sender<Job>,
    shared: Arc<Shared>,
    /// Its sender is gone when the writer has ended.
    stopped: watch::Receiver<()>,
}

/// A place in the writer's queue: what is written through it comes before all that is written later.
#[derive(Debug)]
#[must_use = "the place is kept free for it"]
pub struct Permit<'a>(mpsc::Permit<'a, Job>);

/// The answer to a write. The write happens whether or not anybody waits for this.
#[derive(Debug)]
#[must_use = "the write is durable only once this resolves"]
pub struct Pending<T, E>(oneshot::Receiver<Result<Result<T, E>, StoreError>>);

impl Store {
    /// Opens or makes the store in a folder.
    ///
    /// # Errors
    /// When the folder is locked by another server, of a later schema, corrupt, or not writable. Nothing is changed then.
    pub fn open(dir: &Path, config: StoreConfig) -> Result<Self, OpenError> {
        Self::open_with(dir, config, Arc::new(std::fs::File::sync_data))
    }

    /// As [`Store::open`], with the call that makes the database file durable.
    pub(crate) fn open_with(dir: &Path, config: StoreConfig, sync: folder::Sync) -> Result<Self, OpenError> {
        let opened = Folder::open(dir, config.cache_capacity, sync)?;
        let shared = Arc::new(Shared::new(Reader::new(opened.1.clone()), opened.0.room()));
        let (queue, jobs) = mpsc::channel(writer::QUEUE_LEN_MAX);
        let (stop, stopped) = watch::channel(());
        let writer = Writer::new(opened, shared.clone(), config.sync_interval_ms, stop);
        std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || writer.run(jobs))
            .map_err(|error| OpenError::Unusable { folder: dir.into(), reason: error.to_string() })?;
        Ok(Self { queue, shared, stopped })
    }

    /// Runs `op` on the writer, in line with all other writes, and returns when its batch is durable. When `op` returns an
    /// error, what it wrote is undone, and the error comes back. It is done whole even when the caller stops waiting.
    /// When the writer's queue is full, this waits for a place.
    ///
    /// # Errors
    /// When the disk is full, or the store failed or is closed: nothing was changed, as far as anybody can read. (Whether
    /// a write that failed on its way to the disk is found after a restart, no server can promise.)
    pub async fn write<T: Send + 'static, E: Send + 'static>(
        &self,
        op: impl FnOnce(&mut Txn) -> Result<T, E> + Send + 'static,
    ) -> Result<Result<T, E>, StoreError> {
        let pending = self.reserve().await?.write(op);
        pending.await
    }

    /// Waits for a place in the writer's queue. [`Permit::write`] then queues at once, so that a caller who holds a lock
    /// can make the order of writes the order of that lock.
    ///
    /// # Errors
    /// When the store is closed.
    pub async fn reserve(&self) -> Result<Permit<'_>, StoreError> {
        self.queue.reserve().await.map(Permit).map_err(|_| StoreError::Closed)
    }

    /// Runs `op` on a blocking thread, on what is durable. What it sees does not change while it runs, and no commit is
    /// applied meanwhile: long reads go page by page.
    ///
    /// # Errors
    /// When the disk cannot be read, or the store is closed.
    pub async fn read<T: Send + 'static>(
        &self,
        op: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = self.shared.clone();
        let task = tokio::task::spawn_blocking(move || {
            let reader = shared.reader.read();
            op(reader.as_ref().ok_or(StoreError::Closed)?)
        });
        task.await.unwrap_or_else(|error| Err(StoreError::Unreadable(error.to_string())))
    }

    /// Runs `op` on this thread, which must be one that may block: for opening, before the server runs.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub(crate) fn read_blocking<T>(&self, op: impl FnOnce(&Reader) -> Result<T, StoreError>) -> Result<T, StoreError> {
        op(self.shared.reader.read().as_ref().ok_or(StoreError::Closed)?)
    }

    /// Whether writes are taken.
    ///
    /// # Errors
    /// Why they are not.
    pub fn health(&self) -> Result<(), StoreError> {
        if self.queue.is_closed() {
            return Err(StoreError::Closed);
        }
        self.shared.health().and_then(|()| self.shared.room.check())
    }

    /// What the store has done so far.
    pub fn statistics(&self) -> StoreStatistics {
        let counters = &self.shared.counters;
        StoreStatistics {
            commits: counters.commits.load(Ordering::Relaxed),
            writes: counters.writes.load(Ordering::Relaxed),
            commit_nanos: counters.commit_nanos.load(Ordering::Relaxed),
            waiting: self.queue.max_capacity() - self.queue.capacity(),
        }
    }

    /// Closes the store: what is queued is still made durable and answered, nothing more is taken, and when this returns
    /// another server may open the folder.
    pub async fn close(&self) {
        // Closed already: then there is nothing to send, and only the end to wait for.
        drop(self.queue.send(Job::Close).await);
        drop(self.stopped.clone().changed().await);
    }
}

impl Permit<'_> {
    /// Queues a write now; see [`Store::write`]. The answer need not be waited for.
    pub fn write<T: Send + 'static, E: Send + 'static>(
        self,
        op: impl FnOnce(&mut Txn) -> Result<T, E> + Send + 'static,
    ) -> Pending<T, E> {
        let (sender, receiver) = oneshot::channel();
        self.0.send(Job::Write(Box::new(move |txn| {
            // When nobody waits for the answer any more, it is dropped.
            match txn {
                Ok(txn) => {
                    let result = op(txn);
                    let keep = result.is_ok();
                    Some((keep, Box::new(move |outcome| drop(sender.send(outcome.map(|()| result))))))
                }
                Err(error) => {
                    drop(sender.send(Err(error)));
                    None
                }
            }
        })));
        Pending(receiver)
    }
}

impl<T, E> Future for Pending<T, E> {
    type Output = Result<Result<T, E>, StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0)
            .poll(context)
            .map(|answer| answer.unwrap_or_else(|_| Err(StoreError::Failed("the operation was given up".into()))))
    }
}
