//! Storage objects. The store checks conditions; form and size are checked here.

use super::wit::storage::{self as wit, Host};
use super::wit::types::Error;
use super::{at_most, id, invalid, page_size, refused};
use crate::plugin::guest::Guest;
use crate::plugin::limits::{STORAGE_NAME_BYTES, STORAGE_OBJECTS, STORAGE_VALUE_BYTES};
use meadhall_core::ids::UserId;
use meadhall_core::storage::{Condition, Object, ObjectId, Put, ReadPermission, Removal, WritePermission};
use serde::de::IgnoredAny;
use std::collections::HashMap;

impl Host for Guest {
    async fn read(&mut self, ids: Vec<wit::ObjectId>) -> Result<Vec<wit::Object>, Error> {
        let core = self.core()?;
        let ids = lift_all(ids, object_id)?;
        let objects = core.storage.read(ids).await.map_err(refused)?;
        Ok(objects.into_iter().map(lower).collect())
    }

    async fn write(&mut self, objects: Vec<wit::Put>) -> Result<Vec<String>, Error> {
        let core = self.core()?;
        let puts = lift_all(objects, put)?;
        let written = core.storage.write(puts).await.map_err(refused)?;
        Ok(written.into_iter().map(|object| object.version).collect())
    }

    async fn delete(&mut self, objects: Vec<wit::Removal>) -> Result<(), Error> {
        let core = self.core()?;
        let removals = lift_all(objects, removal)?;
        core.storage.delete(removals).await.map_err(refused)
    }

    async fn list(
        &mut self,
        collection: String,
        user_id: Option<String>,
        limit: u32,
        cursor: Option<String>,
    ) -> Result<wit::Page, Error> {
        let core = self.core()?;
        name("collection", &collection)?;
        let owner = owner(user_id)?;
        let page = core.storage.list(collection, owner, page_size(limit)?, cursor).await.map_err(refused)?;
        Ok(wit::Page { objects: page.objects.into_iter().map(lower).collect(), cursor: page.cursor })
    }
}

fn lift_all<T, U>(items: Vec<T>, lift: impl Fn(T) -> Result<U, Error>) -> Result<Vec<U>, Error> {
    if items.len() > STORAGE_OBJECTS {
        return Err(invalid(format!("{} objects in one call, the limit is {STORAGE_OBJECTS}", items.len())));
    }
    items.into_iter().map(lift).collect()
}

fn object_id(object: wit::ObjectId) -> Result<ObjectId, Error> {
    name("collection", &object.collection)?;
    name("key", &object.key)?;
    Ok(ObjectId { collection: object.collection, key: object.key, owner: owner(object.user_id)? })
}

fn name(what: &str, text: &str) -> Result<(), Error> {
    if text.is_empty() {
        return Err(invalid(format!("{what} is empty")));
    }
    at_most(what, text, STORAGE_NAME_BYTES)
}

/// None is the game itself.
fn owner(user_id: Option<String>) -> Result<UserId, Error> {
    user_id.map_or(Ok(UserId::NIL), |text| id("user id", &text))
}

fn put(put: wit::Put) -> Result<Put, Error> {
    at_most("value", &put.value, STORAGE_VALUE_BYTES)?;
    if serde_json::from_str::<HashMap<String, IgnoredAny>>(&put.value).is_err() {
        return Err(invalid(format!("value of key {:?} is not a JSON object", super::shortened(&put.id.key))));
    }
    Ok(Put {
        id: object_id(put.id)?,
        value: put.value,
        condition: condition(put.condition),
        read: match put.read {
            wit::ReadPermission::None => ReadPermission::None,
            wit::ReadPermission::Owner => ReadPermission::Owner,
            wit::ReadPermission::Public => ReadPermission::Public,
        },
        write: match put.write {
            wit::WritePermission::None => WritePermission::None,
            wit::WritePermission::Owner => WritePermission::Owner,
        },
    })
}

fn removal(removal: wit::Removal) -> Result<Removal, Error> {
    Ok(Removal { id: object_id(removal.id)?, condition: condition(removal.condition) })
}

fn condition(condition: wit::Condition) -> Condition {
    match condition {
        wit::Condition::Always => Condition::Always,
        wit::Condition::Absent => Condition::Absent,
        wit::Condition::Version(version) => Condition::Version(version),
    }
}

fn lower(object: Object) -> wit::Object {
    let owner = object.id.owner;
    wit::Object {
        id: wit::ObjectId {
            collection: object.id.collection,
            key: object.id.key,
            user_id: (!owner.is_nil()).then(|| owner.to_string()),
        },
        value: object.value,
        version: object.version,
        read: match object.read {
            ReadPermission::None => wit::ReadPermission::None,
            ReadPermission::Owner => wit::ReadPermission::Owner,
            ReadPermission::Public => wit::ReadPermission::Public,
        },
        write: match object.write {
            WritePermission::None => wit::WritePermission::None,
            WritePermission::Owner => wit::WritePermission::Owner,
        },
        create_time_ms: object.create_time.millis(),
        update_time_ms: object.update_time.millis(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(collection: &str, key: &str, user_id: Option<&str>, value: &str) -> Result<Put, Error> {
        put(wit::Put {
            id: wit::ObjectId { collection: collection.into(), key: key.into(), user_id: user_id.map(Into::into) },
            value: value.into(),
            condition: wit::Condition::Always,
            read: wit::ReadPermission::Owner,
            write: wit::WritePermission::None,
        })
    }

    #[test]
    fn values_are_json_objects() {
        assert!(with("c", "k", None, r#"{"a":[1,{"b":null}]}"#).is_ok());
        for bad in ["", "1", "[]", "{", "null", "{} {}"] {
            assert_eq!(with("c", "k", None, bad).unwrap_err().code, 3, "{bad:?}");
        }
    }

    #[test]
    fn names_and_values_are_bounded() {
        let long = "x".repeat(STORAGE_NAME_BYTES + 1);
        assert!(with(&long[1..], &long[1..], None, "{}").is_ok());
        for (collection, key) in [("", "k"), ("c", ""), (&*long, "k"), ("c", &*long)] {
            assert!(with(collection, key, None, "{}").is_err(), "{collection:?} {key:?}");
        }
        let value = format!(r#"{{"a":"{}"}}"#, "x".repeat(STORAGE_VALUE_BYTES));
        assert!(with("c", "k", None, &value).is_err());
    }

    #[test]
    fn no_owner_is_the_game_itself() {
        assert!(with("c", "k", None, "{}").unwrap().id.owner.is_nil());
        assert!(with("c", "k", Some("nobody"), "{}").is_err());
    }

    #[test]
    fn a_call_takes_a_hundred_objects() {
        let ids = |count| vec![(); count];
        assert!(lift_all(ids(STORAGE_OBJECTS), Ok).is_ok());
        assert!(lift_all(ids(STORAGE_OBJECTS + 1), Ok).is_err());
    }
}
