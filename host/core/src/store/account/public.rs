//! What everybody may see of accounts. A list of a thousand friends names a thousand users, and finding and decoding their
//! rows was half of what it cost: readers keep what they decoded.

use super::{AccountRow, account_key, decode};
use crate::ids::UserId;
use crate::store::StoreError;
use crate::store::key::{KeyFields, Tag};
use crate::store::view::{Reader, Rows, Writes};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde::Deserialize;
use std::sync::Arc;

/// How many bytes the rows that are kept may take: about twenty thousand users.
const KEPT_BYTES: u64 = 8 << 20;
/// What a row takes beside its texts.
const ROW_BYTES: usize = 320;

/// What everybody may see of an account. Lists read a row of each user that they name, and what is private in it costs them
/// nothing but the way past it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct PublicRow {
    pub(crate) username: String,
    pub(crate) display_name: String,
    pub(crate) avatar_url: String,
    pub(crate) lang_tag: String,
    pub(crate) location: String,
    pub(crate) timezone: String,
    pub(crate) metadata: String,
    pub(crate) edge_count: u32,
    pub(crate) create_time: i64,
    pub(crate) update_time: i64,
}

impl From<AccountRow> for PublicRow {
    fn from(row: AccountRow) -> Self {
        Self {
            username: row.username,
            display_name: row.display_name,
            avatar_url: row.avatar_url,
            lang_tag: row.lang_tag,
            location: row.location,
            timezone: row.timezone,
            metadata: row.metadata,
            edge_count: row.edge_count,
            create_time: row.create_time,
            update_time: row.update_time,
        }
    }
}

impl PublicRow {
    /// What everybody may see of a user's account; none when there is no such account.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub(crate) fn read(rows: &impl Rows, user: UserId) -> Result<Option<Self>, StoreError> {
        rows.row(&account_key(user))?.map(|value| decode(&value)).transpose()
    }

    /// The same of what is durable, from what was kept if it was.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(crate) fn kept(reader: &Reader, user: UserId) -> Result<Option<Self>, StoreError> {
        if let Some(row) = reader.public_rows.0.get(&user) {
            return Ok(Some((*row).clone()));
        }
        let row = Self::read(reader, user)?;
        if let Some(row) = &row {
            reader.public_rows.0.insert(user, Arc::new(row.clone()));
        }
        Ok(row)
    }
}

/// Rows that readers decoded. Whoever reads holds the [`Reader`] shared, and a batch becomes visible while it is held alone:
/// what the batch changed is dropped in that step, so a kept row is always what is durable.
#[derive(Debug)]
pub(in crate::store) struct PublicRows(Cache<UserId, Arc<PublicRow>, Bytes>);

impl Default for PublicRows {
    fn default() -> Self {
        let rows = usize::try_from(KEPT_BYTES).unwrap_or(usize::MAX) / ROW_BYTES;
        Self(Cache::with_weighter(rows, KEPT_BYTES, Bytes))
    }
}

impl PublicRows {
    /// Drops the rows that a batch changed. To be called in the step that makes the batch visible.
    pub(in crate::store) fn forget(&self, writes: &Writes) {
        for key in writes.keys() {
            if let Some(user) = KeyFields::new(Tag::Account, key).and_then(|mut fields| fields.uuid()) {
                self.0.remove(&UserId::new(user));
            }
        }
    }
}

/// How many bytes a row takes.
#[derive(Clone, Debug)]
struct Bytes;

impl Weighter<UserId, Arc<PublicRow>> for Bytes {
    fn weight(&self, _: &UserId, row: &Arc<PublicRow>) -> u64 {
        let texts = [
            &row.username,
            &row.display_name,
            &row.avatar_url,
            &row.lang_tag,
            &row.location,
            &row.timezone,
            &row.metadata,
        ];
        (ROW_BYTES + texts.into_iter().map(String::len).sum::<usize>()) as u64
    }
}
