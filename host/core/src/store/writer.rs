//! The writer: one thread that makes all changes. It gathers what waits, runs it as one batch, makes the batch durable
//! once, and answers in order. Operations therefore need no transactions of their own, and the cost of a sync is shared
//! by all that wait.

use super::StoreError;
use super::folder::Folder;
use super::key::{Key, Tag};
use super::room::Room;
use super::txn::{After, Txn};
use super::view::{Reader, Writes, unreadable};
use parking_lot::{Mutex, RwLock};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc as std_mpsc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// How many writes may wait for the writer. Full: the next caller waits for a place.
pub(super) const QUEUE_LEN_MAX: usize = 4096;
/// How many writes one batch takes, so that the first of them need not wait long.
const BATCH_LEN_MAX: u64 = 1024;
/// About how many bytes one batch takes.
pub(super) const BATCH_BYTES_MAX: usize = 1 << 20;

/// A write in the queue. Run on a batch, it says whether what it wrote is to be kept, and how it is answered. Given an
/// error instead, it answers with that.
pub(super) type Write = Box<dyn FnOnce(Result<&mut Txn, StoreError>) -> Option<(Keep, After)> + Send>;

/// Whether an operation's changes stay in the batch.
pub(super) type Keep = bool;

/// What waits for the writer.
pub(super) enum Job {
    Write(Write),
    /// Do what is queued, take nothing more, and end.
    Close,
}

/// What the writer and all handles of the store share.
#[derive(Debug)]
pub(super) struct Shared {
    /// What readers see; none once the store is closed. Readers hold it shared for as long as they read, so what they see
    /// does not change meanwhile; the writer holds it alone while it applies a batch, but not while it waits for the disk.
    pub(super) reader: RwLock<Option<Reader>>,
    /// Why no write is taken any more.
    failure: Mutex<Option<StoreError>>,
    pub(super) room: Room,
    pub(super) counters: Counters,
}

/// Counters for metrics.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) commits: AtomicU64,
    pub(super) writes: AtomicU64,
    pub(super) commit_nanos: AtomicU64,
}

impl Shared {
    pub(super) fn new(reader: Reader, room: Room) -> Self {
        Self { reader: RwLock::new(Some(reader)), failure: Mutex::new(None), room, counters: Counters::default() }
    }

    /// Whether the store did not fail, after which it takes no writes.
    pub(super) fn health(&self) -> Result<(), StoreError> {
        self.failure.lock().clone().map_or(Ok(()), Err)
    }

    fn fail(&self, error: &StoreError) {
        tracing::error!(%error, "the store takes no more writes");
        self.failure.lock().get_or_insert_with(|| error.clone());
    }

    /// Changes what readers see, as one step for them.
    fn change<T>(&self, change: impl FnOnce(&mut Reader) -> T) -> Option<T> {
        self.reader.write().as_mut().map(change)
    }
}

/// The writer's own state.
pub(super) struct Writer {
    tree: sled::Db,
    folder: Arc<Folder>,
    shared: Arc<Shared>,
    /// The number of the last commit; stored with each.
    commits: u64,
    /// Where commits are synced in the relaxed mode; none when each is synced before it is answered.
    relaxed: Option<Syncer>,
    /// Dropped when all is done, which tells those who wait for it.
    _stopped: watch::Sender<()>,
}

impl Writer {
    pub(super) fn new(
        (folder, tree, commits): (Folder, sled::Db, u64),
        shared: Arc<Shared>,
        sync_interval_ms: u64,
        stopped: watch::Sender<()>,
    ) -> Self {
        let folder = Arc::new(folder);
        let relaxed = (sync_interval_ms > 0).then(|| {
            Syncer::start(tree.clone(), folder.clone(), shared.clone(), Duration::from_millis(sync_interval_ms))
        });
        Self { tree, folder, shared, commits, relaxed, _stopped: stopped }
    }

