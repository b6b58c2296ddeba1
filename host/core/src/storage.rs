//! Storage objects: JSON values by collection, key and owner.
//!
//! The writes of one call are one batch: they all happen, or none of them.

use crate::clock::{Environment, Timestamp};
use crate::ids::UserId;
use crate::store::dump::{Fault, Table, record};
use crate::store::key::{Key, KeyFields, Tag};
use crate::store::{Store, StoreError, Txn};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The longest name of a collection, and the longest key, in bytes.
pub const NAME_LEN_MAX: usize = 128;

/// The longest value, in bytes.
pub const VALUE_LEN_MAX: usize = 256 << 10;

/// Storage objects.
#[derive(Debug)]
pub struct Storage {
    store: Store,
    env: Environment,
}

/// Which object. The owner is nil for the game's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// 1 to [`NAME_LEN_MAX`] bytes.
    pub collection: String,
    /// 1 to [`NAME_LEN_MAX`] bytes.
    pub key: String,
    /// A user, or nil.
    pub owner: UserId,
}

/// Who may read an object through the client API. The numbers are public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ReadPermission {
    /// Nobody: plugins only.
    None = 0,
    /// Its owner.
    Owner = 1,
    /// Everybody.
    Public = 2,
}

/// Who may write an object through the client API. The numbers are public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum WritePermission {
    /// Nobody: plugins only.
    None = 0,
    /// Its owner.
    Owner = 1,
}

/// What must be true for a write to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    Always,
    /// The object does not exist.
    Absent,
    /// The object has this version.
    Version(String),
}

/// A stored object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Which.
    pub id: ObjectId,
    /// A JSON object, as the text that was written.
    pub value: String,
    /// Changes with the value, and is the same for the same value.
    pub version: String,
    /// Who may read it.
    pub read: ReadPermission,
    /// Who may write it.
    pub write: WritePermission,
    /// When it was first written.
    pub create_time: Timestamp,
    /// When it was last written.
    pub update_time: Timestamp,
}

/// An object to write.
#[derive(Clone, Debug)]
pub struct Put {
    /// Which.
    pub id: ObjectId,
    /// A JSON object, at most [`VALUE_LEN_MAX`] bytes.
    pub value: String,
    /// What must be true.
    pub condition: Condition,
    /// Who may read it.
    pub read: ReadPermission,
    /// Who may write it.
    pub write: WritePermission,
}

/// An object to delete.
#[derive(Clone, Debug)]
pub struct Removal {
    /// Which.
    pub id: ObjectId,
    /// What must be true. A version is also not met when the object does not exist.
    pub condition: Condition,
}

/// One page of a collection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectPage {
    /// The objects, by key.
    pub objects: Vec<Object>,
    /// Where the next page begins; none when this is the last.
    pub cursor: Option<String>,
}

