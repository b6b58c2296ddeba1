//! Password hashing (argon2id), off the async threads and a bounded number at once, and the limit on failed logins.

use crate::clock::Timestamp;
use crate::ids::UserId;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How many failed logins are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginLimits {
    /// Failed attempts for one account within the window.
    pub failures_per_account: u32,
    /// Failed attempts from one address within the window.
    pub failures_per_address: u32,
    /// How long failures count, from the first on.
    pub failure_window: Duration,
}

impl Default for LoginLimits {
    fn default() -> Self {
        Self { failures_per_account: 10, failures_per_address: 100, failure_window: Duration::from_secs(60) }
    }
}

/// Too many passwords wait to be hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many logins at once, try again later")]
pub struct Busy;

/// Hashes and checks passwords. A hash takes 19 MiB and tens of milliseconds of a processor, so only so many are made
/// at once, and only so many more wait; above that the caller is sent away with [`Busy`].
#[derive(Debug)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// Those who have a turn, and those who wait for one.
    places: Arc<Semaphore>,
}

impl Passwords {
    /// Hashes `at_once` passwords at a time (at least one) and lets `waiting` more wait.
    pub fn new(at_once: usize, waiting: usize) -> Self {
        let at_once = at_once.max(1);
        Self { turns: Arc::new(Semaphore::new(at_once)), places: Arc::new(Semaphore::new(at_once + waiting)) }
    }

    /// The hash of a password, as a PHC string, which carries its own salt and cost.
    ///
    /// # Errors
    /// When too many wait.
    pub async fn hash(&self, password: String, salt: [u8; 16]) -> Result<String, Busy> {
        self.run(move || {
            Argon2::default()
                .hash_password_with_salt(password.as_bytes(), &salt)
                .expect("the default parameters take a salt of 16 bytes and every password that is not gigabytes long")
                .to_string()
        })
        .await
    }

    /// Whether a password is the one that was hashed.
    ///
    /// # Errors
    /// When too many wait.
    pub async fn verify(&self, password: String, hash: String) -> Result<bool, Busy> {
        self.run(move || match PasswordHash::new(&hash) {
            Ok(hash) => Argon2::default().verify_password(password.as_bytes(), &hash).is_ok(),
            Err(error) => {
                tracing::error!(%error, "a stored password hash cannot be read");
                false
            }
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| Busy)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| Busy)?;
        let task = tokio::task::spawn_blocking(move || {
            // Kept until the work is done, also when the caller has gone away.
            let _held = (place, turn);
            work()
        });
        task.await.map_err(|_| Busy)
    }
}

/// How many accounts and addresses are remembered; when it is full the oldest is forgotten.
const SUBJECTS_MAX: usize = 65_536;

/// The failed logins of the last while.
#[derive(Debug)]
pub(crate) struct Failures {
    limits: LoginLimits,
    windows: Mutex<Windows>,
}

/// Too many attempts have failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LockedOut;

/// What failures are counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Subject {
    Account(UserId),
    Address(IpAddr),
}

#[derive(Debug, Default)]
struct Windows {
    open: HashMap<Subject, Window>,
    /// Oldest first, so that what is over is found without looking at the rest.
    order: VecDeque<(Timestamp, Subject)>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    since: Timestamp,
    failures: u32,
}

impl Failures {
    pub(crate) fn new(limits: LoginLimits) -> Self {
        Self { limits, windows: Mutex::default() }
    }

    /// Whether another attempt may be made.
    pub(crate) fn check(&self, now: Timestamp, account: UserId, address: Option<IpAddr>) -> Result<(), LockedOut> {
        let mut windows = self.windows.lock();
        windows.forget(now, self.limits.failure_window);
        let is_locked = |(subject, limit): (Subject, u32)| {
            windows.open.get(&subject).is_some_and(|window| window.failures >= limit)
        };
        if self.limited(subjects(account, address)).any(is_locked) { Err(LockedOut) } else { Ok(()) }
    }

    /// The password was wrong.
    pub(crate) fn failed(&self, now: Timestamp, account: UserId, address: Option<IpAddr>) {
        let mut windows = self.windows.lock();
        for subject in subjects(account, address).into_iter().flatten() {
            windows.add(now, subject);
        }
    }

    /// The password was right: the account is free of failures. It is refused all the same when the limit was reached
    /// while it was checked, so that many attempts at once are worth no more than as many in turn.
    pub(crate) fn succeeded(&self, now: Timestamp, account: UserId, address: Option<IpAddr>) -> Result<(), LockedOut> {
        self.check(now, account, address)?;
        if let Some(window) = self.windows.lock().open.get_mut(&Subject::Account(account)) {
            window.failures = 0;
        }
        Ok(())
    }

    fn limited(&self, subjects: [Option<Subject>; 2]) -> impl Iterator<Item = (Subject, u32)> + use<> {
        let limits = [self.limits.failures_per_account, self.limits.failures_per_address];
        subjects.into_iter().zip(limits).filter_map(|(subject, limit)| Some((subject?, limit)))
    }
}

