//! Where calls go that compute for long: a few threads of low priority, so that no guest keeps an async worker.
//!
//! The queue of the lane is bounded by the instances of all plugins, since each call holds one. Calls take turns of one
//! tick. When more of them run than there are threads, they only slow down each other.

use anyhow::Context as _;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinSet;

/// The threads. They end when this is dropped; what still runs then is abandoned at its next turn.
#[derive(Debug)]
pub(super) struct SlowLane {
    handle: Handle,
    /// Always there until the drop.
    runtime: Option<Runtime>,
}

/// As low as it gets: the kernel gives these threads what the others leave.
const NICENESS: i32 = 19;

/// Makes the calling thread one of low priority; on Linux it is about that thread alone. Where it is refused all works as
/// well, only that the thread has more say.
pub(super) fn lower_priority(purpose: &str) {
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::warn!(%error, "cannot lower the priority of a thread for {purpose}");
    }
}

impl SlowLane {
    pub(super) fn start() -> anyhow::Result<Arc<Self>> {
        // Half of the processors: the other half stays free even from the kernel's point of view.
        let threads = std::thread::available_parallelism().map_or(1, |all| (all.get() / 2).max(1));
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("plugin-slow")
            .on_thread_start(|| lower_priority("slow plugin calls"))
            .enable_time()
            .build()
            .context("cannot start the threads for slow plugin calls")?;
        Ok(Arc::new(Self { handle: runtime.handle().clone(), runtime: Some(runtime) }))
    }

    /// Runs a call to its end. When the caller stops waiting, the call is dropped at its next turn. None when the call
    /// panicked, which is then in the log.
    pub(super) async fn run<T: Send + 'static>(&self, call: impl Future<Output = T> + Send + 'static) -> Option<T> {
        let mut task = JoinSet::new();
        task.spawn_on(call, &self.handle);
        task.join_next().await?.ok()
    }
}

/// Whether a plugin's calls lately computed for long. Where more than one in five does, all begin in the slow lane: else
/// each would first keep an async worker for the time that it takes to find out.
#[derive(Debug, Default)]
pub(super) struct Habit(AtomicU32);

impl Habit {
    /// What a call that computed for long adds; one that did not takes one away.
    const HEAVY: u32 = 4;
    const MOST: u32 = 64;
    /// From here on: after eight in a row that computed for long.
    const THRESHOLD: u32 = 32;

    /// Whether the next call begins in the slow lane.
    pub(super) fn is_heavy(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= Self::THRESHOLD
    }

    /// A call ended.
    pub(super) fn note(&self, was_heavy: bool) {
        let score = self.0.load(Ordering::Relaxed);
        let next = if was_heavy { (score + Self::HEAVY).min(Self::MOST) } else { score.saturating_sub(1) };
        // Two at once may lose a step, and most calls of most plugins change nothing.
        if next != score {
            self.0.store(next, Ordering::Relaxed);
        }
    }
}

impl Drop for SlowLane {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A plain drop blocks, which an async thread must not.
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_whose_calls_mostly_compute_for_long_begins_in_the_slow_lane_until_they_do_not() {
        let habit = Habit::default();
        (0..7).for_each(|_| habit.note(true));
        assert!(!habit.is_heavy());
        habit.note(true);
        assert!(habit.is_heavy());
        (0..100).for_each(|_| habit.note(true));
        (0..32).for_each(|_| habit.note(false));
        assert!(habit.is_heavy(), "one more and it is not");
        habit.note(false);
        assert!(!habit.is_heavy());
    }

    #[test]
    fn a_call_in_ten_that_computes_for_long_changes_nothing() {
        let habit = Habit::default();
        for number in 0..1_000 {
            habit.note(number % 10 == 0);
            assert!(!habit.is_heavy());
        }
    }
}
