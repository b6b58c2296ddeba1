//! Writing: a batch in the making, to which one operation after another adds.

use super::StoreError;
use super::account::public::PublicRow;
use super::key::{KEY_LEN_MAX, Key, KeyRange};
use super::view::{
    Change, Range, RangeReverse, Rows, Side, Value, View, Writes, continuation_key, continuations, split, unreadable,
};
use crate::ids::UserId;
use sled::IVec;
use std::collections::btree_map::Entry;

/// What is called when a batch is durable, or failed.
pub(super) type After = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// A write in progress: reads see what earlier writes of the same batch did.
pub struct Txn {
    tree: sled::Db,
    writes: Writes,
    /// How to take the current operation back, last step last.
    undo: Vec<(IVec, Undo)>,
    after: Vec<After>,
    /// Where the current operation began in `after`.
    after_savepoint: usize,
    bytes: usize,
}

/// A step back.
enum Undo {
    /// The batch had not touched the row.
    Forget,
    /// The batch had given it this value.
    Restore(Option<IVec>),
}

impl std::fmt::Debug for Txn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Txn").field("rows", &self.writes.len()).field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl Txn {
    pub(super) fn new(tree: sled::Db) -> Self {
        Self { tree, writes: Writes::new(), undo: Vec::new(), after: Vec::new(), after_savepoint: 0, bytes: 0 }
    }

    /// The value of a row.
    pub(crate) fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<Value>, StoreError> {
        self.view().get(key.as_ref())
    }

    /// The rows of a range, in ascending order.
    pub(crate) fn range(&self, range: KeyRange) -> Range<'_> {
        self.view().range(range)
    }

    /// The rows of a range, in descending order.
    pub(crate) fn range_reverse(&self, range: KeyRange) -> RangeReverse<'_> {
        self.view().range_reverse(range)
    }

    /// Gives a row a value.
    pub(crate) fn put(&mut self, key: impl AsRef<[u8]>, value: Vec<u8>) -> Result<(), StoreError> {
        let key = key.as_ref();
        debug_assert!(key.len() <= KEY_LEN_MAX, "a key of {} bytes", key.len());
        let (row, parts) = split(value);
        let had = self.set(IVec::from(key), Some(row))?;
        let now = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        for (number, part) in (0..).zip(parts) {
            self.set(IVec::from(continuation_key(key, number).into_bytes()), Some(part))?;
        }
        self.remove_continuations(key, now, had)
    }

    /// Removes a row; nothing happens when it is not there.
    pub(crate) fn delete(&mut self, key: impl AsRef<[u8]>) -> Result<(), StoreError> {
        let key = key.as_ref();
        let had = self.set(IVec::from(key), None)?;
        self.remove_continuations(key, 0, had)
    }

    /// Calls `after` once the batch is durable or has failed, in the order of the operations, before the operation is
    /// answered; not at all when the operation itself returns an error. It runs on the writer: short, and never blocking.
    pub(crate) fn on_commit(&mut self, after: impl FnOnce(Result<(), StoreError>) + Send + 'static) {
        self.after.push(Box::new(after));
    }

    /// From here on counts as one operation.
    pub(super) fn begin(&mut self) {
        self.undo.clear();
        self.after_savepoint = self.after.len();
    }

    /// Takes the current operation back.
    pub(super) fn roll_back(&mut self) {
        while let Some((key, undo)) = self.undo.pop() {
            match undo {
                Undo::Forget => drop(self.writes.remove(&key)),
                Undo::Restore(value) => {
                    if let Some(change) = self.writes.get_mut(&key) {
                        change.after = value;
                    }
                }
            }
        }
        self.after.truncate(self.after_savepoint);
    }

    /// About how much the batch holds.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The batch: its rows, and whom to call.
    pub(super) fn finish(self) -> (Writes, Vec<After>) {
        (self.writes, self.after)
    }

    fn view(&self) -> View<'_> {
        View { tree: &self.tree, over: Some(&self.writes), side: Side::After }
    }

    /// Sets one row of the engine, and returns how many continuations it had.
    fn set(&mut self, key: IVec, value: Option<IVec>) -> Result<u32, StoreError> {
        self.bytes += key.len() + value.as_ref().map_or(0, |value| value.len());
        match self.writes.entry(key.clone()) {
            Entry::Occupied(mut entry) => {
                let had = std::mem::replace(&mut entry.get_mut().after, value);
                let count = had.as_deref().map_or(0, continuations);
                self.undo.push((key, Undo::Restore(had)));
                Ok(count)
            }
            Entry::Vacant(entry) => {
                // Readers are shown this value until the batch is durable.
                let before = self.tree.get(&key).map_err(unreadable)?;
                let count = before.as_deref().map_or(0, continuations);
                entry.insert(Change { before, after: value });
                self.undo.push((key, Undo::Forget));
                Ok(count)
            }
        }
    }

    fn remove_continuations(&mut self, key: &[u8], from: u32, to: u32) -> Result<(), StoreError> {
        for number in from..to {
            self.set(IVec::from(continuation_key(key, number).into_bytes()), None)?;
        }
        Ok(())
    }
}

impl Rows for Txn {
    fn row(&self, key: &Key) -> Result<Option<Value>, StoreError> {
        self.get(key)
    }

    fn public_row(&self, user: UserId) -> Result<Option<PublicRow>, StoreError> {
        PublicRow::read(self, user)
    }
}