/// Why a storage operation is refused. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// A collection's name or a key is empty or too long.
    #[error("{what} is {length} bytes, must be 1 to {NAME_LEN_MAX}")]
    InvalidName {
        /// `collection` or `key`.
        what: &'static str,
        /// Its length.
        length: usize,
    },
    /// The value is no JSON object.
    #[error("value of object {key:?} in collection {collection:?} is not a JSON object")]
    InvalidValue {
        /// The object's collection.
        collection: String,
        /// The object's key.
        key: String,
    },
    /// The value is too long.
    #[error("value of object {key:?} in collection {collection:?} is {length} bytes, the limit is {VALUE_LEN_MAX}")]
    ValueTooLarge {
        /// The object's collection.
        collection: String,
        /// The object's key.
        key: String,
        /// The value's length.
        length: usize,
    },
    /// A condition does not hold.
    #[error("object {key:?} of collection {collection:?} does not have the expected version")]
    VersionMismatch {
        /// The object's collection.
        collection: String,
        /// The object's key.
        key: String,
    },
    /// The cursor is not of this listing.
    #[error("cursor {0:?} is not one of this collection")]
    InvalidCursor(String),
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Storage {
    /// The objects in a store.
    pub fn new(store: Store, env: Environment) -> Self {
        Self { store, env }
    }

    /// Reads objects, in the order that was asked for; those that do not exist are left out.
    ///
    /// # Errors
    /// When a name is invalid, or the disk fails.
    pub async fn read(&self, ids: Vec<ObjectId>) -> Result<Vec<Object>, StorageError> {
        ids.iter().try_for_each(check_id)?;
        let read = self.store.read(move |reader| {
            let mut objects = Vec::with_capacity(ids.len());
            for id in ids {
                if let Some(row) = reader.get(key(&id))? {
                    objects.push(decode(id, &row)?);
                }
            }
            Ok(objects)
        });
        Ok(read.await?)
    }

    /// Writes objects, all or none, and returns them as stored. When one object is named twice, the later write counts,
    /// and its condition is about what the earlier one left.
    ///
    /// # Errors
    /// When a name or value is invalid, a condition does not hold, or the disk fails.
    pub async fn write(&self, puts: Vec<Put>) -> Result<Vec<Object>, StorageError> {
        for put in &puts {
            check_id(&put.id)?;
            check_value(put)?;
        }
        let now = self.env.now();
        self.store.write(move |txn| puts.into_iter().map(|put| write(txn, put, now)).collect()).await?
    }

    /// Deletes objects, all or none. One that does not exist is no error unless its condition names a version.
    ///
    /// # Errors
    /// When a name is invalid, a condition does not hold, or the disk fails.
    pub async fn delete(&self, removals: Vec<Removal>) -> Result<(), StorageError> {
        removals.iter().try_for_each(|removal| check_id(&removal.id))?;
        let delete = move |txn: &mut Txn| {
            for Removal { id, condition } in removals {
                let present = find(txn, &id)?;
                check_condition(&id, &condition, present.as_ref())?;
                txn.delete(key(&id))?;
            }
            Ok(())
        };
        self.store.write(delete).await?
    }

    /// The objects of an owner in a collection, by key, at most `limit` of them. The cursor is that of the page before.
    ///
    /// # Errors
    /// When the collection's name or the cursor is invalid, or the disk fails.
    pub async fn list(
        &self,
        collection: String,
        owner: UserId,
        limit: usize,
        cursor: Option<String>,
    ) -> Result<ObjectPage, StorageError> {
        check_name("collection", &collection)?;
        let mut range = prefix(owner, &collection).range();
        if let Some(cursor) = cursor {
            let last = URL_SAFE.decode(&cursor).ok().filter(|last| range.contains(last));
            range = range.after(last.ok_or(StorageError::InvalidCursor(cursor))?);
        }
        let read = self.store.read(move |reader| {
            let mut page = ObjectPage::default();
            let mut last = None;
            for row in reader.range(range) {
                let (key, value) = row?;
                if page.objects.len() == limit {
                    page.cursor = last.map(|last: Vec<u8>| URL_SAFE.encode(last));
                    break;
                }
                page.objects.push(decode(id_of(&key)?, &value)?);
                last = Some(key.to_vec());
            }
            Ok(page)
        });
        Ok(read.await?)
    }
}

/// Deletes all objects of a user, as part of deleting the user.
pub(crate) fn delete_all(txn: &mut Txn, owner: UserId) -> Result<(), StoreError> {
    let rows = txn.range(Key::new(Tag::Object).uuid(owner.uuid()).range());
    let keys = rows.map(|row| row.map(|(key, _)| key)).collect::<Result<Vec<_>, _>>()?;
    keys.into_iter().try_for_each(|key| txn.delete(key))
}

fn write(txn: &mut Txn, put: Put, now: Timestamp) -> Result<Object, StorageError> {
    let Put { id, value, condition, read, write } = put;
    let present = find(txn, &id)?;
    check_condition(&id, &condition, present.as_ref())?;
    let create_time = present.map_or(now, |present| present.create_time);
    let version = version(&value);
    let object = Object { id, value, version, read, write, create_time, update_time: now };
    txn.put(key(&object.id), encode(&object)?)?;
    Ok(object)
}

