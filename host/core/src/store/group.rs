//! The rows of groups: one for each group, and index rows by which they are found: by their unique name, by their name
//! in any case, and by what they are. Who is in them is told in `member`.
//!
//! A group stands in four listings: of all groups, of those that are open or closed like it, of those with its
//! language, and of those like it in both. Each is in the order of member counts, so every filter is one range.

mod member;
#[cfg(test)]
mod tests;

pub(crate) use member::{
    MEMBER_TABLE, all_members, delete_members, first_heir, is_member, member_list, member_of, place, places_of_user,
    set_place, superadmins, user_group_list, user_group_of,
};

use super::dump::{Fault, Table, record};
use super::key::{Key, KeyFields, KeyRange, Tag};
use super::view::Rows;
use super::{StoreError, Txn};
use crate::group::check::NAME_LEN_MAX;
use crate::ids::GroupId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Ends a name inside a key. No name has a control character.
const NAME_END: u8 = 0;

/// A group as it is stored and exported. A field that is added later needs a default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct GroupRow {
    pub(crate) creator_id: Uuid,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) description: String,
    pub(crate) lang_tag: String,
    /// A JSON object.
    pub(crate) metadata: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) avatar_url: String,
    pub(crate) open: bool,
    /// How many are in it. Not exported: what is imported is counted.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) edge_count: u32,
    /// How many ask to be. Not exported either.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) request_count: u32,
    /// How many may be in it.
    pub(crate) max_count: u32,
    /// Seconds since the Unix epoch.
    pub(crate) create_time: i64,
    /// Seconds since the Unix epoch.
    pub(crate) update_time: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Why a group cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PutError {
    /// Another group has its name.
    NameTaken,
    Store(StoreError),
}

impl From<StoreError> for PutError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl GroupRow {
    /// The rows that it is found by, but for its unique name.
    fn index(&self, id: GroupId) -> BTreeSet<Key> {
        let (open, language) = (Some(self.open), Some(self.lang_tag.as_str()));
        let listings = [(None, None), (open, None), (None, language), (open, language)];
        let listings = listings.map(|(open, language)| listing(open, language).u32(self.edge_count).uuid(id.uuid()));
        listings.into_iter().chain([folded(&self.name).u8(NAME_END).uuid(id.uuid())]).collect()
    }
}

/// A name as names are compared without regard to case.
pub(crate) fn fold(name: &str) -> String {
    name.to_lowercase()
}

/// A group.
pub(crate) fn get(rows: &impl Rows, id: GroupId) -> Result<Option<GroupRow>, StoreError> {
    rows.row(&group_key(id))?.map(|value| decode(&value)).transpose()
}

/// Stores a group, new or changed, with its index rows.
pub(crate) fn put(txn: &mut Txn, id: GroupId, new: &GroupRow) -> Result<(), PutError> {
    let old = get(txn, id)?;
    if old.as_ref().is_none_or(|old| old.name != new.name) {
        if txn.get(name_key(&new.name))?.is_some() {
            return Err(PutError::NameTaken);
        }
        txn.put(name_key(&new.name), id.uuid().as_bytes().to_vec())?;
        if let Some(old) = &old {
            txn.delete(name_key(&old.name))?;
        }
    }
    change_index(txn, &old.map(|old| old.index(id)).unwrap_or_default(), &new.index(id))?;
    let value = serde_json::to_vec(new).map_err(|error| StoreError::Failed(error.to_string()))?;
    Ok(txn.put(group_key(id), value)?)
}

/// Removes a group with its index rows; who is in it is left.
pub(crate) fn delete(txn: &mut Txn, id: GroupId) -> Result<(), StoreError> {
    let Some(old) = get(txn, id)? else { return Ok(()) };
    txn.delete(name_key(&old.name))?;
    change_index(txn, &old.index(id), &BTreeSet::new())?;
    txn.delete(group_key(id))
}

