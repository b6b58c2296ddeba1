//! System calls that plugins cause and that may block for long: looking up names, reading files.

use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// A bounded number of threads for them, so that a dead name server or disk does not use up those of the store. Each plugin
/// has a number of its own, so that one whose name server is dead does not keep the others waiting.
#[derive(Clone, Debug)]
pub(super) struct Blocking {
    runtime: Handle,
    slots: Arc<Semaphore>,
}

/// Threads at once; more callers wait, each for as long as its own deadline lets it.
const THREADS: usize = 4;

impl Blocking {
    /// Threads of the runtime that this is called on.
    pub(super) fn new() -> Self {
        Self { runtime: Handle::current(), slots: Arc::new(Semaphore::new(THREADS)) }
    }

    /// As many threads again, apart from these.
    pub(super) fn apart(&self) -> Self {
        Self { runtime: self.runtime.clone(), slots: Arc::new(Semaphore::new(THREADS)) }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test]
    async fn threads_that_are_stuck_keep_nobody_else_waiting() {
        let stuck = Blocking::new();
        let other = stuck.apart();
        let (release, waiting) = mpsc::channel::<()>();
        let waiting = Arc::new(parking_lot::Mutex::new(waiting));
        let (begun, mut is_stuck) = tokio::sync::mpsc::unbounded_channel();
        for _ in 0..2 * THREADS {
            let (stuck, waiting, begun) = (stuck.clone(), waiting.clone(), begun.clone());
            tokio::spawn(async move {
                stuck
                    .run(move || {
                        let _ = begun.send(());
                        waiting.lock().recv()
                    })
                    .await
            });
        }
        for _ in 0..THREADS {
            is_stuck.recv().await.unwrap();
        }
        assert_eq!(other.run(|| 7).await, Some(7));
        assert!(is_stuck.try_recv().is_err(), "no more than {THREADS} at once");
        drop(release);
    }
}
