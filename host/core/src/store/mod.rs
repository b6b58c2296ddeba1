//! The store: sled behind one writer with group commit. No sled type leaves this folder.

use std::path::Path;

/// A failing disk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A commit failed: nothing of it counts, and no further write is taken.
    #[error("the store cannot write: {0}")]
    Failed(String),
    /// A read failed.
    #[error("the store cannot read: {0}")]
    Unreadable(String),
    /// The server is stopping.
    #[error("the store is closed")]
    Closed,
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

/// An open store. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Store {}

/// A write in progress: reads see what earlier writes of the same batch did.
#[derive(Debug)]
pub struct Txn {}

/// A view of everything that is durable.
#[derive(Debug)]
pub struct Reader {}

impl Store {
    /// Opens or makes the store in a folder.
    ///
    /// # Errors
    /// When the folder is locked by another server, of a later schema, corrupt, or not writable. Nothing is changed then.
    pub fn open(_dir: &Path, _config: StoreConfig) -> Result<Self, crate::OpenError> { todo!() }

    /// Runs `op` on the writer, in line with all other writes, and returns when its batch is durable. When `op` returns an
    /// error, what it wrote is undone, and the error comes back.
    ///
    /// # Errors
    /// When the store failed or is closed: nothing was changed.
    pub async fn write<T: Send + 'static, E: Send + 'static>(
        &self,
        _op: impl FnOnce(&mut Txn) -> Result<T, E> + Send + 'static,
    ) -> Result<Result<T, E>, StoreError> { todo!() }

    /// Runs `op` on a blocking thread, on what is durable.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub async fn read<T: Send + 'static>(
        &self,
        _op: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> { todo!() }

    /// Whether writes are taken.
    pub fn health(&self) -> Result<(), StoreError> { todo!() }
}