fn change_index(txn: &mut Txn, old: &BTreeSet<Key>, new: &BTreeSet<Key>) -> Result<(), StoreError> {
    for removed in old.difference(new) {
        txn.delete(removed)?;
    }
    for added in new.difference(old) {
        txn.put(added, Vec::new())?;
    }
    Ok(())
}

/// The groups with a name in any case, by id.
pub(crate) fn with_name(name: &str) -> KeyRange {
    folded(&fold(name)).u8(NAME_END).range()
}

/// The groups whose name begins so in any case, by name.
pub(crate) fn with_name_prefix(prefix: &str) -> KeyRange {
    folded(&fold(prefix)).range()
}

/// The groups that are so, and have at most so many members; by member count.
pub(crate) fn with(open: Option<bool>, language: Option<&str>, members: Option<u32>) -> KeyRange {
    let range = listing(open, language).range();
    match members.and_then(|members| members.checked_add(1)) {
        Some(more) => range.before(listing(open, language).u32(more)),
        None => range,
    }
}

/// The group of an index row.
pub(crate) fn of_index(key: &[u8]) -> Result<GroupId, StoreError> {
    let id = key.last_chunk::<16>().map(|bytes| GroupId::new(Uuid::from_bytes(*bytes)));
    id.ok_or_else(|| StoreError::Unreadable("an index row of a group is damaged".into()))
}

fn group_key(id: GroupId) -> Key {
    Key::new(Tag::Group).uuid(id.uuid())
}

fn name_key(name: &str) -> Key {
    Key::new(Tag::GroupName).raw(name.as_bytes())
}

fn folded(name: &str) -> Key {
    Key::new(Tag::GroupFoldedName).raw(fold(name).as_bytes())
}

fn listing(open: Option<bool>, language: Option<&str>) -> Key {
    let mut key = Key::new(Tag::GroupListing).u8(u8::from(open.is_some()) | u8::from(language.is_some()) << 1);
    if let Some(open) = open {
        key = key.u8(u8::from(open));
    }
    if let Some(language) = language {
        key = key.sized(language.as_bytes());
    }
    key
}

fn decode(value: &[u8]) -> Result<GroupRow, StoreError> {
    serde_json::from_slice(value).map_err(|error| StoreError::Unreadable(format!("a group: {error}")))
}

/// How a group is exported.
#[derive(Serialize, Deserialize)]
struct GroupRecord {
    id: Uuid,
    #[serde(flatten)]
    row: GroupRow,
}

/// Groups, for export and import. Their index rows are made anew.
pub(crate) const TABLE: Table = Table {
    kind: "group",
    rows: || Key::new(Tag::Group).range(),
    export: |key, value| {
        let id = KeyFields::new(Tag::Group, key).and_then(|mut fields| fields.uuid());
        let id = id.ok_or_else(|| StoreError::Unreadable("the key of a group is damaged".into()))?;
        record(GroupRecord { id, row: GroupRow { edge_count: 0, request_count: 0, ..decode(value)? } })
    },
    import: |txn, record| {
        let GroupRecord { id, row } = serde_json::from_value(record)?;
        let group = GroupId::new(id);
        if get(txn, group)?.is_some() {
            return Err(Fault::Record(format!("group {id} is there twice")));
        }
        let lengths = [row.name.len(), fold(&row.name).len()];
        if row.name.chars().any(char::is_control) || lengths.iter().any(|len| !(1..=NAME_LEN_MAX).contains(len)) {
            return Err(Fault::Record(format!(
                "name {:?} must be 1 to 255 bytes without control characters",
                row.name
            )));
        }
        if row.lang_tag.chars().count() > 18 {
            return Err(Fault::Record(format!("lang_tag {:?} must be at most 18 characters", row.lang_tag)));
        }
        let row = GroupRow { edge_count: 0, request_count: 0, ..row };
        put(txn, group, &row).map_err(|error| match error {
            PutError::NameTaken => Fault::Record(format!("name {:?} is another group's too", row.name)),
            PutError::Store(error) => error.into(),
        })
    },
};
