//! A hash map in parts, each with a lock of its own, so that callers with different keys seldom meet.

use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};

/// How many parts. More than the cores that a server has, so that two of them seldom want the same part.
const SHARDS: usize = 64;

/// A map in [`SHARDS`] parts. All work on one key happens under the lock of its part.
#[derive(Debug)]
pub(crate) struct Sharded<K, V> {
    shards: Box<[Mutex<HashMap<K, V>>]>,
    // Seeded, because clients choose some of the keys.
    hasher: RandomState,
}

impl<K: Hash + Eq, V> Default for Sharded<K, V> {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), hasher: RandomState::new() }
    }
}

impl<K: Hash + Eq, V> Sharded<K, V> {
    /// Locks the part that holds `key`.
    pub(crate) fn lock(&self, key: &K) -> MutexGuard<'_, HashMap<K, V>> {
        // The upper half: the map inside uses the lower bits of its own hash, of another seed anyway.
        let hash = self.hasher.hash_one(key) >> 32;
        self.shards[hash as usize % SHARDS].lock()
    }

    /// Locks one part after another. What happens in other parts meanwhile may or may not be seen.
    pub(crate) fn each(&self) -> impl Iterator<Item = MutexGuard<'_, HashMap<K, V>>> {
        self.shards.iter().map(|shard| shard.lock())
    }
}
