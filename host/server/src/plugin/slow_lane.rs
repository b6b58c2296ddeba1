//! Where calls go that compute for long: a few threads of low priority, so that no guest keeps an async worker.
//!
//! The queue of the lane is bounded by the instances of all plugins, since each call holds one. Calls take turns of one
//! tick. When more of them run than there are threads, they only slow down each other.

use anyhow::Context as _;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
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

/// How long a plugin's calls lately kept an async worker, and how many keep one now.
///
/// Where they take long, no more than half of the workers are theirs at once, and further calls begin in the slow lane. Else a
/// few callers of such a plugin would keep all workers, for a millisecond each, and calls of others would wait behind them.
#[derive(Debug)]
pub(super) struct Habit {
    /// The mean of the last polls, in [`Self::TICK`]s. Few polls cross a tick; how many do tells how long they take.
    mean: AtomicU32,
    /// Polls under way while the mean is long.
    computing: AtomicUsize,
    computing_max: usize,
}

/// The right to keep an async worker, for one poll.
#[must_use = "it is given back when this is dropped"]
pub(super) struct Place<'a>(Option<&'a Habit>);

impl Habit {
    const TICK: u32 = 1 << 16;
    /// A poll in eight crosses a tick.
    const LONG: u32 = Self::TICK / 8;
    /// How much of the mean the last poll is.
    const WEIGHT: u32 = 32;

    pub(super) fn new() -> Self {
        Self { mean: AtomicU32::new(0), computing: AtomicUsize::new(0), computing_max: half_of_the_processors() }
    }

    /// A place for a poll; none when the call has to go to the slow lane.
    pub(super) fn place(&self) -> Option<Place<'_>> {
        if self.mean.load(Ordering::Relaxed) < Self::LONG {
            return Some(Place(None));
        }
        let more = |computing: usize| (computing < self.computing_max).then_some(computing + 1);
        let taken = self.computing.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        taken.ok().map(|_| Place(Some(self)))
    }

    /// A poll crossed so many ticks.
    pub(super) fn note(&self, ticks: u64) {
        let mean = self.mean.load(Ordering::Relaxed);
        let ticks = u32::try_from(ticks).unwrap_or(u32::MAX).saturating_mul(Self::TICK);
        let next = mean - mean / Self::WEIGHT + ticks / Self::WEIGHT;
        // Two at once may lose a step, and most polls of most plugins change nothing.
        if next != mean {
            self.mean.store(next, Ordering::Relaxed);
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(habit) = self.0 {
            habit.computing.fetch_sub(1, Ordering::Relaxed);
        }
    }
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

    /// So many places that a habit gives at once, up to ten.
    fn places(habit: &Habit) -> usize {
        (0..10).map_while(|_| habit.place()).collect::<Vec<_>>().len()
    }

    #[test]
    fn a_plugin_whose_calls_take_long_has_half_of_the_workers() {
        let habit = Habit { computing_max: 2, ..Habit::new() };
        assert_eq!(places(&habit), 10);
        (0..20).for_each(|_| habit.note(1));
        assert_eq!(places(&habit), 2);
        assert_eq!(places(&habit), 2, "places are given back");
        (0..100).for_each(|_| habit.note(0));
        assert_eq!(places(&habit), 10, "it changed its ways");
    }

    #[test]
    fn a_poll_in_a_hundred_that_crosses_a_tick_changes_nothing() {
        let habit = Habit { computing_max: 2, ..Habit::new() };
        for number in 0..1_000 {
            habit.note(u64::from(number % 100 == 0));
            assert_eq!(places(&habit), 10);
        }
    }

    #[test]
    fn one_that_computes_for_ever_overflows_nothing() {
        let habit = Habit { computing_max: 2, ..Habit::new() };
        (0..1_000).for_each(|_| habit.note(u64::MAX));
        assert_eq!(places(&habit), 2);
    }
}
