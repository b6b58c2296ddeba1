//! Storage objects.

use crate::bindings::meadhall::plugin::storage::{Condition, Object, ObjectId, Page, Put, Removal};
use crate::testing::checks::{at_most_many, id, is_object, page_size};
use crate::testing::state::{NIL, State, with};
use crate::{Error, Result};
use std::hash::{DefaultHasher, Hash, Hasher};

const NAME_BYTES: usize = 128;
const VALUE_BYTES: usize = 256 << 10;

type Key = (String, String, String);

pub fn read(ids: &[ObjectId]) -> Result<Vec<Object>> {
    at_most_many("object", ids.len())?;
    let keys = ids.iter().map(key).collect::<Result<Vec<_>>>()?;
    keys.iter().try_for_each(check_names)?;
    Ok(with(|state| keys.iter().filter_map(|key| state.objects.get(key).cloned()).collect()))
}

pub fn write(objects: &[Put]) -> Result<Vec<String>> {
    at_most_many("object", objects.len())?;
    let keys = objects.iter().map(|put| key(&put.id)).collect::<Result<Vec<_>>>()?;
    for (key, put) in keys.iter().zip(objects) {
        check_names(key)?;
        check_value(key, &put.value)?;
    }
    changed(|state| {
        let now = state.now_ms;
        let written = keys.into_iter().zip(objects).map(|(key, put)| {
            check_condition(state, &key, &put.condition)?;
            let create_time_ms = state.objects.get(&key).map_or(now, |present| present.create_time_ms);
            let version = version(&put.value);
            let object = Object {
                id: ObjectId { user_id: Some(key.0.clone()).filter(|owner| owner != NIL), ..put.id.clone() },
                value: put.value.clone(),
                version: version.clone(),
                read: put.read,
                write: put.write,
                create_time_ms,
                update_time_ms: now,
            };
            state.objects.insert(key, object);
            Ok(version)
        });
        written.collect()
    })
}

pub fn delete(objects: &[Removal]) -> Result<()> {
    at_most_many("object", objects.len())?;
    let keys = objects.iter().map(|removal| key(&removal.id)).collect::<Result<Vec<_>>>()?;
    keys.iter().try_for_each(check_names)?;
    changed(|state| {
        for (key, removal) in keys.iter().zip(objects) {
            check_condition(state, key, &removal.condition)?;
            state.objects.remove(key);
        }
        Ok(())
    })
}

pub fn list(collection: &str, user_id: Option<&str>, limit: u32, cursor: Option<&str>) -> Result<Page> {
    let owner = owner(user_id)?;
    let limit = page_size(limit)?;
    check_name("collection", collection)?;
    let wrong = |cursor: &str| format!("cursor {cursor:?} is not one of this collection");
    let after = match cursor {
        Some(cursor) => {
            let key = cursor.strip_prefix("after ").ok_or_else(|| Error::invalid_argument(wrong(cursor)))?;
            Some(key)
        }
        None => None,
    };
    let mut objects: Vec<Object> = with(|state| {
        let first = (owner.clone(), collection.to_owned(), after.unwrap_or_default().to_owned());
        let rows = state.objects.range(first..).take_while(|(key, _)| key.0 == owner && key.1 == collection);
        let rows = rows.filter(|(key, _)| Some(key.2.as_str()) != after);
        rows.take(limit + 1).map(|(_, object)| object.clone()).collect()
    });
    let more = objects.len() > limit;
    objects.truncate(limit);
    let cursor = objects.last().filter(|_| more).map(|last| format!("after {}", last.id.key));
    Ok(Page { objects, cursor })
}

/// All of a change or nothing of it.
fn changed<T>(change: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
    with(|state| {
        let before = state.objects.clone();
        change(state).inspect_err(|_| state.objects = before)
    })
}

/// Owner, collection, key.
fn key(object: &ObjectId) -> Result<Key> {
    Ok((owner(object.user_id.as_deref())?, object.collection.clone(), object.key.clone()))
}

fn owner(user_id: Option<&str>) -> Result<String> {
    user_id.map_or_else(|| Ok(NIL.to_owned()), |text| id("user id", text))
}

fn check_names((_, collection, key): &Key) -> Result<()> {
    check_name("collection", collection)?;
    check_name("key", key)
}

fn check_name(what: &str, name: &str) -> Result<()> {
    match name.len() {
        1..=NAME_BYTES => Ok(()),
        length => Err(Error::invalid_argument(format!("{what} is {length} bytes, must be 1 to {NAME_BYTES}"))),
    }
}

fn check_value((_, collection, key): &Key, value: &str) -> Result<()> {
    let of = format!("value of object {key:?} in collection {collection:?} is");
    if value.len() > VALUE_BYTES {
        return Err(Error::invalid_argument(format!("{of} {} bytes, the limit is {VALUE_BYTES}", value.len())));
    }
    if is_object(value) { Ok(()) } else { Err(Error::invalid_argument(format!("{of} not a JSON object"))) }
}

fn check_condition(state: &State, key: &Key, condition: &Condition) -> Result<()> {
    let present = state.objects.get(key);
    let met = match condition {
        Condition::Always => true,
        Condition::Absent => present.is_none(),
        Condition::Version(version) => present.is_some_and(|present| present.version == *version),
    };
    if met {
        return Ok(());
    }
    let (_, collection, key) = key;
    let problem = format!("object {key:?} of collection {collection:?} does not have the expected version");
    Err(Error::failed_precondition(problem))
}

/// The same for the same value, as on a server, and another text.
fn version(value: &str) -> String {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
