//! What an import refuses, and how large groups end.

use super::*;
use crate::group::GroupState;
use crate::ids::UserId;
use crate::store::account::{self, AccountRow};
use crate::store::{Store, StoreConfig};
use serde_json::{Value, json};

const GROUP: &str = "00000000-0000-0000-0000-000000000007";
const USER: &str = "00000000-0000-0000-0000-000000000008";

async fn import(store: &Store, table: &'static Table, record: Value) -> Result<(), String> {
    let imported = store.write(move |txn| match (table.import)(txn, record) {
        Ok(()) => Ok(()),
        Err(Fault::Record(reason)) => Err(reason),
        Err(Fault::Store(error)) => Err(error.to_string()),
    });
    imported.await.unwrap()
}

#[tokio::test]
async fn groups_that_contradict_themselves_are_not_imported() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), StoreConfig { sync_interval_ms: 0, cache_capacity: 16 << 20 }).unwrap();
    let user: UserId = USER.parse().unwrap();
    let made = store.write(move |txn| {
        account::put(txn, user, Some(&AccountRow { username: "ann".into(), ..AccountRow::default() }))
    });
    made.await.unwrap().unwrap();
    let group = |id: &str, name: &str| json!({"id": id, "name": name, "lang_tag": "en", "edge_count": 77});
    let place = |group: &str, user: &str, state: u8| json!({"group_id": group, "user_id": user, "state": state});
    import(&store, &TABLE, group(GROUP, "guild")).await.unwrap();
    let long_language = json!({"id": USER, "name": "new", "lang_tag": "x".repeat(19)});
    for (record, reason) in [
        (group(GROUP, "other"), format!("group {GROUP} is there twice")),
        (group(USER, "guild"), "name \"guild\" is another group's too".to_owned()),
        (group(USER, ""), "name \"\" must be 1 to 255 bytes without control characters".into()),
        (group(USER, "a\u{0}b"), "name \"a\\0b\" must be 1 to 255 bytes without control characters".into()),
        (long_language, format!("lang_tag {:?} must be at most 18 characters", "x".repeat(19))),
    ] {
        assert_eq!(import(&store, &TABLE, record).await, Err(reason));
    }
    import(&store, &MEMBER_TABLE, place(GROUP, USER, 0)).await.unwrap();
    for (record, reason) in [
        (place(GROUP, USER, 2), format!("user {USER} is in group {GROUP} twice")),
        (place(USER, USER, 2), format!("there is no group {USER}")),
        (place(GROUP, GROUP, 2), format!("there is no user {GROUP}")),
        (place(GROUP, USER, 5), "state 5 must be 0 to 4".to_owned()),
    ] {
        assert_eq!(import(&store, &MEMBER_TABLE, record).await, Err(reason));
    }
    let row = store.read(|reader| get(reader, GROUP.parse().unwrap())).await.unwrap().unwrap();
    assert_eq!((row.name.as_str(), row.edge_count), ("guild", 1), "what is imported is counted");
    store.close().await;
}

#[tokio::test]
async fn nothing_is_left_of_a_group_that_is_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), StoreConfig { sync_interval_ms: 0, cache_capacity: 16 << 20 }).unwrap();
    let group: GroupId = GROUP.parse().unwrap();
    let filled = store.write(move |txn| {
        let mut row = GroupRow { name: "guild".into(), lang_tag: "en".into(), ..GroupRow::default() };
        for number in 0..2_000 {
            let state = GroupState::ALL[number % 5];
            row.count(None, Some(state));
            set_place(txn, group, UserId::new(Uuid::from_u128(number as u128)), None, Some(state))?;
        }
        put(txn, group, &row).unwrap();
        Ok::<(), StoreError>(())
    });
    filled.await.unwrap().unwrap();
    let count = || store.read(|reader| Ok(reader.range(Key::all_data()).count()));
    // Both sides of each place, the group, its name, its name in any case, and four listings.
    assert_eq!(count().await.unwrap(), 2 * 2_000 + 7);
    let deleted = store.write(move |txn| {
        delete_members(txn, group)?;
        delete(txn, group)
    });
    deleted.await.unwrap().unwrap();
    assert_eq!(count().await.unwrap(), 0);
    store.close().await;
}
