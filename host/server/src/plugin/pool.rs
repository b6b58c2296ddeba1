//! The instances of one plugin: a bounded number, kept warm between calls.

use super::guest::Instance;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The instances of one plugin.
pub(super) struct Pool {
    /// One permit for each instance that may run. Calls wait here in line, for as long as the limit says.
    slots: Arc<Semaphore>,
    /// Last in, first out: the instance used last has the warmest caches, and those at the bottom may stay cold.
    /// Never more than there are slots.
    warm: Mutex<Vec<Instance>>,
}

/// The right to run one instance. It must be dropped after the instance.
pub(super) struct Slot(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

impl Pool {
    pub(super) fn new(instances: usize) -> Self {
        Self { slots: Arc::new(Semaphore::new(instances)), warm: Mutex::new(Vec::with_capacity(instances)) }
    }

    /// Waits for a slot; none when all were taken for as long as a call may wait.
    pub(super) async fn slot(&self, wait: Duration) -> Option<Slot> {
        if let Ok(permit) = self.slots.clone().try_acquire_owned() {
            return Some(Slot(permit));
        }
        let permit = tokio::time::timeout(wait, self.slots.clone().acquire_owned()).await.ok()?;
        Some(Slot(permit.expect("the semaphore is never closed")))
    }

    /// A warm instance, if there is one. Only for the holder of a slot.
    pub(super) fn take(&self) -> Option<Instance> {
        self.warm.lock().pop()
    }

    /// Keeps an instance for later calls.
    pub(super) fn put_back(&self, instance: Instance) {
        self.warm.lock().push(instance);
    }
}
