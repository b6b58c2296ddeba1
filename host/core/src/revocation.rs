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
    /// No token counts, whenever it was issued: the account is disabled.
    banned: bool,
}

/// As the second of issue of a user's revoked tokens: all that were ever issued and will be.
const EVERY_SECOND: i64 = i64::MAX;

/// Never: a revocation that is kept for good.
const FOR_GOOD: Timestamp = Timestamp::from_nanos(i64::MAX);

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
        let change = self.change_user(user, move |before| {
            let mut entry = RevokedUser { issued: issued.seconds(), keep, until, banned: false };
            if let Some(before) = before {
                // After a clock set back, this one must not take back what the one before revoked.
                entry.issued = entry.issued.max(before.issued);
                entry.until = entry.until.max(before.until);
                entry.banned = before.banned;
            }
            entry
        });
        let expired = self.expired();
        self.store.write(move |txn| expired.forget(txn).and_then(|()| change(txn))).await?
    }

    /// As part of a write: no token of the user counts, until [`Self::unban`]. Those issued so far never will again.
    pub(crate) fn ban(&self, user: UserId, now: Timestamp) -> impl FnOnce(&mut Txn) -> Result<(), StoreError> + use<> {
        self.change_user(user, move |before| {
            let issued = before.map_or(now.seconds(), |before| now.seconds().max(before.first_to_count()));
            RevokedUser { issued, keep: None, until: FOR_GOOD, banned: true }
        })
    }

    /// As part of a write: tokens that are issued from now on count again, see [`Self::issue_time`].
    pub(crate) fn unban(
        &self,
        user: UserId,
        now: Timestamp,
    ) -> impl FnOnce(&mut Txn) -> Result<(), StoreError> + use<> {
        self.change_user(user, move |before| {
            let issued = before.map_or(now.seconds(), |before| now.seconds().max(before.issued));
            RevokedUser { issued, keep: None, until: FOR_GOOD, banned: false }
        })
    }

    /// As part of a write: no token of the user counts any more, also none that is being made at this moment. To be kept
    /// until all of them would have expired.
    pub(crate) fn end(
        &self,
        user: UserId,
        until: Timestamp,
    ) -> impl FnOnce(&mut Txn) -> Result<(), StoreError> + use<> {
        self.change_user(user, move |_| RevokedUser { issued: EVERY_SECOND, keep: None, until, banned: false })
    }

    /// Whether the user is banned. Asks the memory only.
    pub fn is_banned(&self, user: UserId) -> bool {
        self.revoked.read().users.get(&user).is_some_and(|revoked| revoked.banned)
    }

    /// Whether no token of the user counts, whenever it was issued: they are banned, or their account is deleted. Asks
    /// the memory only.
    pub fn is_shut_out(&self, user: UserId) -> bool {
        self.revoked.read().users.get(&user).is_some_and(|revoked| revoked.banned || revoked.issued == EVERY_SECOND)
    }

    /// The second that a new token of a user is to bear as its time of issue: now, or where tokens of this very second
    /// are revoked, the first second that counts.
    pub fn issue_time(&self, user: UserId, now: Timestamp) -> Timestamp {
        let revoked = self.revoked.read();
        let first = revoked.users.get(&user).map_or(i64::MIN, RevokedUser::first_to_count);
        Timestamp::from_seconds(now.seconds().max(first))
    }

    /// A part of a write that changes what is revoked of a user, and makes it known when it is durable.
    fn change_user<F>(&self, user: UserId, change: F) -> impl FnOnce(&mut Txn) -> Result<(), StoreError> + use<F>
    where
        F: FnOnce(Option<RevokedUser>) -> RevokedUser,
    {
        let revoked = self.revoked.clone();
        move |txn: &mut Txn| {
            let before = txn.get(user_key(user))?;
            let before = before.map(|value| RevokedUser::decode(&value).ok_or_else(damaged)).transpose()?;
            let entry = change(before);
            txn.on_commit(move |outcome| {
                if outcome.is_ok() {
                    revoked.write().users.insert(user, entry);
                }
            });
            txn.put(user_key(user), entry.encode())
        }
    }

    /// Whether a token of this user, with this id, issued then, is revoked. Asks the memory only.
    pub fn is_revoked(&self, user: UserId, token_id: Uuid, issued: Timestamp) -> bool {
        let revoked = self.revoked.read();
        revoked.tokens.contains_key(&token_id)
            || revoked.users.get(&user).is_some_and(|revoked| {
                revoked.banned || issued.seconds() <= revoked.issued && revoked.keep != Some(token_id)
            })
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
            expired.forget(txn)?;
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
    fn expired(&self) -> Expired {
        let now = self.env.now();
        {
            let mut pruned = self.pruned.lock();
            if now.seconds() < pruned.seconds() + PRUNE_INTERVAL {
                return Expired { now, tokens: Vec::new(), users: Vec::new() };
            }
            *pruned = now;
        }
        let (mut tokens, mut users) = (Vec::new(), Vec::new());
        let mut revoked = self.revoked.write();
        revoked.tokens.retain(|token, until| {
            let keep = *until > now;
            if !keep {
                tokens.push(*token);
            }
            keep
        });
        revoked.users.retain(|user, revoked| {
            let keep = revoked.until > now;
            if !keep {
                users.push(*user);
            }
            keep
        });
        Expired { now, tokens, users }
    }
}

