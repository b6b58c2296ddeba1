//! System calls that plugins cause and that may block for long: looking up names, reading files.

use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// A bounded number of threads for them, so that a dead name server or disk does not use up those of the store.
#[derive(Clone, Debug)]
pub(super) struct Blocking {
    runtime: Handle,
    slots: Arc<Semaphore>,
}

/// Threads at once; more callers wait, each for as long as its own deadline lets it.
const THREADS: usize = 16;

impl Blocking {
    /// Threads of the runtime that this is called on.
    pub(super) fn new() -> Self {
        Self { runtime: Handle::current(), slots: Arc::new(Semaphore::new(THREADS)) }
    }

    /// The runtime of the threads, which has the network too.
    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Runs a function on a thread that may block; none when it panicked. The thread counts until the function returns, also
    /// when nobody waits for it any more.
    pub(super) async fn run<T: Send + 'static>(&self, function: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let slot = self.slots.clone().acquire_owned().await.ok()?;
        let task = self.runtime.spawn_blocking(move || {
            let _slot = slot;
            function()
        });
        task.await.ok()
    }
}
