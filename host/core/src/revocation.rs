//! Tokens that were logged out: refused for as long as they would have lived, across restarts.
//!
//! They are asked for with every request, so they are in memory; the store keeps them for the next start. What has
//! expired is forgotten when the next token is revoked, at most once a minute.

use crate::clock::{Environment, Timestamp};
use crate::ids::UserId;
use crate::store::key::{Key, KeyFields, Tag};
use crate::store::{Reader, Store, StoreError, Txn};
use parking_lot::{Mutex, RwLock};
use std::collections::HashMap;
use uuid::Uuid;

/// How often expired revocations are looked for, in seconds.
const PRUNE_INTERVAL: i64 = 60;

/// The revocations of all users.
#[derive(Debug)]
pub struct Revocations {
    store: Store,
    env: Environment,
    revoked: RwLock<Revoked>,
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
        Ok(Self { store, env, revoked: RwLock::new(revoked), pruned })
    }

    /// Revokes all tokens with this token id until they would have expired.
    ///
    /// # Errors
    /// When the disk fails; then the token still counts.
    pub async fn revoke(&self, token_id: Uuid, until: Timestamp) -> Result<(), StoreError> {
        let expired = self.expired();
        self.store
            .write(move |txn| {
                forget(txn, &expired)?;
                txn.put(token_key(token_id), until.nanos().to_be_bytes().to_vec())
            })
            .await??;
        self.revoked.write().tokens.insert(token_id, until);
        Ok(())
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
        let expired = self.expired();
        let revoked = RevokedUser { issued: issued.seconds(), keep, until };
        self.store
            .write(move |txn| {
                forget(txn, &expired)?;
                txn.put(user_key(user), revoked.encode())
            })
            .await??;
        self.revoked.write().users.insert(user, revoked);
        Ok(())
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
    let damaged = || StoreError::Unreadable("a revoked token is damaged".into());
    let mut revoked = Revoked::default();
    for row in reader.range(Key::new(Tag::RevokedToken).range()) {
        let (key, value) = row?;
        let token = KeyFields::new(Tag::RevokedToken, &key).and_then(|mut fields| fields.uuid());
        let nanos = <[u8; 8]>::try_from(&*value).map(i64::from_be_bytes).map_err(|_| damaged())?;
        revoked.tokens.insert(token.ok_or_else(damaged)?, Timestamp::from_nanos(nanos));
    }
    for row in reader.range(Key::new(Tag::RevokedUser).range()) {
        let (key, value) = row?;
        let user = KeyFields::new(Tag::RevokedUser, &key).and_then(|mut fields| fields.uuid());
        let user = UserId::new(user.ok_or_else(damaged)?);
        revoked.users.insert(user, RevokedUser::decode(&value).ok_or_else(damaged)?);
    }
    Ok(revoked)
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
