//! Storage: every function of the interface, by its name.

use meadhall_guest::prelude::*;
use serde::Deserialize;
use serde_json::Value;

/// What to do.
#[derive(Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub(crate) enum Call {
    Read { ids: Vec<Id> },
    Write { puts: Vec<NewObject> },
    Delete { removals: Vec<OldObject> },
    List { collection: String, user_id: Option<String>, limit: u32, cursor: Option<String> },
}

/// Which object.
#[derive(Deserialize)]
pub(crate) struct Id {
    collection: String,
    key: String,
    user_id: Option<String>,
}

/// An object to write. A version says which it must have, an empty one that there must be none.
#[derive(Deserialize)]
pub(crate) struct NewObject {
    #[serde(flatten)]
    id: Id,
    value: Value,
    version: Option<String>,
    #[serde(default)]
    public: bool,
}

/// An object to delete.
#[derive(Deserialize)]
pub(crate) struct OldObject {
    #[serde(flatten)]
    id: Id,
    version: Option<String>,
}

impl Call {
    /// Does it, and returns what comes of it as JSON.
    pub(crate) fn run(self) -> Result<Value> {
        match self {
            Self::Read { ids } => {
                let ids: Vec<ObjectId> = ids.into_iter().map(ObjectId::from).collect();
                let objects = storage::read::<Value>(&ids)?;
                Ok(objects.into_iter().map(shown).collect())
            }
            Self::Write { puts } => {
                let puts = puts.into_iter().map(NewObject::put).collect::<Result<Vec<_>>>()?;
                Ok(storage::write(&puts)?.into_iter().map(|version| json!({ "version": version })).collect())
            }
            Self::Delete { removals } => {
                let removal = |old: OldObject| Removal::new(old.id.into()).only_if(condition(old.version));
                storage::delete(&removals.into_iter().map(removal).collect::<Vec<_>>())?;
                Ok(Value::Null)
            }
            Self::List { collection, user_id, limit, cursor } => {
                let page = storage::list::<Value>(&collection, user_id.as_deref(), limit, cursor.as_deref())?;
                let objects: Value = page.objects.into_iter().map(shown).collect();
                Ok(json!({ "objects": objects, "cursor": page.cursor }))
            }
        }
    }
}

impl From<Id> for ObjectId {
    fn from(id: Id) -> Self {
        Self { collection: id.collection, key: id.key, user_id: id.user_id }
    }
}

impl NewObject {
    fn put(self) -> Result<Put> {
        let read = if self.public { ReadPermission::Public } else { ReadPermission::None };
        let put = Put::new(self.id.into(), &self.value)?.permissions(read, WritePermission::None);
        Ok(put.only_if(condition(self.version)))
    }
}

fn condition(version: Option<String>) -> Condition {
    match version {
        None => Condition::Always,
        Some(version) if version.is_empty() => Condition::Absent,
        Some(version) => Condition::Version(version),
    }
}

fn shown(object: storage::Object<Value>) -> Value {
    json!({
        "collection": object.id.collection,
        "key": object.id.key,
        "user_id": object.id.user_id,
        "value": object.value,
        "version": object.version,
        "read": format!("{:?}", object.read),
        "write": format!("{:?}", object.write),
        "create_time_ms": object.create_time_ms,
        "update_time_ms": object.update_time_ms,
    })
}
