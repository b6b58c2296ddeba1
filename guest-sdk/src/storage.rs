//! JSON objects by collection, key and owner.
//!
//! Values are any type that serde reads and writes as a JSON object.
//!
//! ```no_run
//! # use meadhall_guest::prelude::*;
//! # use serde::{Deserialize, Serialize};
//! #[derive(Default, Serialize, Deserialize)]
//! struct Purse { gold: u64 }
//!
//! # fn f(ctx: &Context) -> Result<()> {
//! let id = ObjectId::new("purses", "main").owner(ctx.user_id()?);
//! let (mut purse, condition) = match storage::get::<Purse>(&id)? {
//!     Some(object) => (object.value, Condition::Version(object.version)),
//!     None => (Purse::default(), Condition::Absent),
//! };
//! purse.gold += 1;
//! storage::write(&[Put::new(id, &purse)?.only_if(condition)])?;
//! # Ok(()) }
//! ```

use crate::Result;
use crate::bindings::meadhall::plugin::storage as wit;
use crate::host::host_call;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use wit::{Condition, ObjectId, Put, ReadPermission, Removal, WritePermission};

/// A stored object.
#[derive(Clone, Debug, PartialEq)]
pub struct Object<T> {
    /// Which.
    pub id: ObjectId,
    /// What it holds.
    pub value: T,
    /// Changes with the value.
    pub version: String,
    /// Who may read it through the client API.
    pub read: ReadPermission,
    /// Who may write it through the client API.
    pub write: WritePermission,
    /// When it was first written, in milliseconds since the Unix epoch.
    pub create_time_ms: i64,
    /// When it was last written, in milliseconds since the Unix epoch.
    pub update_time_ms: i64,
}

/// One page of a collection.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The objects, by key.
    pub objects: Vec<Object<T>>,
    /// Where the next page begins; none when this is the last.
    pub cursor: Option<String>,
}

impl ObjectId {
    /// An object of the game's own. Collection and key are 1 to 128 bytes.
    pub fn new(collection: impl Into<String>, key: impl Into<String>) -> Self {
        Self { collection: collection.into(), key: key.into(), user_id: None }
    }

    /// The object of a user instead.
    #[must_use]
    pub fn owner(mut self, user_id: impl Into<String>) -> Self {
        self.user_id = Some(user_id.into());
        self
    }
}

impl Put {
    /// An object to write, whatever is there, for its owner to read and write through the client API.
    ///
    /// # Errors
    /// When the value cannot be written as JSON.
    pub fn new(id: ObjectId, value: &impl Serialize) -> Result<Self> {
        Ok(Self {
            id,
            value: serde_json::to_string(value)?,
            condition: Condition::Always,
            read: ReadPermission::Owner,
            write: WritePermission::Owner,
        })
    }

    /// Says what must be true for it to happen.
    #[must_use]
    pub fn only_if(mut self, condition: Condition) -> Self {
        self.condition = condition;
        self
    }

    /// Says who may read and write the object through the client API.
    #[must_use]
    pub fn permissions(mut self, read: ReadPermission, write: WritePermission) -> Self {
        self.read = read;
        self.write = write;
        self
    }
}

impl Removal {
    /// An object to delete, whatever it holds.
    pub fn new(id: ObjectId) -> Self {
        Self { id, condition: Condition::Always }
    }

    /// Says what must be true for it to happen.
    #[must_use]
    pub fn only_if(mut self, condition: Condition) -> Self {
        self.condition = condition;
        self
    }
}

/// Reads one object; none when it does not exist.
///
/// # Errors
/// Internal (13) when the object is not what `T` reads.
pub fn get<T: DeserializeOwned>(id: &ObjectId) -> Result<Option<Object<T>>> {
    Ok(read(std::slice::from_ref(id))?.pop())
}

/// Writes one object, whatever is there, and returns its version.
///
/// # Errors
/// Invalid argument (3) for what is no JSON object, or too large.
pub fn put(id: &ObjectId, value: &impl Serialize) -> Result<String> {
    Ok(write(&[Put::new(id.clone(), value)?])?.pop().unwrap_or_default())
}

/// Reads objects, at most 100; those that do not exist are left out.
///
/// # Errors
/// Internal (13) when an object is not what `T` reads.
pub fn read<T: DeserializeOwned>(ids: &[ObjectId]) -> Result<Vec<Object<T>>> {
    host_call!(storage::read(ids))?.into_iter().map(object).collect()
}

/// Writes objects, at most 100, all or none, and returns their versions in order.
///
/// # Errors
/// Failed precondition (9) when a condition does not hold, invalid argument (3) for what is no JSON object, or too
/// large. Nothing is written then.
pub fn write(objects: &[Put]) -> Result<Vec<String>> {
    host_call!(storage::write(objects))
}

/// Deletes objects, at most 100, all or none; those that do not exist are ignored unless a condition names a version.
///
/// # Errors
/// Failed precondition (9) when a condition does not hold. Nothing is deleted then.
pub fn delete(objects: &[Removal]) -> Result<()> {
    host_call!(storage::delete(objects))
}

/// The objects of one owner (of the game, when none is given) in a collection, by key, 1 to 100 a page.
///
/// # Errors
/// Invalid argument (3) for another limit or a bad cursor, internal (13) when an object is not what `T` reads.
pub fn list<T: DeserializeOwned>(
    collection: &str,
    user_id: Option<&str>,
    limit: u32,
    cursor: Option<&str>,
) -> Result<Page<T>> {
    let page = host_call!(storage::list(collection, user_id, limit, cursor))?;
    let objects = page.objects.into_iter().map(object).collect::<Result<_>>()?;
    Ok(Page { objects, cursor: page.cursor })
}

fn object<T: DeserializeOwned>(found: wit::Object) -> Result<Object<T>> {
    let wit::Object { id, value, version, read, write, create_time_ms, update_time_ms } = found;
    let value = serde_json::from_str(&value)?;
    Ok(Object { id, value, version, read, write, create_time_ms, update_time_ms })
}