/// The account and the address.
fn subjects(account: UserId, address: Option<IpAddr>) -> [Option<Subject>; 2] {
    let address = address.map(|address| match address {
        // Whoever has one address of version 6 has the rest of its network too.
        IpAddr::V6(address) => Subject::Address(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into()),
        IpAddr::V4(_) => Subject::Address(address),
    });
    [Some(Subject::Account(account)), address]
}

impl Windows {
    /// Forgets what is over.
    fn forget(&mut self, now: Timestamp, length: Duration) {
        let length = i64::try_from(length.as_nanos()).unwrap_or(i64::MAX);
        while let Some((since, _)) = self.order.front() {
            if now.nanos().saturating_sub(since.nanos()) < length {
                break;
            }
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((since, subject)) = self.order.pop_front()
            && self.open.get(&subject).is_some_and(|window| window.since == since)
        {
            self.open.remove(&subject);
        }
    }

    fn add(&mut self, now: Timestamp, subject: Subject) {
        if !self.open.contains_key(&subject) {
            if self.order.len() >= SUBJECTS_MAX {
                self.forget_oldest();
            }
            self.order.push_back((now, subject));
        }
        let window = self.open.entry(subject).or_insert(Window { since: now, failures: 0 });
        window.failures = window.failures.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: LoginLimits =
        LoginLimits { failures_per_account: 2, failures_per_address: 3, failure_window: Duration::from_secs(60) };

    fn user(number: u128) -> UserId {
        UserId::new(uuid::Uuid::from_u128(number))
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_another_is_not() {
        let passwords = Passwords::new(2, 2);
        let hash = passwords.hash("correct horse".into(), [7; 16]).await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert_eq!(passwords.verify("correct horse".into(), hash.clone()).await, Ok(true));
        assert_eq!(passwords.verify("correct horsf".into(), hash).await, Ok(false));
        assert_eq!(passwords.verify("correct horse".into(), "rubbish".into()).await, Ok(false));
    }

    #[tokio::test]
    async fn more_than_may_wait_are_sent_away() {
        let passwords = Arc::new(Passwords::new(1, 1));
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let hashing = {
            let passwords = passwords.clone();
            tokio::spawn(async move {
                passwords
                    .run(move || {
                        begun.send(()).unwrap();
                        wait.recv().unwrap()
                    })
                    .await
            })
        };
        has_begun.await.unwrap();
        let mut waiting = Box::pin(passwords.run(|| "waited"));
        assert!(futures_poll(&mut waiting).is_pending());
        assert_eq!(passwords.run(|| "too many").await, Err(Busy));
        go.send(()).unwrap();
        assert_eq!(waiting.await, Ok("waited"));
        hashing.await.unwrap().unwrap();
        assert_eq!(passwords.run(|| "free again").await, Ok("free again"));
    }

    fn futures_poll<F: Future + Unpin>(future: &mut F) -> std::task::Poll<F::Output> {
        std::pin::Pin::new(future).poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
    }

    #[test]
    fn an_account_is_locked_after_its_failures_and_free_after_the_window() {
        let failures = Failures::new(LIMITS);
        failures.failed(at(0), user(1), None);
        assert_eq!(failures.check(at(30), user(1), None), Ok(()));
        failures.failed(at(30), user(1), None);
        assert_eq!(failures.check(at(59), user(1), None), Err(LockedOut));
        assert_eq!(failures.check(at(59), user(2), None), Ok(()));
        assert_eq!(failures.check(at(60), user(1), None), Ok(()));
    }

    #[test]
    fn an_address_is_locked_whatever_the_account() {
        let failures = Failures::new(LIMITS);
        let address = |text: &str| Some(text.parse().unwrap());
        for number in 0..3 {
            failures.failed(at(0), user(number), address("2001:db8::1"));
        }
        assert_eq!(failures.check(at(0), user(9), address("2001:db8::2")), Err(LockedOut));
        assert_eq!(failures.check(at(0), user(9), address("2001:db8:0:1::2")), Ok(()));
        assert_eq!(failures.check(at(0), user(9), None), Ok(()));
    }

    #[test]
    fn a_right_password_clears_the_account_unless_it_was_locked_meanwhile() {
        let failures = Failures::new(LIMITS);
        for _ in 0..10 {
            failures.failed(at(0), user(1), None);
            assert_eq!(failures.succeeded(at(0), user(1), None), Ok(()));
        }
        failures.failed(at(0), user(1), None);
        failures.failed(at(0), user(1), None);
        assert_eq!(failures.succeeded(at(0), user(1), None), Err(LockedOut));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let failures = Failures::new(LIMITS);
        for number in 0..SUBJECTS_MAX as u128 + 100 {
            failures.failed(at(0), user(number), None);
        }
        let windows = failures.windows.lock();
        assert_eq!((windows.open.len(), windows.order.len()), (SUBJECTS_MAX, SUBJECTS_MAX));
    }
}