/// What had expired at a time.
#[derive(Debug)]
struct Expired {
    now: Timestamp,
    tokens: Vec<Uuid>,
    users: Vec<UserId>,
}

impl Expired {
    /// Forgets it, but for what was revoked anew since.
    fn forget(self, txn: &mut Txn) -> Result<(), StoreError> {
        for token in self.tokens {
            let key = token_key(token);
            let until = txn.get(&key)?.map(|value| decode_token(key.as_ref(), &value)).transpose()?;
            if until.is_some_and(|(_, until)| Timestamp::from_nanos(until) <= self.now) {
                txn.delete(key)?;
            }
        }
        for user in self.users {
            let key = user_key(user);
            let entry = txn.get(&key)?.map(|value| decode_user(key.as_ref(), &value)).transpose()?;
            if entry.is_some_and(|(_, entry)| entry.until <= self.now) {
                txn.delete(key)?;
            }
        }
        Ok(())
    }
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
    /// The first second whose tokens count, as far as it is not all of them that do not.
    fn first_to_count(&self) -> i64 {
        self.issued.saturating_add(1)
    }

    fn encode(self) -> Vec<u8> {
        let mut bytes = self.issued.to_be_bytes().to_vec();
        bytes.extend(self.until.nanos().to_be_bytes());
        bytes.extend(self.keep.unwrap_or_default().as_bytes());
        // Rows of older servers end here.
        if self.banned {
            bytes.push(1);
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (issued, rest) = bytes.split_first_chunk()?;
        let (until, rest) = rest.split_first_chunk()?;
        let (keep, banned) = rest.split_first_chunk()?;
        let keep = Uuid::from_bytes(*keep);
        let banned = match banned {
            [] => false,
            [1] => true,
            _ => return None,
        };
        Some(Self {
            issued: i64::from_be_bytes(*issued),
            until: Timestamp::from_nanos(i64::from_be_bytes(*until)),
            keep: (!keep.is_nil()).then_some(keep),
            banned,
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
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    banned: bool,
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
        let (user, RevokedUser { issued, keep, until, banned }) = decode_user(key, value)?;
        record(UserRecord { user_id: user.uuid(), issued, until_nanos: until.nanos(), keep, banned })
    },
    import: |txn, record| {
        let UserRecord { user_id, issued, until_nanos, keep, banned } = serde_json::from_value(record)?;
        let revoked = RevokedUser { issued, keep, until: Timestamp::from_nanos(until_nanos), banned };
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
