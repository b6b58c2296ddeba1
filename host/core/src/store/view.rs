//! Reading: the engine's rows with some rows laid over them.
//!
//! Two things are laid over: for a write in progress, what its batch wrote so far; for everybody else, what the rows
//! were before the batch that is not durable yet. That is how nobody sees what a crash could still take back, without
//! waiting for the disk.

use super::StoreError;
use super::account::public::{PublicRow, PublicRows};
use super::key::{Key, KeyRange, Tag};
use crate::ids::UserId;
use sled::IVec;
use std::collections::{BTreeMap, btree_map};
use std::iter::Rev;
use std::ops::{Bound, Deref};
use std::sync::Arc;

/// The longest part of a value that is one row of the engine; longer values go on in continuation rows.
///
/// sled moves a page of more than 128 KiB out of its `db` file, into a file of its own under `blobs/`, which it never
/// syncs. A leaf holds up to 16 rows before it splits, and up to 4 more after a merge: 21 rows of this size with keys
/// of [`super::key::KEY_LEN_MAX`] stay below, so there is no such file.
pub(crate) const CHUNK: usize = 5 * 1024;

/// The rows of a batch.
pub(super) type Writes = BTreeMap<IVec, Change>;

/// What a batch does to a row.
#[derive(Debug)]
pub(super) struct Change {
    /// What is on disk.
    pub(super) before: Option<IVec>,
    /// What shall be.
    pub(super) after: Option<IVec>,
}

/// A view of everything that is durable.
#[derive(Debug)]
pub struct Reader {
    pub(super) tree: sled::Db,
    /// The batch that is being made durable, or that failed to be.
    pub(super) hidden: Option<Arc<Writes>>,
    pub(super) public_rows: PublicRows,
}

impl Reader {
    /// The view of an engine whose rows are all durable.
    pub(super) fn new(tree: sled::Db) -> Self {
        Self { tree, hidden: None, public_rows: PublicRows::default() }
    }

    /// Shows the batch that was hidden.
    pub(super) fn show(&mut self) {
        if let Some(writes) = self.hidden.take() {
            self.public_rows.forget(&writes);
        }
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

    fn view(&self) -> View<'_> {
        View { tree: &self.tree, over: self.hidden.as_deref(), side: Side::Before }
    }
}

/// Whoever can be asked for a row: a [`Reader`], or a [`super::Txn`].
pub(crate) trait Rows {
    /// The value of a row.
    fn row(&self, key: &Key) -> Result<Option<Value>, StoreError>;

    /// What everybody may see of an account.
    fn public_row(&self, user: UserId) -> Result<Option<PublicRow>, StoreError>;
}

impl Rows for Reader {
    fn row(&self, key: &Key) -> Result<Option<Value>, StoreError> {
        self.get(key)
    }

    fn public_row(&self, user: UserId) -> Result<Option<PublicRow>, StoreError> {
        PublicRow::kept(self, user)
    }
}

/// A stored value.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    bytes: IVec,
    /// How many of the bytes are the value.
    length: usize,
}

impl Deref for Value {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// How a row ends: the last byte of what the engine stores.
const WHOLE: u8 = 0;
/// The first chunk, and before the mark in four bytes how many more there are.
const CONTINUED: u8 = 1;

/// Cuts a value into what its own row holds and its continuations.
pub(super) fn split(mut value: Vec<u8>) -> (IVec, Vec<IVec>) {
    if value.len() <= CHUNK {
        value.push(WHOLE);
        return (IVec::from(value), Vec::new());
    }
    let rest: Vec<IVec> = value[CHUNK..].chunks(CHUNK).map(IVec::from).collect();
    value.truncate(CHUNK);
    value.extend_from_slice(&u32::try_from(rest.len()).unwrap_or(u32::MAX).to_be_bytes());
    value.push(CONTINUED);
    (IVec::from(value), rest)
}

/// How many continuations a row has.
pub(super) fn continuations(row: &[u8]) -> u32 {
    match row {
        [.., a, b, c, d, CONTINUED] => u32::from_be_bytes([*a, *b, *c, *d]),
        _ => 0,
    }
}

/// The key of a continuation.
pub(super) fn continuation_key(key: &[u8], number: u32) -> Key {
    Key::new(Tag::Continuation).sized(key).u32(number)
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Side {
    Before,
    After,
}

impl Side {
    fn of(self, change: &Change) -> Option<&IVec> {
        match self {
            Self::Before => change.before.as_ref(),
            Self::After => change.after.as_ref(),
        }
    }
}

/// The engine's rows with changes laid over them.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) tree: &'a sled::Db,
    pub(super) over: Option<&'a Writes>,
    pub(super) side: Side,
}

impl<'a> View<'a> {
    pub(super) fn get(self, key: &[u8]) -> Result<Option<Value>, StoreError> {
        match self.stored(key)? {
            Some(row) => self.value(key, row).map(Some),
            None => Ok(None),
        }
    }

