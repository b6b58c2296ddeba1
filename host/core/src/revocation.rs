//! Tokens that were logged out: refused for as long as they would have lived, across restarts.
//!
//! They are asked for with every request, so they are in memory; the store keeps them for the next start. What has
//! expired is forgotten when the next token is revoked, at most once a minute.

use crate::clock::{Environment, Timestamp};
use crate::ids::UserId;
use crate::store::dump::{Table, record};
use crate::store::key::{Key, KeyFields, Tag};
use crate::store::{Reader, Store, StoreError, Txn};
use parking_lot::{Mutex, RwLock};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// How often expired revocations are looked for, in seconds.
const PRUNE_INTERVAL: i64 = 60;

/// The revocations of all users.
#[derive(Debug)]
pub struct Revocations {
    store: Store,
    env: Environment,
    revoked: Arc<RwLock<Revoked>>,
    pruned: Mutex<Timestamp>,
}

/// What is revoked, with when it can be forgotten.
#[derive(Debug, Default)]
struct Revoked {
    tokens: HashMap<Uuid, Timestamp>,
    users: HashMap<UserId, RevokedUser>,
}

/// A user all whose tokens were revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RevokedUser {
    /// Tokens issued up to this second do not count.
    issued: i64,
    /// The one that counts all the same: that of the login that revoked the others.
    keep: Option<Uuid>,
    until: Timestamp,
}

impl Revocations {
    /// The revocations in a store.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn open(store: Store, env: Environment) -> Result<Self, StoreError> {
        let revoked = store.read_blocking(load)?;
        let pruned = Mutex::new(env.now());
        Ok(Self { store, env, revoked: Arc::new(RwLock::new(revoked)), pruned })
    }

    /// Revokes all tokens with this token id until they would have expired.
    ///
    /// # Errors
    /// When the disk fails; then the token still counts.
    pub async fn revoke(&self, token_id: Uuid, until: Timestamp) -> Result<(), StoreError> {
        self.add(token_key(token_id), until.nanos().to_be_bytes().to_vec(), move |revoked| {
            revoked.tokens.insert(token_id, until);
        })
        .await
    }

    /// Revokes all tokens of a user that were issued up to the second of `issued`, except those with the id `keep`.
    ///
    /// # Errors
    /// When the disk fails; then the tokens still count.
    pub async fn revoke_all(
        &self,
        user: UserId,
        issued: Timestamp,
        until: Timestamp,
        keep: Option<Uuid>,
    ) -> Result<(), StoreError> {
        let mut entry = RevokedUser { issued: issued.seconds(), keep, until };
        if let Some(before) = self.revoked.read().users.get(&user) {
            // After a clock set back, this one must not take back what the one before revoked.
            entry.issued = entry.issued.max(before.issued);
            entry.until = entry.until.max(before.until);
        }
        self.add(user_key(user), entry.encode(), move |revoked| {
            revoked.users.insert(user, entry);
        })
        .await
    }

    /// Whether a token of this user, with this id, issued then, is revoked. Asks the memory only.
    pub fn is_revoked(&self, user: UserId, token_id: Uuid, issued: Timestamp) -> bool {
        let revoked = self.revoked.read();
        revoked.tokens.contains_key(&token_id)
            || revoked
                .users
                .get(&user)
                .is_some_and(|revoked| issued.seconds() <= revoked.issued && revoked.keep != Some(token_id))
    }

    /// Stores a revocation, and makes it known when it is durable: also when its caller has stopped waiting by then.
    async fn add(
        &self,
        key: Key,
        value: Vec<u8>,
        known: impl FnOnce(&mut Revoked) + Send + 'static,
    ) -> Result<(), StoreError> {
        let (expired, revoked) = (self.expired(), self.revoked.clone());
        let add = move |txn: &mut Txn| {
            forget(txn, &expired)?;
            txn.on_commit(move |outcome| {
                if outcome.is_ok() {
                    known(&mut revoked.write());
                }
            });
            txn.put(key, value)
        };
        self.store.write(add).await?
    }

    /// Forgets what has expired, and tells the keys for the store to forget too.
    fn expired(&self) -> Vec<Key> {
        let now = self.env.now();
        {
            let mut pruned = self.pruned.lock();
            if now.seconds() < pruned.seconds() + PRUNE_INTERVAL {
                return Vec::new();
            }
            *pruned = now;
        }
        let mut keys = Vec::new();
        let mut revoked = self.revoked.write();
        revoked.tokens.retain(|token, until| {
            let keep = *until > now;
            if !keep {
                keys.push(token_key(*token));
            }
            keep
        });
        revoked.users.retain(|user, revoked| {
            let keep = revoked.until > now;
            if !keep {
                keys.push(user_key(*user));
            }
            keep
        });
        keys
    }
}

