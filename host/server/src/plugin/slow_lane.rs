//! Where calls go that compute for long: a few threads of low priority, so that no guest keeps an async worker.
//!
//! The queue of the lane is bounded by the instances of all plugins, since each call holds one. Calls take turns of one
//! tick. When more of them run than there are threads, they only slow down each other.

use super::limits::TICK;
use anyhow::Context as _;
use rustix::time::ClockId;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;
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
        let runtime = Builder::new_multi_thread()
            // The other half stays free even from the kernel's point of view.
            .worker_threads(half_of_the_processors())
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

/// How long a plugin's calls lately computed. Where they take long, all begin in the slow lane: else a few callers of such a
/// plugin would keep all async workers, for a millisecond each, and calls of others would wait behind them.
#[derive(Debug, Default)]
pub(super) struct Habit {
    /// The mean of the last calls, in millionths of a [`TICK`].
    mean: AtomicU32,
}

impl Habit {
    const A_TICK: u32 = 1_000_000;
    const LONG: u32 = Self::A_TICK / 4;
    /// How much of the mean the last call is.
    const WEIGHT: u32 = 32;
    /// A call counts for no more, so that one does not speak for a hundred.
    const MOST: u32 = 4 * Self::A_TICK;

    /// Whether the next call begins in the slow lane.
    pub(super) fn is_long(&self) -> bool {
        self.mean.load(Ordering::Relaxed) >= Self::LONG
    }

    /// A call kept an async worker while so many ticks went by. Few cross one, and how many do tells how long they take,
    /// without a clock for each.
    pub(super) fn note_ticks(&self, ticks: u64) {
        self.note(u32::try_from(ticks).unwrap_or(u32::MAX).saturating_mul(Self::A_TICK));
    }

    /// A call in the slow lane took so much of a processor. By the clock on the wall it takes longer there.
    fn note_time(&self, time: Duration) {
        self.note(u32::try_from(time.as_nanos() * u128::from(Self::A_TICK) / TICK.as_nanos()).unwrap_or(u32::MAX));
    }

    fn note(&self, took: u32) {
        let mean = self.mean.load(Ordering::Relaxed);
        let next = mean - mean / Self::WEIGHT + took.min(Self::MOST) / Self::WEIGHT;
        // Two at once may lose a step, and most calls of most plugins change nothing.
        if next != mean {
            self.mean.store(next, Ordering::Relaxed);
        }
    }
}

/// The time of a processor that a call takes in the slow lane. Noted when it ends, or is given up.
struct Timed<'a> {
    habit: &'a Habit,
    time: Duration,
}

impl Timed<'_> {
    fn poll<T>(&mut self, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
        let before = thread_time();
        let polled = poll();
        self.time += thread_time().saturating_sub(before);
        polled
    }
}

impl Drop for Timed<'_> {
    fn drop(&mut self) {
        self.habit.note_time(self.time);
    }
}

/// How long this thread has computed.
fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// A call as it runs in the slow lane, where it speaks for its plugin too.
pub(super) async fn timed<T>(habit: &Habit, mut call: Pin<Box<dyn Future<Output = T> + Send>>) -> T {
    let mut timed = Timed { habit, time: Duration::ZERO };
    poll_fn(|cx| timed.poll(|| call.as_mut().poll(cx))).await
}

/// At least one.
fn half_of_the_processors() -> usize {
    std::thread::available_parallelism().map_or(1, |all| (all.get() / 2).max(1))
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
    fn a_plugin_whose_calls_take_long_begins_in_the_slow_lane_until_they_do_not() {
        let habit = Habit::default();
        (0..8).for_each(|_| habit.note_ticks(1));
        assert!(!habit.is_long(), "a few say little");
        (0..12).for_each(|_| habit.note_ticks(1));
        assert!(habit.is_long());
        (0..100).for_each(|_| habit.note_time(TICK / 10));
        assert!(!habit.is_long(), "it changed its ways");
    }

    #[test]
    fn a_call_in_ten_that_crosses_a_tick_changes_nothing() {
        let habit = Habit::default();
        for number in 0..1_000 {
            habit.note_ticks(u64::from(number % 10 == 0));
            assert!(!habit.is_long());
        }
    }

    #[test]
    fn one_call_does_not_speak_for_all() {
        let habit = Habit::default();
        habit.note_ticks(u64::MAX);
        habit.note_time(Duration::MAX);
        assert!(!habit.is_long());
        (0..1_000).for_each(|_| habit.note_time(Duration::MAX));
        assert!(habit.is_long());
        (0..100).for_each(|_| habit.note_ticks(0));
        assert!(!habit.is_long());
    }

    #[tokio::test]
    async fn a_call_counts_by_what_it_computes_and_not_by_what_it_waits() {
        let habit = Habit::default();
        for _ in 0..100 {
            timed(&habit, Box::pin(tokio::task::yield_now())).await;
        }
        assert!(!habit.is_long());
        for _ in 0..100 {
            let computing = async {
                let begun = thread_time();
                while thread_time() - begun < TICK {
                    tokio::task::yield_now().await;
                }
            };
            timed(&habit, Box::pin(computing)).await;
        }
        assert!(habit.is_long());
    }
}