fn find(txn: &Txn, id: &ObjectId) -> Result<Option<Object>, StoreError> {
    txn.get(key(id))?.map(|row| decode(id.clone(), &row)).transpose()
}

fn check_condition(id: &ObjectId, condition: &Condition, present: Option<&Object>) -> Result<(), StorageError> {
    let met = match condition {
        Condition::Always => true,
        Condition::Absent => present.is_none(),
        Condition::Version(version) => present.is_some_and(|present| present.version == *version),
    };
    if met {
        return Ok(());
    }
    Err(StorageError::VersionMismatch { collection: id.collection.clone(), key: id.key.clone() })
}

fn check_id(id: &ObjectId) -> Result<(), StorageError> {
    check_name("collection", &id.collection)?;
    check_name("key", &id.key)
}

fn check_name(what: &'static str, name: &str) -> Result<(), StorageError> {
    match name.len() {
        1..=NAME_LEN_MAX => Ok(()),
        length => Err(StorageError::InvalidName { what, length }),
    }
}

fn check_value(put: &Put) -> Result<(), StorageError> {
    let (collection, key) = (put.id.collection.clone(), put.id.key.clone());
    if put.value.len() > VALUE_LEN_MAX {
        return Err(StorageError::ValueTooLarge { collection, key, length: put.value.len() });
    }
    // Every value is read, and none is built.
    match serde_json::from_str::<BTreeMap<IgnoredName, IgnoredAny>>(&put.value) {
        Ok(_) => Ok(()),
        Err(_) => Err(StorageError::InvalidValue { collection, key }),
    }
}

/// A name whose text does not matter.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct IgnoredName;

impl<'de> Deserialize<'de> for IgnoredName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

fn version(value: &str) -> String {
    // A hash that nobody needs to attack: whoever can write the value can write it anyway.
    Uuid::new_v5(&Uuid::nil(), value.as_bytes()).simple().to_string()
}

fn prefix(owner: UserId, collection: &str) -> Key {
    Key::new(Tag::Object).uuid(owner.uuid()).sized(collection.as_bytes())
}

fn key(id: &ObjectId) -> Key {
    prefix(id.owner, &id.collection).raw(id.key.as_bytes())
}

fn id_of(key: &[u8]) -> Result<ObjectId, StoreError> {
    let read = || {
        let mut fields = KeyFields::new(Tag::Object, key)?;
        let owner = UserId::new(fields.uuid()?);
        let collection = std::str::from_utf8(fields.sized()?).ok()?.to_owned();
        Some(ObjectId { owner, collection, key: std::str::from_utf8(fields.raw()).ok()?.to_owned() })
    };
    read().ok_or_else(|| StoreError::Unreadable("the key of a storage object is damaged".into()))
}

/// An object as it is stored, beside its key.
#[derive(Serialize, Deserialize)]
struct Row {
    value: String,
    read: u8,
    write: u8,
    create_nanos: i64,
    update_nanos: i64,
}

fn encode(object: &Object) -> Result<Vec<u8>, StoreError> {
    let row = Row {
        value: object.value.clone(),
        read: object.read as u8,
        write: object.write as u8,
        create_nanos: object.create_time.nanos(),
        update_nanos: object.update_time.nanos(),
    };
    serde_json::to_vec(&row).map_err(|error| StoreError::Failed(error.to_string()))
}

fn decode(id: ObjectId, row: &[u8]) -> Result<Object, StoreError> {
    let row: Row = serde_json::from_slice(row).map_err(|error| {
        StoreError::Unreadable(format!("object {:?} of collection {:?}: {error}", id.key, id.collection))
    })?;
    Ok(Object {
        id,
        version: version(&row.value),
        value: row.value,
        read: read_permission(row.read),
        write: write_permission(row.write),
        create_time: Timestamp::from_nanos(row.create_nanos),
        update_time: Timestamp::from_nanos(row.update_nanos),
    })
}

fn read_permission(number: u8) -> ReadPermission {
    match number {
        0 => ReadPermission::None,
        2 => ReadPermission::Public,
        _ => ReadPermission::Owner,
    }
}

fn write_permission(number: u8) -> WritePermission {
    if number == 0 { WritePermission::None } else { WritePermission::Owner }
}

