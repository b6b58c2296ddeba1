//! The boundary from guests to the host under fire: a script, which may be any bytes, becomes calls of host functions, and
//! whatever their arguments are, nothing may panic, wait without end, take memory without bound, or break core.
//!
//! `fuzz/` runs it under libFuzzer; the tests below play the scripts of `fuzz/seeds`. A line of a script is a call: the
//! function and its arguments, with tabs between them. Any line means something: an unknown function stands for one of
//! those that there are, and an argument that is missing is empty. See [`arguments`] for what an argument may be.

mod arguments;
mod calls;
mod names;
#[cfg(test)]
mod tests;

use super::bindings::meadhall::plugin::types::Error;
use super::context::{CallContext, CurrentCall, Kind};
use super::guest::{Guest, World};
use arguments::Arguments;
use calls::{Answer, FUNCTIONS};
use meadhall_core::ids::UserId;
use meadhall_core::session::Session;
use meadhall_core::store::StoreConfig;
use names::Names;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

/// Calls of one script; further lines are not read.
const CALLS_MAX: usize = 64;
/// How long a call may take. It is far more than any needs: what does not end is what is looked for.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of an error's text.
const ERROR_BYTES: usize = 2_000;

/// What a call cost.
#[derive(Clone, Copy, Debug)]
pub struct Played {
    /// Interface and function, as in `wit/`.
    pub function: &'static str,
    /// It did not end in an error.
    pub succeeded: bool,
    /// Bytes of what the guest passed, at most [`ARGUMENT_BYTES`].
    pub argument_bytes: usize,
    /// Bytes of what it got.
    pub answer_bytes: usize,
}

pub use arguments::ARGUMENT_BYTES;

/// Plays scripts, each in a world of its own: a core in a temporary folder with three users, two of them connected.
#[derive(Debug)]
pub struct Stage {
    runtime: Runtime,
}

impl Stage {
    /// # Panics
    /// When the system has no thread left.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it takes threads")]
    pub fn new() -> Self {
        Self { runtime: Builder::new_current_thread().enable_all().build().expect("a runtime can be made") }
    }

    /// Plays a script to its end; `after` is told of each call.
    ///
    /// # Panics
    /// When a host function breaks a promise; the text names it.
    pub fn play(&self, script: &[u8], mut after: impl FnMut(Played)) {
        let script = String::from_utf8_lossy(script);
        self.runtime.block_on(async {
            let mut scene = Scene::new().await;
            for line in script.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).take(CALLS_MAX) {
                if let Some(played) = scene.line(line).await {
                    after(played);
                }
            }
            scene.end().await;
        });
    }
}

/// A world, and a guest in it.
struct Scene {
    world: World,
    guest: Guest,
    names: Names,
    sessions: Vec<Arc<Session>>,
}

impl Scene {
    async fn new() -> Self {
        // Nothing here has to outlive a crash, so no write waits for the disk.
        let world = World::open(StoreConfig { sync_interval_ms: 60_000, cache_capacity: 4 << 20 });
        let users = [world.register("ann").await, world.register("ben").await, world.register("cai").await];
        let sessions: Vec<_> = users[..2].iter().map(|user| world.session(user.uuid().as_u128())).collect();
        let mut guest = world.guest();
        guest.lines.begin(Arc::default(), guest.identity.limits.log_lines);
        let names = Names::new(&mut guest, users.map(|user| user.to_string()), &sessions).await;
        Self { world, guest, names, sessions }
    }

    /// Plays one line; none when it was about the scene itself.
    async fn line(&mut self, line: &str) -> Option<Played> {
        let (function, rest) = line.split_once('\t').unwrap_or((line, ""));
        if function == "caller" {
            self.caller(rest);
            return None;
        }
        let function = known(function);
        let mut arguments = Arguments::new(rest, &self.names);
        let call = calls::call(function, &mut self.guest, &mut arguments);
        let answer = patiently(function, call).await.unwrap_or_else(|| panic!("{function} is not in calls.rs"));
        let played = Played {
            function,
            succeeded: answer.is_ok(),
            argument_bytes: arguments.taken(),
            answer_bytes: answer.as_ref().map_or_else(|error| error.message.len(), Answer::bytes),
        };
        match &answer {
            Ok(answer) => self.names.learn(function, answer),
            Err(error) => sound(function, error),
        }
        // Clients that read: otherwise their outboxes, which are bounded, would close them.
        for session in &self.sessions {
            let mut taken = Vec::new();
            while session.outbox.try_take(&mut taken) {
                taken.clear();
            }
        }
        Some(played)
    }

    /// Who calls from now on, and how: `caller`, `ann` or `ben` or nobody, and the kind of call.
    fn caller(&mut self, rest: &str) {
        let (who, kind) = rest.split_once('\t').unwrap_or((rest, ""));
        let session = ["ann", "ben"].iter().position(|name| *name == who).map(|at| &self.sessions[at]);
        let caller = session.map_or_else(Arc::default, |session| session.caller.clone());
        let context = CallContext {
            caller,
            query: vec![("mead".into(), vec!["sweet".into()])],
            headers: vec![("accept".into(), vec!["*/*".into()])],
        };
        let kind = Kind::ALL.into_iter().find(|known| known.label() == kind).unwrap_or(Kind::Rpc);
        self.guest.call = CurrentCall { kind, context, until: Instant::now() + PATIENCE };
    }

    /// Whatever happened, core goes on working for others.
    async fn end(self) {
        let core = &self.world.core;
        assert!(core.writes_ok(), "the store takes no more writes");
        let name = format!("late-{}", core.env.uuid());
        let late = patiently("a log-in", self.world.register(&name)).await;
        let mut guest = self.world.guest();
        let answer = patiently("a look", calls::account_of(&mut guest, late)).await;
        assert!(answer.is_ok_and(|account| account.contains(&name)), "an account that was made is not there");
        patiently("a stop", core.stop(Duration::ZERO)).await;
    }
}

/// The function of this name, or the one that an unknown name stands for.
fn known(name: &str) -> &'static str {
    let found = FUNCTIONS.iter().find(|known| **known == name);
    let number = name.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    found.unwrap_or(&FUNCTIONS[number % FUNCTIONS.len()])
}

/// Waits, but not for ever. A function that blocks its thread is libFuzzer's to find: `-timeout`.
async fn patiently<T>(what: &str, call: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, call).await.unwrap_or_else(|_| panic!("{what} does not end"))
}

/// An error is one that a client can be shown: a code of gRPC's, and one line of text.
fn sound(function: &str, error: &Error) {
    assert!((1..=16).contains(&error.code), "{function} fails with the code {}", error.code);
    let text = &error.message;
    assert!(!text.trim().is_empty(), "{function} fails without a word");
    assert!(text.len() <= ERROR_BYTES, "{function} fails with {} bytes of text", text.len());
    assert!(!text.contains(char::is_control), "{function} fails with a text that is not one line: {text:?}");
}
