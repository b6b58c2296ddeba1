//! Storage objects: JSON values by collection, key and owner.

use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::store::StoreError;

/// Storage objects.
#[derive(Debug)]
pub struct Storage {}

/// Which object. The owner is nil for the game's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    pub collection: String,
    pub key: String,
    pub owner: UserId,
}

/// Who may read an object through the client API. The numbers are public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ReadPermission { None = 0, Owner = 1, Public = 2 }

/// Who may write an object through the client API. The numbers are public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum WritePermission { None = 0, Owner = 1 }

/// What must be true for a write to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition { Always, Absent, Version(String) }

/// A stored object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    pub id: ObjectId,
    /// A JSON object.
    pub value: String,
    /// Changes with the value.
    pub version: String,
    pub read: ReadPermission,
    pub write: WritePermission,
    pub create_time: Timestamp,
    pub update_time: Timestamp,
}

/// An object to write.
#[derive(Clone, Debug)]
pub struct Put {
    pub id: ObjectId,
    pub value: String,
    pub condition: Condition,
    pub read: ReadPermission,
    pub write: WritePermission,
}

/// An object to delete.
#[derive(Clone, Debug)]
pub struct Removal {
    pub id: ObjectId,
    pub condition: Condition,
}

/// One page of a collection.
#[derive(Clone, Debug, Default)]
pub struct ObjectPage {
    pub objects: Vec<Object>,
    pub cursor: Option<String>,
}

/// Why a storage operation is refused. (Completed by the implementation.)
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    #[error("object {key:?} of collection {collection:?} does not have the expected version")]
    VersionMismatch { collection: String, key: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Storage {
    /// Reads objects; those that do not exist are left out.
    pub async fn read(&self, _ids: Vec<ObjectId>) -> Result<Vec<Object>, StorageError> { todo!() }
    /// Writes objects, all or none, and returns them as stored.
    pub async fn write(&self, _puts: Vec<Put>) -> Result<Vec<Object>, StorageError> { todo!() }
    /// Deletes objects, all or none.
    pub async fn delete(&self, _removals: Vec<Removal>) -> Result<(), StorageError> { todo!() }
    /// The objects of an owner in a collection, by key.
    pub async fn list(&self, _collection: String, _owner: UserId, _limit: usize, _cursor: Option<String>) -> Result<ObjectPage, StorageError> { todo!() }
}