    /// Works until the store is closed or nobody holds it any more. Returns when the folder is free for another server.
    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        while let Some(job) = queue.blocking_recv() {
            match job {
                Job::Write(write) => self.batch(write, &mut queue),
                Job::Close => queue.close(),
            }
        }
        self.end();
    }

    /// Runs one write and what waits behind it, and makes all of it durable.
    fn batch(&mut self, first: Write, queue: &mut mpsc::Receiver<Job>) {
        if let Err(error) = self.shared.health() {
            first(Err(error));
            return;
        }
        let mut txn = Txn::new(self.tree.clone());
        let mut closing = false;
        let mut next = Some(first);
        let mut count = 0;
        while let Some(write) = next.take() {
            run(&mut txn, write);
            count += 1;
            if count < BATCH_LEN_MAX && txn.bytes() < BATCH_BYTES_MAX {
                match queue.try_recv() {
                    Ok(Job::Write(write)) => next = Some(write),
                    Ok(Job::Close) => closing = true,
                    Err(_) => {}
                }
            }
        }
        let (writes, after) = txn.finish();
        let started = Instant::now();
        let outcome = self.commit(writes);
        let counters = &self.shared.counters;
        counters.commits.fetch_add(1, Ordering::Relaxed);
        counters.writes.fetch_add(count, Ordering::Relaxed);
        counters
            .commit_nanos
            .fetch_add(u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        for after in after {
            let outcome = outcome.clone();
            if catch_unwind(AssertUnwindSafe(|| after(outcome))).is_err() {
                tracing::error!("an answer to a write panicked");
            }
        }
        if closing {
            queue.close();
        }
    }

    /// Applies a batch and makes it durable. Readers see it only then; when it fails, never.
    fn commit(&mut self, writes: Writes) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        let mut changed = false;
        for (key, change) in writes.iter().filter(|(_, change)| change.before != change.after) {
            changed = true;
            match &change.after {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        if !changed {
            return Ok(());
        }
        self.shared.room.check()?;
        self.commits += 1;
        batch.insert(commits_key().into_bytes(), self.commits.to_be_bytes().to_vec());
        let applied = self.shared.change(|reader| {
            reader.hidden = Some(Arc::new(writes));
            reader.tree.apply_batch(batch)
        });
        let durable = match applied {
            Some(Err(error)) => Err(failed(error)),
            None => Err(StoreError::Closed),
            Some(Ok(())) => match &self.relaxed {
                Some(syncer) => {
                    syncer.commits.store(self.commits, Ordering::Release);
                    Ok(())
                }
                None => sync(&self.tree, &self.folder, self.commits),
            },
        };
        match &durable {
            Ok(()) => drop(self.shared.change(Reader::show)),
            Err(error) => self.shared.fail(error),
        }
        durable
    }

    /// Closes the engine.
    fn end(self) {
        drop(self.relaxed);
        let synced = self.shared.health().and_then(|()| sync(&self.tree, &self.folder, self.commits));
        // Waits for those who still read; nobody can begin to.
        drop(self.shared.reader.write().take());
        drop(self.tree);
        match synced {
            Ok(()) => self.folder.note_stop(),
            Err(error) => tracing::error!(%error, "the store was not closed cleanly"),
        }
        // Gives the lock back, before those who wait for the end are told.
        drop(self.folder);
    }
}

/// Runs one operation as a part of the batch.
fn run(txn: &mut Txn, write: Write) {
    txn.begin();
    match catch_unwind(AssertUnwindSafe(|| write(Ok(txn)))) {
        Ok(None) => {}
        Ok(Some((keep, answer))) => {
            if !keep {
                txn.roll_back();
            }
            txn.on_commit(answer);
        }
        Err(_) => {
            // Its caller sees that the answer is gone; the others of the batch are not concerned.
            tracing::error!("a write panicked and was undone");
            txn.roll_back();
        }
    }
}

/// Makes everything that was applied durable, and notes how far that is.
fn sync(tree: &sled::Db, folder: &Folder, commits: u64) -> Result<(), StoreError> {
    // `flush` writes what sled holds in memory to its file. It asks the kernel to start writing with `sync_file_range`,
    // which promises nothing: that is what the call after it is for.
    tree.flush().map_err(failed)?;
    folder.sync().map_err(|error| StoreError::Failed(error.to_string()))?;
    folder.note_commits(commits);
    Ok(())
}

fn failed(error: sled::Error) -> StoreError {
    StoreError::Failed(error.to_string())
}

/// Where the number of the last commit is.
pub(super) fn commits_key() -> Key {
    Key::new(Tag::Meta).raw(b"commits")
}

/// The number of the last commit that the engine knows.
pub(super) fn stored_commits(tree: &sled::Db) -> Result<u64, StoreError> {
    let row = tree.get(commits_key()).map_err(unreadable)?;
    Ok(row.and_then(|row| row.as_ref().try_into().ok()).map_or(0, u64::from_be_bytes))
}

/// Syncs at an interval: the relaxed mode, where what was acknowledged since the last sync can be lost.
struct Syncer {
    /// The last commit that was applied.
    commits: Arc<AtomicU64>,
    stop: Option<std_mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Syncer {
    fn start(tree: sled::Db, folder: Arc<Folder>, shared: Arc<Shared>, interval: Duration) -> Self {
        let commits = Arc::new(AtomicU64::new(0));
        let (stop, stopped) = std_mpsc::channel::<()>();
        let applied = commits.clone();
        let thread = std::thread::spawn(move || {
            let mut synced = 0;
            while stopped.recv_timeout(interval) == Err(std_mpsc::RecvTimeoutError::Timeout) {
                let now = applied.load(Ordering::Acquire);
                if now == synced {
                    continue;
                }
                match sync(&tree, &folder, now) {
                    Ok(()) => synced = now,
                    Err(error) => return shared.fail(&error),
                }
            }
        });
        Self { commits, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
