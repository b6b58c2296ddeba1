//! Where calls go that compute for long: a few threads of low priority, so that no guest keeps an async worker.
//!
//! The queue of the lane is bounded by the instances of all plugins, since each call holds one. Calls take turns of one
//! tick. When more of them run than there are threads, they only slow down each other.

use anyhow::Context as _;
use std::future::Future;
use std::sync::Arc;
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

impl Drop for SlowLane {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A plain drop blocks, which an async thread must not.
            runtime.shutdown_background();
        }
    }
}
