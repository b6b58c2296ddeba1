//! The rows of edges between users: one for each side, whose state is a part of its key.
//!
//! Key: tag, user, state, other user. So a user's edges lie together by state. Value: version, update time (seconds),
//! metadata. A block is the blocker's alone: beside it lies an index row from the side of the blocked one, so that
//! deleting an account finds it.
//!
//! A user's count of friends is changed where a row of a friend is put or removed, and nowhere else.

use super::account;
use super::dump::{Fault, Table, record};
use super::key::{Key, KeyFields, KeyRange, Tag};
use super::view::Rows;
use super::{Reader, StoreError, Txn};
use crate::clock::Timestamp;
use crate::friend::{FriendState, check_metadata};
use crate::ids::UserId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The first byte of each value. A later encoding takes another one, and both are read.
const VERSION: u8 = 1;

/// What a user knows of an edge of theirs, beside its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Side {
    /// When the edge changed last, in whole seconds.
    pub(crate) update_time: Timestamp,
    /// A JSON object.
    pub(crate) metadata: String,
}

impl Side {
    /// Without metadata.
    pub(crate) fn plain(update_time: Timestamp) -> Self {
        Self { update_time, metadata: "{}".into() }
    }
}

/// Whether a user has blocked another one.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn has_blocked(rows: &impl Rows, user: UserId, other: UserId) -> Result<bool, StoreError> {
    is(rows, user, FriendState::Blocked, other)
}

/// Whether another user is this to a user.
pub(crate) fn is(rows: &impl Rows, user: UserId, state: FriendState, other: UserId) -> Result<bool, StoreError> {
    Ok(rows.row(&key(user, state, other))?.is_some())
}

/// What another user is to a user; none for a stranger.
pub(crate) fn find(rows: &impl Rows, user: UserId, other: UserId) -> Result<Option<(FriendState, Side)>, StoreError> {
    for state in FriendState::ALL {
        if let Some(value) = rows.row(&key(user, state, other))? {
            return Ok(Some((state, decode(&value)?)));
        }
    }
    Ok(None)
}

/// Makes another user this to a user, on the user's own side only. What they were before is to be removed.
pub(crate) fn put(
    txn: &mut Txn,
    user: UserId,
    state: FriendState,
    other: UserId,
    side: &Side,
) -> Result<(), StoreError> {
    let key = key(user, state, other);
    let is_new = txn.get(&key)?.is_none();
    txn.put(key, encode(side))?;
    match state {
        FriendState::Friend if is_new => account::count_friends(txn, user, 1),
        FriendState::Blocked if is_new => txn.put(blocker_key(other, user), Vec::new()),
        _ => Ok(()),
    }
}

/// Ends what another user is to a user, on both sides; nothing happens when they are not that.
pub(crate) fn remove(txn: &mut Txn, user: UserId, state: FriendState, other: UserId) -> Result<(), StoreError> {
    remove_side(txn, user, state, other)?;
    match state.reverse() {
        Some(reverse) => remove_side(txn, other, reverse, user),
        None => Ok(()),
    }
}

fn remove_side(txn: &mut Txn, user: UserId, state: FriendState, other: UserId) -> Result<(), StoreError> {
    let key = key(user, state, other);
    if txn.get(&key)?.is_none() {
        return Ok(());
    }
    txn.delete(key)?;
    match state {
        FriendState::Friend => account::count_friends(txn, user, -1),
        FriendState::Blocked => txn.delete(blocker_key(other, user)),
        FriendState::InviteSent | FriendState::InviteReceived => Ok(()),
    }
}

/// Removes all edges of a user on both sides, and the blocks that others hold on the user.
pub(crate) fn remove_all(txn: &mut Txn, user: UserId) -> Result<(), StoreError> {
    let own = txn.range(list(user, None)).map(|row| read_key(&row?.0));
    for (_, state, other) in own.collect::<Result<Vec<_>, _>>()? {
        remove(txn, user, state, other)?;
    }
    let blockers = txn.range(Key::new(Tag::FriendBlocker).uuid(user.uuid()).range()).map(|row| {
        let key = row?.0;
        key.last_chunk().map(|id| UserId::new(Uuid::from_bytes(*id))).ok_or_else(damaged)
    });
    for blocker in blockers.collect::<Result<Vec<_>, _>>()? {
        remove(txn, blocker, FriendState::Blocked, user)?;
    }
    Ok(())
}

/// Where a user's edges are, all or those of one state.
pub(crate) fn list(user: UserId, state: Option<FriendState>) -> KeyRange {
    let key = Key::new(Tag::Friend).uuid(user.uuid());
    match state {
        Some(state) => key.u8(state as u8).range(),
        None => key.range(),
    }
}

/// The places between the pages of a user's friends of friends: below a state that is none, so no row is among them.
pub(crate) fn places(user: UserId) -> Key {
    Key::new(Tag::Friend).uuid(user.uuid()).u8(u8::MAX)
}