/// How an object is exported.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ObjectRecord {
    owner: Uuid,
    collection: String,
    key: String,
    value: String,
    read: u8,
    write: u8,
    create_nanos: i64,
    update_nanos: i64,
}

/// Storage objects, for export and import.
pub(crate) const TABLE: Table = Table {
    kind: "storage_object",
    rows: || Key::new(Tag::Object).range(),
    export: |key, value| {
        let Object { id, value, read, write, create_time, update_time, .. } = decode(id_of(key)?, value)?;
        record(ObjectRecord {
            owner: id.owner.uuid(),
            collection: id.collection,
            key: id.key,
            value,
            read: read as u8,
            write: write as u8,
            create_nanos: create_time.nanos(),
            update_nanos: update_time.nanos(),
        })
    },
    import: |txn, record| {
        let record: ObjectRecord = serde_json::from_value(record)?;
        let id = ObjectId { collection: record.collection, key: record.key, owner: UserId::new(record.owner) };
        let put = Put {
            id,
            value: record.value,
            condition: Condition::Absent,
            read: read_permission(record.read),
            write: write_permission(record.write),
        };
        let checked = check_id(&put.id).and_then(|()| check_value(&put)).and_then(|()| {
            let present = find(txn, &put.id)?;
            check_condition(&put.id, &put.condition, present.as_ref())
        });
        match checked {
            Err(StorageError::Store(error)) => return Err(error.into()),
            Err(error) => return Err(Fault::Record(error.to_string())),
            Ok(()) => {}
        }
        let object = Object {
            version: version(&put.value),
            id: put.id,
            value: put.value,
            read: put.read,
            write: put.write,
            create_time: Timestamp::from_nanos(record.create_nanos),
            update_time: Timestamp::from_nanos(record.update_nanos),
        };
        Ok(txn.put(key(&object.id), encode(&object)?)?)
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::store::StoreConfig;
    use proptest::prelude::*;
    use std::sync::Arc;
    use tempfile::TempDir;

    struct Fixture {
        storage: Storage,
        clock: Arc<ManualClock>,
        _folder: TempDir,
    }

    fn fixture() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_000)));
        let config = StoreConfig { sync_interval_ms: 0, cache_capacity: 16 << 20 };
        let store = Store::open(folder.path(), config).unwrap();
        Fixture { storage: Storage::new(store, Environment::seeded(clock.clone(), 1)), clock, _folder: folder }
    }

    fn id(collection: &str, key: &str, owner: u128) -> ObjectId {
        ObjectId { collection: collection.into(), key: key.into(), owner: UserId::new(Uuid::from_u128(owner)) }
    }

    fn put(id: ObjectId, value: &str) -> Put {
        let (read, write) = (ReadPermission::Owner, WritePermission::Owner);
        Put { id, value: value.into(), condition: Condition::Always, read, write }
    }

    #[tokio::test]
    async fn an_object_comes_back_as_it_was_written() {
        let fixture = fixture();
        let first = Put { read: ReadPermission::Public, ..put(id("saves", "one", 7), r#"{ "level": 1 }"#) };
        let written = fixture.storage.write(vec![first]).await.unwrap();
        assert_eq!(fixture.storage.read(vec![id("saves", "one", 7)]).await.unwrap(), written);
        assert_eq!(written[0].value, r#"{ "level": 1 }"#);
        assert_eq!(written[0].read, ReadPermission::Public);
        fixture.clock.set(Timestamp::from_seconds(2_000));
        let again = fixture.storage.write(vec![put(id("saves", "one", 7), r#"{"level":2}"#)]).await.unwrap();
        assert_eq!(again[0].create_time, Timestamp::from_seconds(1_000));
        assert_eq!(again[0].update_time, Timestamp::from_seconds(2_000));
        assert_ne!(again[0].version, written[0].version);
    }

    #[tokio::test]
    async fn owners_and_collections_do_not_mix() {
        let fixture = fixture();
        let ids = [id("a", "b", 1), id("ab", "", 1), id("a", "b", 2), id("a", "b", 0)];
        assert!(matches!(
            fixture.storage.write(vec![put(ids[1].clone(), "{}")]).await,
            Err(StorageError::InvalidName { what: "key", length: 0 })
        ));
        fixture.storage.write(vec![put(ids[0].clone(), "{}")]).await.unwrap();
        assert_eq!(fixture.storage.read(ids[1..].iter().skip(1).cloned().collect()).await.unwrap(), []);
        assert_eq!(fixture.storage.list("a".into(), ids[2].owner, 10, None).await.unwrap(), ObjectPage::default());
    }

    #[tokio::test]
    async fn one_condition_that_fails_undoes_all() {
        let fixture = fixture();
        let stored = fixture.storage.write(vec![put(id("a", "there", 1), "{}")]).await.unwrap();
        let fresh = put(id("a", "fresh", 1), "{}");
        let absent = Put { condition: Condition::Absent, ..put(id("a", "there", 1), r#"{"x":1}"#) };
        let error = fixture.storage.write(vec![fresh.clone(), absent]).await.unwrap_err();
        assert_eq!(error, StorageError::VersionMismatch { collection: "a".into(), key: "there".into() });
        assert_eq!(fixture.storage.read(vec![fresh.id.clone()]).await.unwrap(), []);
        let current = Condition::Version(stored[0].version.clone());
        let changed = Put { condition: current.clone(), ..put(id("a", "there", 1), r#"{"x":1}"#) };
        fixture.storage.write(vec![fresh.clone(), changed]).await.unwrap();
        let removals = vec![
            Removal { id: fresh.id.clone(), condition: Condition::Always },
            Removal { id: id("a", "there", 1), condition: current },
        ];
        assert!(fixture.storage.delete(removals).await.is_err());
        assert_eq!(fixture.storage.read(vec![fresh.id]).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn bad_values_are_refused_by_name() {
        let fixture = fixture();
        for value in ["", "1", "[]", r#""text""#, "{", "{}{}", "null", "{\"a\":}"] {
            let error = fixture.storage.write(vec![put(id("a", "b", 1), value)]).await.unwrap_err();
            assert_eq!(error.to_string(), r#"value of object "b" in collection "a" is not a JSON object"#, "{value}");
        }
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(VALUE_LEN_MAX));
        let error = fixture.storage.write(vec![put(id("a", "b", 1), &long)]).await.unwrap_err();
        assert!(matches!(error, StorageError::ValueTooLarge { .. }));
        let error = fixture.storage.list("a".into(), UserId::NIL, 10, Some("rubbish".into())).await.unwrap_err();
        assert_eq!(error.to_string(), r#"cursor "rubbish" is not one of this collection"#);
    }

    #[tokio::test]
    async fn a_large_value_fits() {
        let fixture = fixture();
        let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(VALUE_LEN_MAX - 8));
        fixture.storage.write(vec![put(id("a", "b", 1), &large)]).await.unwrap();
        assert_eq!(fixture.storage.read(vec![id("a", "b", 1)]).await.unwrap()[0].value, large);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn pages_hold_everything_once_by_key(
            keys in proptest::collection::btree_set("[a-c]{1,4}", 0..20),
            limit in 1usize..8,
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let listed = runtime.block_on(async {
                let fixture = fixture();
                fixture.storage.write(vec![put(id("other", "a", 1), "{}"), put(id("box", "a", 2), "{}")]).await.unwrap();
                let puts = keys.iter().map(|key| put(id("box", key, 1), "{}")).collect();
                fixture.storage.write(puts).await.unwrap();
                let (mut listed, mut cursor) = (Vec::new(), None);
                loop {
                    let page = fixture.storage.list("box".into(), id("", "", 1).owner, limit, cursor).await.unwrap();
                    assert!(page.objects.len() <= limit);
                    listed.extend(page.objects.into_iter().map(|object| object.id.key));
                    cursor = page.cursor;
                    if cursor.is_none() {
                        return listed;
                    }
                }
            });
            prop_assert_eq!(listed, keys.into_iter().collect::<Vec<_>>());
        }
    }
}