fn forget(txn: &mut Txn, expired: &[Key]) -> Result<(), StoreError> {
    expired.iter().try_for_each(|key| txn.delete(key))
}

fn load(reader: &Reader) -> Result<Revoked, StoreError> {
    let mut revoked = Revoked::default();
    for row in reader.range(Key::new(Tag::RevokedToken).range()) {
        let (key, value) = row?;
        let (token, until_nanos) = decode_token(&key, &value)?;
        revoked.tokens.insert(token, Timestamp::from_nanos(until_nanos));
    }
    for row in reader.range(Key::new(Tag::RevokedUser).range()) {
        let (key, value) = row?;
        let (user, entry) = decode_user(&key, &value)?;
        revoked.users.insert(user, entry);
    }
    Ok(revoked)
}

fn decode_token(key: &[u8], value: &[u8]) -> Result<(Uuid, i64), StoreError> {
    let token = KeyFields::new(Tag::RevokedToken, key).and_then(|mut fields| fields.uuid());
    let until_nanos = <[u8; 8]>::try_from(value).map(i64::from_be_bytes).map_err(|_| damaged())?;
    Ok((token.ok_or_else(damaged)?, until_nanos))
}

fn decode_user(key: &[u8], value: &[u8]) -> Result<(UserId, RevokedUser), StoreError> {
    let user = KeyFields::new(Tag::RevokedUser, key).and_then(|mut fields| fields.uuid());
    Ok((UserId::new(user.ok_or_else(damaged)?), RevokedUser::decode(value).ok_or_else(damaged)?))
}

fn damaged() -> StoreError {
    StoreError::Unreadable("a revoked token is damaged".into())
}

fn token_key(token: Uuid) -> Key {
    Key::new(Tag::RevokedToken).uuid(token)
}

fn user_key(user: UserId) -> Key {
    Key::new(Tag::RevokedUser).uuid(user.uuid())
}

impl RevokedUser {
    fn encode(self) -> Vec<u8> {
        let mut bytes = self.issued.to_be_bytes().to_vec();
        bytes.extend(self.until.nanos().to_be_bytes());
        bytes.extend(self.keep.unwrap_or_default().as_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (issued, rest) = bytes.split_first_chunk()?;
        let (until, keep) = rest.split_first_chunk()?;
        let keep = Uuid::from_slice(keep).ok()?;
        Some(Self {
            issued: i64::from_be_bytes(*issued),
            until: Timestamp::from_nanos(i64::from_be_bytes(*until)),
            keep: (!keep.is_nil()).then_some(keep),
        })
    }
}

/// How a revoked token is exported.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenRecord {
    token_id: Uuid,
    until_nanos: i64,
}

/// How a user whose tokens are revoked is exported.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserRecord {
    user_id: Uuid,
    issued: i64,
    until_nanos: i64,
    keep: Option<Uuid>,
}

/// Revoked tokens, for export and import.
pub(crate) const TOKEN_TABLE: Table = Table {
    kind: "revoked_token",
    rows: || Key::new(Tag::RevokedToken).range(),
    export: |key, value| {
        let (token_id, until_nanos) = decode_token(key, value)?;
        record(TokenRecord { token_id, until_nanos })
    },
    import: |txn, record| {
        let TokenRecord { token_id, until_nanos } = serde_json::from_value(record)?;
        Ok(txn.put(token_key(token_id), until_nanos.to_be_bytes().to_vec())?)
    },
};