/// The two ids that a place is made of.
pub(crate) fn read_place(key: &[u8]) -> Option<(UserId, UserId)> {
    let mut fields = KeyFields::new(Tag::Friend, key)?;
    let (_user, _mark) = (fields.uuid()?, fields.u8()?);
    let place = (UserId::new(fields.uuid()?), UserId::new(fields.uuid()?));
    fields.raw().is_empty().then_some(place)
}

/// Whose edge a row is, what the other user is, and who that is; with the user's side of it.
pub(crate) fn read(key: &[u8], value: &[u8]) -> Result<(UserId, FriendState, UserId, Side), StoreError> {
    let (user, state, other) = read_key(key)?;
    Ok((user, state, other, decode(value)?))
}

/// The friends of a user's friends, each behind the friend whose friend it is, by both ids; the user is among them. They
/// begin behind a pair, where one is given.
pub(crate) fn friends_of_friends(
    reader: &Reader,
    user: UserId,
    after: Option<(UserId, UserId)>,
) -> impl Iterator<Item = Result<(UserId, UserId), StoreError>> {
    let mine = list(user, Some(FriendState::Friend));
    // The friend of the pair is read again, for what follows the pair.
    let mine = match after {
        Some((friend, _)) => KeyRange { start: key(user, FriendState::Friend, friend).into_bytes(), ..mine },
        None => mine,
    };
    reader.range(mine).flat_map(move |row| {
        let friend = row.and_then(|(key, _)| Ok(read_key(&key)?.2));
        let (theirs, failed) = match friend {
            Ok(friend) => {
                let theirs = list(friend, Some(FriendState::Friend));
                let theirs = match after.filter(|(after, _)| *after == friend) {
                    Some((_, other)) => theirs.after(key(friend, FriendState::Friend, other)),
                    None => theirs,
                };
                let pairs = reader.range(theirs).map(move |row| Ok((friend, read_key(&row?.0)?.2)));
                (Some(pairs), None)
            }
            Err(error) => (None, Some(Err(error))),
        };
        theirs.into_iter().flatten().chain(failed)
    })
}

fn key(user: UserId, state: FriendState, other: UserId) -> Key {
    Key::new(Tag::Friend).uuid(user.uuid()).u8(state as u8).uuid(other.uuid())
}

fn blocker_key(user: UserId, blocker: UserId) -> Key {
    Key::new(Tag::FriendBlocker).uuid(user.uuid()).uuid(blocker.uuid())
}

fn read_key(key: &[u8]) -> Result<(UserId, FriendState, UserId), StoreError> {
    let read = || {
        let mut fields = KeyFields::new(Tag::Friend, key)?;
        let (user, state, other) = (fields.uuid()?, fields.u8()?, fields.uuid()?);
        Some((UserId::new(user), FriendState::from_number(state.into())?, UserId::new(other)))
    };
    read().ok_or_else(damaged)
}

fn encode(side: &Side) -> Vec<u8> {
    let mut value = Vec::with_capacity(1 + 8 + side.metadata.len());
    value.push(VERSION);
    value.extend(side.update_time.seconds().to_be_bytes());
    value.extend(side.metadata.as_bytes());
    value
}

fn decode(value: &[u8]) -> Result<Side, StoreError> {
    let side = || {
        let (&[version], rest) = value.split_first_chunk()?;
        let (seconds, metadata) = rest.split_first_chunk()?;
        let metadata = std::str::from_utf8(metadata).ok()?.to_owned();
        let update_time = Timestamp::from_seconds(i64::from_be_bytes(*seconds));
        (version == VERSION).then_some(Side { update_time, metadata })
    };
    side().ok_or_else(damaged)
}

fn damaged() -> StoreError {
    StoreError::Unreadable("an edge between users is in no known encoding".into())
}

/// How one side of an edge is exported.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EdgeRecord {
    user_id: Uuid,
    state: i32,
    other_id: Uuid,
    update_seconds: i64,
    metadata: String,
}

/// Edges, for export and import. A running server's export may have the two sides of an edge from different moments, so
/// each line tells of the whole edge, the last one counts, and one to an account that is not there is left out.
pub(crate) const TABLE: Table = Table {
    kind: "friend",
    rows: || Key::new(Tag::Friend).range(),
    export: |key, value| {
        let (user, state, other, side) = read(key, value)?;
        record(EdgeRecord {
            user_id: user.uuid(),
            state: state as i32,
            other_id: other.uuid(),
            update_seconds: side.update_time.seconds(),
            metadata: side.metadata,
        })
    },
    import: |txn, record| {
        let record: EdgeRecord = serde_json::from_value(record)?;
        let (user, other) = (UserId::new(record.user_id), UserId::new(record.other_id));
        let state = FriendState::from_number(record.state);
        let state = state.ok_or_else(|| Fault::Record(format!("there is no state {}", record.state)))?;
        if user == other {
            return Err(Fault::Record(format!("user {user} has an edge to themselves")));
        }
        check_metadata(&record.metadata).map_err(|error| Fault::Record(error.to_string()))?;
        if !account::exists(txn, user)? || !account::exists(txn, other)? {
            return Ok(());
        }
        let side = Side { update_time: Timestamp::from_seconds(record.update_seconds), metadata: record.metadata };
        Ok(import(txn, user, state, other, &side)?)
    },
};

