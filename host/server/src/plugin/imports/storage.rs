//! Storage objects. Core checks names, values and conditions; how many there may be in one call is checked here.

use super::wit::storage::{self as wit, Host};
use super::wit::types::Error;
use super::{at_most_many, id, page_size, refused};
use crate::plugin::guest::Guest;
use crate::plugin::limits::STORAGE_OBJECTS;
use meadhall_core::ids::UserId;
use meadhall_core::storage::{Condition, Object, ObjectId, Put, ReadPermission, Removal, WritePermission};

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
        let owner = owner(user_id)?;
        let page = core.storage.list(collection, owner, page_size(limit)?, cursor).await.map_err(refused)?;
        Ok(wit::Page { objects: page.objects.into_iter().map(lower).collect(), cursor: page.cursor })
    }
}

fn lift_all<T, U>(items: Vec<T>, lift: impl Fn(T) -> Result<U, Error>) -> Result<Vec<U>, Error> {
    at_most_many("object", items.len(), STORAGE_OBJECTS)?;
    items.into_iter().map(lift).collect()
}

fn object_id(object: wit::ObjectId) -> Result<ObjectId, Error> {
    Ok(ObjectId { collection: object.collection, key: object.key, owner: owner(object.user_id)? })
}

/// None is the game itself.
fn owner(user_id: Option<String>) -> Result<UserId, Error> {
    user_id.map_or(Ok(UserId::NIL), |text| id("user id", &text))
}

fn put(put: wit::Put) -> Result<Put, Error> {
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
    use crate::plugin::guest::tests::World;

    fn object_id(collection: &str, key: &str, user_id: Option<&str>) -> wit::ObjectId {
        wit::ObjectId { collection: collection.into(), key: key.into(), user_id: user_id.map(Into::into) }
    }

    fn put(key: &str, value: &str, condition: wit::Condition) -> wit::Put {
        wit::Put {
            id: object_id("saves", key, None),
            value: value.into(),
            condition,
            read: wit::ReadPermission::Public,
            write: wit::WritePermission::None,
        }
    }

    #[tokio::test]
    async fn what_is_written_is_read_and_listed() {
        let mut guest = World::new().guest();
        let puts = ["a", "b", "c"].map(|key| put(key, r#"{"n":1}"#, wit::Condition::Absent));
        let versions = guest.write(puts.into()).await.unwrap();
        assert_eq!(versions.len(), 3);

        let read = guest.read(vec![object_id("saves", "b", None), object_id("saves", "none", None)]).await.unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!((read[0].value.as_str(), &read[0].version), (r#"{"n":1}"#, &versions[1]));
        assert_eq!(read[0].id.user_id, None);
        assert!(matches!(read[0].read, wit::ReadPermission::Public));

        let first = guest.list("saves".into(), None, 2, None).await.unwrap();
        let second = guest.list("saves".into(), None, 2, first.cursor.clone()).await.unwrap();
        let keys: Vec<_> = first.objects.iter().chain(&second.objects).map(|object| object.id.key.as_str()).collect();
        assert_eq!(keys, ["a", "b", "c"]);
        assert_eq!(second.cursor, None);

        guest
            .delete(vec![wit::Removal { id: object_id("saves", "a", None), condition: wit::Condition::Always }])
            .await
            .unwrap();
        assert!(guest.read(vec![object_id("saves", "a", None)]).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_condition_that_does_not_hold_refuses_the_whole_call() {
        let mut guest = World::new().guest();
        let version = guest.write(vec![put("a", "{}", wit::Condition::Always)]).await.unwrap().remove(0);
        let stale = wit::Condition::Version(format!("{version}x"));
        let refused = guest.write(vec![put("b", "{}", wit::Condition::Absent), put("a", "{}", stale)]).await;
        assert_eq!(refused.unwrap_err().code, 9);
        assert!(guest.read(vec![object_id("saves", "b", None)]).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn bad_objects_are_refused_with_what_is_wrong() {
        let mut guest = World::new().guest();
        for (value, part) in [("[]", "JSON object"), ("{", "JSON object"), ("", "JSON object")] {
            let error = guest.write(vec![put("a", value, wit::Condition::Always)]).await.unwrap_err();
            assert_eq!(error.code, 3, "{value:?}");
            assert!(error.message.contains(part), "{}", error.message);
        }
        let error = guest.read(vec![object_id("", "k", None)]).await.unwrap_err();
        assert_eq!(error.code, 3);
        let error = guest.read(vec![object_id("c", "k", Some("nobody"))]).await.unwrap_err();
        assert!(error.message.contains("\"nobody\""), "{}", error.message);
        let error = guest.list("c".into(), None, 0, None).await.unwrap_err();
        assert!(error.message.contains("must be 1 to 100"), "{}", error.message);
    }

    #[tokio::test]
    async fn a_call_takes_a_hundred_objects() {
        let mut guest = World::new().guest();
        let ids = |count| (0..count).map(|n| object_id("c", &n.to_string(), None)).collect::<Vec<_>>();
        assert!(guest.read(ids(STORAGE_OBJECTS)).await.unwrap().is_empty());
        assert_eq!(guest.read(ids(STORAGE_OBJECTS + 1)).await.unwrap_err().code, 3);
    }
}