    pub(super) fn range(self, range: KeyRange) -> Range<'a> {
        let (rows, over) = self.bounds(range);
        Range(Merge { view: self, rows, over, next_row: None, next_over: None, descending: false })
    }

    pub(super) fn range_reverse(self, range: KeyRange) -> RangeReverse<'a> {
        let (rows, over) = self.bounds(range);
        RangeReverse(Merge {
            view: self,
            rows: rows.map(Iterator::rev),
            over: over.map(Iterator::rev),
            next_row: None,
            next_over: None,
            descending: true,
        })
    }

    fn bounds(self, range: KeyRange) -> (Option<sled::Iter>, Option<btree_map::Range<'a, IVec, Change>>) {
        // An empty range would make `BTreeMap::range` panic.
        if range.is_empty() {
            return (None, None);
        }
        let end = |end: IVec| if end.is_empty() { Bound::Unbounded } else { Bound::Excluded(end) };
        let bounds = (Bound::Included(IVec::from(range.start)), end(IVec::from(range.end)));
        (Some(self.tree.range(bounds.clone())), self.over.map(|over| over.range(bounds)))
    }

    fn stored(self, key: &[u8]) -> Result<Option<IVec>, StoreError> {
        match self.over.and_then(|over| over.get(key)) {
            Some(change) => Ok(self.side.of(change).cloned()),
            None => self.tree.get(key).map_err(unreadable),
        }
    }

    fn value(self, key: &[u8], row: IVec) -> Result<Value, StoreError> {
        let more = continuations(&row);
        if more == 0 {
            let length = row.len().saturating_sub(1);
            return Ok(Value { bytes: row, length });
        }
        let mut bytes = row[..row.len() - 5].to_vec();
        for number in 0..more {
            let part = self.stored(continuation_key(key, number).as_ref())?;
            let part = part.ok_or_else(|| StoreError::Unreadable(format!("part {number} of a value is missing")))?;
            bytes.extend_from_slice(&part);
        }
        Ok(Value { length: bytes.len(), bytes: IVec::from(bytes) })
    }
}

pub(super) fn unreadable(error: sled::Error) -> StoreError {
    StoreError::Unreadable(error.to_string())
}

/// Rows in ascending order.
#[derive(Debug)]
pub(crate) struct Range<'a>(Merge<'a, sled::Iter, btree_map::Range<'a, IVec, Change>>);

/// Rows in descending order.
#[derive(Debug)]
pub(crate) struct RangeReverse<'a>(Merge<'a, Rev<sled::Iter>, Rev<btree_map::Range<'a, IVec, Change>>>);

impl Iterator for Range<'_> {
    type Item = Result<(IVec, Value), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

impl Iterator for RangeReverse<'_> {
    type Item = Result<(IVec, Value), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

/// The engine's rows and the changes, in one order.
struct Merge<'a, R, O> {
    view: View<'a>,
    rows: Option<R>,
    over: Option<O>,
    next_row: Option<(IVec, IVec)>,
    next_over: Option<(&'a IVec, &'a Change)>,
    descending: bool,
}

impl<R, O> std::fmt::Debug for Merge<'_, R, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Merge").field("descending", &self.descending).finish_non_exhaustive()
    }
}

impl<'a, R, O> Merge<'a, R, O>
where
    R: Iterator<Item = sled::Result<(IVec, IVec)>>,
    O: Iterator<Item = (&'a IVec, &'a Change)>,
{
    fn next(&mut self) -> Option<Result<(IVec, Value), StoreError>> {
        loop {
            if self.next_row.is_none() {
                match self.rows.as_mut().and_then(Iterator::next) {
                    Some(Ok(row)) => self.next_row = Some(row),
                    Some(Err(error)) => return Some(Err(unreadable(error))),
                    None => {}
                }
            }
            if self.next_over.is_none() {
                self.next_over = self.over.as_mut().and_then(Iterator::next);
            }
            let (key, row) = match (&self.next_row, self.next_over) {
                (None, None) => return None,
                (Some(_), None) => self.next_row.take()?,
                (Some((key, _)), Some((over, _))) if self.is_first(key, over) => self.next_row.take()?,
                (row, Some((over, change))) => {
                    if row.as_ref().is_some_and(|(key, _)| key == over) {
                        self.next_row = None;
                    }
                    self.next_over = None;
                    match self.view.side.of(change) {
                        Some(row) => (over.clone(), row.clone()),
                        None => continue,
                    }
                }
            };
            return Some(self.view.value(&key, row).map(|value| (key, value)));
        }
    }

    fn is_first(&self, key: &IVec, over: &IVec) -> bool {
        if self.descending { key > over } else { key < over }
    }
}