fn import(txn: &mut Txn, user: UserId, state: FriendState, other: UserId, side: &Side) -> Result<(), StoreError> {
    for past in FriendState::ALL.into_iter().filter(|past| *past != state) {
        remove(txn, user, past, other)?;
    }
    put(txn, user, state, other, side)?;
    let Some(reverse) = state.reverse() else { return Ok(()) };
    remove(txn, other, FriendState::Blocked, user)?;
    if is(txn, other, reverse, user)? {
        return Ok(());
    }
    put(txn, other, reverse, user, &Side::plain(side.update_time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, StoreConfig};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_side_comes_back_as_it_was(seconds in -1_000_000_000_000_i64..1_000_000_000_000, metadata: String) {
            // Times of rows are whole seconds that fit a timestamp.
            let seconds = seconds % 9_000_000_000;
            let side = Side { update_time: Timestamp::from_seconds(seconds), metadata };
            prop_assert_eq!(decode(&encode(&side)), Ok(side));
        }

        #[test]
        fn a_torn_side_is_an_error(length in 0_usize..9) {
            let value = encode(&Side::plain(Timestamp::from_seconds(7)));
            prop_assert!(matches!(decode(&value[..length]), Err(StoreError::Unreadable(_))));
        }
    }

    /// Edges, and how many friends the first two accounts count.
    type Imported = (Vec<(u128, FriendState, u128)>, [u32; 2]);

    /// A store with three accounts, in which these lines were imported.
    async fn imported(lines: &[(u128, i32, u128)]) -> Result<Imported, String> {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), StoreConfig { sync_interval_ms: 0, cache_capacity: 16 << 20 }).unwrap();
        let lines = lines.to_vec();
        let done = store.write(move |txn| -> Result<_, String> {
            for number in 1..=3 {
                let account = account::AccountRow { username: number.to_string(), ..Default::default() };
                account::put(txn, id(number), Some(&account)).unwrap();
            }
            for (user, state, other) in lines {
                let record = serde_json::json!({
                    "user_id": Uuid::from_u128(user), "state": state, "other_id": Uuid::from_u128(other),
                    "update_seconds": 7, "metadata": "{}",
                });
                (TABLE.import)(txn, record).map_err(|fault| format!("{fault:?}"))?;
            }
            let keys: Vec<_> = txn.range(Key::new(Tag::Friend).range()).map(|row| row.unwrap().0).collect();
            let edges = keys.iter().map(|key| read_key(key).unwrap());
            let edges = edges.map(|(user, state, other)| (user.uuid().as_u128(), state, other.uuid().as_u128()));
            let counts = [1, 2].map(|number| account::get(txn, id(number)).unwrap().unwrap().edge_count);
            Ok((edges.collect(), counts))
        });
        let done = done.await.unwrap();
        store.close().await;
        done
    }

    fn id(number: u128) -> UserId {
        UserId::new(Uuid::from_u128(number))
    }

    #[tokio::test]
    async fn an_import_of_sides_from_different_moments_agrees_with_the_last() {
        use FriendState::{Blocked, Friend, InviteReceived, InviteSent};
        let friends = vec![(1, Friend, 2), (2, Friend, 1)];
        let cases = [
            (vec![(1, 0, 2), (2, 0, 1)], friends.clone(), [1, 1]),
            (vec![(1, 0, 2)], friends.clone(), [1, 1]),
            (vec![(1, 1, 2), (2, 0, 1)], friends.clone(), [1, 1]),
            (vec![(1, 0, 2), (2, 1, 1)], vec![(1, InviteReceived, 2), (2, InviteSent, 1)], [0, 0]),
            (vec![(1, 3, 2), (2, 3, 1)], vec![(1, Blocked, 2), (2, Blocked, 1)], [0, 0]),
            (vec![(1, 0, 2), (2, 3, 1)], vec![(2, Blocked, 1)], [0, 0]),
            (vec![(1, 3, 2), (2, 0, 1)], friends, [1, 1]),
            (vec![(1, 0, 9), (9, 0, 1)], vec![], [0, 0]),
        ];
        for (lines, edges, counts) in cases {
            assert_eq!(imported(&lines).await, Ok((edges, counts)), "{lines:?}");
        }
        for line in [(1, 4, 2), (1, -1, 2), (1, 0, 1)] {
            assert!(imported(&[line]).await.unwrap_err().starts_with("Record("), "{line:?}");
        }
    }

    #[test]
    fn a_side_of_an_unknown_version_is_an_error() {
        assert!(decode(&[9; 12]).is_err());
    }
}