/// Users whose tokens are revoked, for export and import.
pub(crate) const USER_TABLE: Table = Table {
    kind: "revoked_user",
    rows: || Key::new(Tag::RevokedUser).range(),
    export: |key, value| {
        let (user, RevokedUser { issued, keep, until }) = decode_user(key, value)?;
        record(UserRecord { user_id: user.uuid(), issued, until_nanos: until.nanos(), keep })
    },
    import: |txn, record| {
        let UserRecord { user_id, issued, until_nanos, keep } = serde_json::from_value(record)?;
        let revoked = RevokedUser { issued, keep, until: Timestamp::from_nanos(until_nanos) };
        Ok(txn.put(user_key(UserId::new(user_id)), revoked.encode())?)
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::store::StoreConfig;
    use std::path::Path;
    use std::sync::Arc;

    const HOUR: i64 = 3600;

    fn open(folder: &Path, clock: &Arc<ManualClock>) -> Revocations {
        let config = StoreConfig { sync_interval_ms: 0, cache_capacity: 16 << 20 };
        let store = Store::open(folder, config).unwrap();
        Revocations::open(store, Environment::seeded(clock.clone(), 1)).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn token(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn user(number: u128) -> UserId {
        UserId::new(Uuid::from_u128(number))
    }

    #[tokio::test]
    async fn a_revoked_token_is_refused_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(at(0)));
        let revocations = open(folder.path(), &clock);
        revocations.revoke(token(1), at(HOUR)).await.unwrap();
        assert!(revocations.is_revoked(user(1), token(1), at(0)));
        assert!(!revocations.is_revoked(user(1), token(2), at(0)));
        revocations.store.close().await;
        drop(revocations);
        assert!(open(folder.path(), &clock).is_revoked(user(1), token(1), at(0)));
    }

    #[tokio::test]
    async fn all_tokens_of_a_user_but_one_are_refused_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(at(0)));
        let revocations = open(folder.path(), &clock);
        revocations.revoke_all(user(1), at(10), at(HOUR), Some(token(5))).await.unwrap();
        let check = |revocations: &Revocations| {
            assert!(revocations.is_revoked(user(1), token(1), at(10)), "issued in that second");
            assert!(!revocations.is_revoked(user(1), token(1), at(11)), "issued later");
            assert!(!revocations.is_revoked(user(1), token(5), at(10)), "the one to keep");
            assert!(!revocations.is_revoked(user(2), token(1), at(10)), "another user's");
        };
        check(&revocations);
        revocations.store.close().await;
        drop(revocations);
        check(&open(folder.path(), &clock));
    }

    #[tokio::test]
    async fn a_clock_set_back_takes_no_revocation_back() {
        let folder = tempfile::tempdir().unwrap();
        let revocations = open(folder.path(), &Arc::new(ManualClock::new(at(0))));
        revocations.revoke_all(user(1), at(10), at(HOUR), None).await.unwrap();
        revocations.revoke_all(user(1), at(5), at(HOUR), Some(token(5))).await.unwrap();
        assert!(revocations.is_revoked(user(1), token(1), at(10)));
        assert!(!revocations.is_revoked(user(1), token(5), at(5)), "the one to keep");
    }

    #[tokio::test]
    async fn a_token_is_revoked_also_when_its_caller_goes_away() {
        let folder = tempfile::tempdir().unwrap();
        let revocations = open(folder.path(), &Arc::new(ManualClock::new(at(0))));
        {
            let mut revoke = Box::pin(revocations.revoke(token(1), at(HOUR)));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(revoke.as_mut().poll(&mut context).is_pending());
        }
        // Behind it in the writer's line.
        revocations.revoke(token(2), at(HOUR)).await.unwrap();
        assert!(revocations.is_revoked(user(1), token(1), at(0)));
    }

    #[tokio::test]
    async fn what_has_expired_is_forgotten_in_memory_and_on_disk() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(at(0)));
        let revocations = open(folder.path(), &clock);
        revocations.revoke(token(1), at(HOUR)).await.unwrap();
        revocations.revoke_all(user(1), at(10), at(HOUR), None).await.unwrap();
        clock.set(at(HOUR));
        revocations.revoke(token(2), at(2 * HOUR)).await.unwrap();
        let revoked = revocations.store.read(load).await.unwrap();
        assert_eq!(revoked.tokens, HashMap::from([(token(2), at(2 * HOUR))]));
        assert_eq!(revoked.users, HashMap::new());
        assert!(!revocations.is_revoked(user(1), token(1), at(0)));
        assert!(revocations.is_revoked(user(1), token(2), at(HOUR)));
    }
}
