//! Time and randomness, which the rest of core takes as input, so that a test can replay a run from a seed.

use crate::ids::{SessionId, UserId};
use parking_lot::Mutex;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use uuid::Uuid;

/// A moment: nanoseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From nanoseconds since the Unix epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From whole seconds since the Unix epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000))
    }

    /// Nanoseconds since the Unix epoch.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Milliseconds since the Unix epoch, rounded down.
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Seconds since the Unix epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }

    /// The same moment, rounded down to a whole second.
    pub const fn whole_second(self) -> Self {
        Self::from_seconds(self.seconds())
    }
}

/// Where core reads the time of day.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The machine's own clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands still until it is moved, for tests.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.0))
    }

    /// Moves the clock, forwards or backwards.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// Time and randomness for one server.
#[derive(Clone, Debug)]
pub struct Environment {
    clock: Arc<dyn Clock>,
    // A lock is cheap beside what asks for randomness: a login, a socket, a generated name.
    random: Arc<Mutex<ChaCha12Rng>>,
}

impl Environment {
    /// The machine's clock, and randomness from the operating system.
    pub fn system() -> Self {
        Self::new(Arc::new(SystemClock), ChaCha12Rng::from_rng(&mut rand::rng()))
    }

    /// A given clock, and randomness that is the same in each run with the same seed.
    pub fn seeded(clock: Arc<dyn Clock>, seed: u64) -> Self {
        Self::new(clock, ChaCha12Rng::seed_from_u64(seed))
    }

    fn new(clock: Arc<dyn Clock>, random: ChaCha12Rng) -> Self {
        Self { clock, random: Arc::new(Mutex::new(random)) }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Fills a buffer with random bytes.
    pub fn fill(&self, bytes: &mut [u8]) {
        self.random.lock().fill_bytes(bytes);
    }

    /// A random UUID (version 4).
    pub fn uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// An id for a new user.
    pub fn user_id(&self) -> UserId {
        UserId::new(self.uuid())
    }

    /// An id for a new session.
    pub fn session_id(&self) -> SessionId {
        SessionId::new(self.uuid())
    }
}
