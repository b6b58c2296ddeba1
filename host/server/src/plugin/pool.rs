//! The instances of one plugin: a bounded number, kept warm between calls.

use super::guest::Instance;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How many instances of a plugin may run at once, over all its versions. Calls wait here in line, for as long as the
/// limit says.
pub(super) struct Slots {
    free: Semaphore,
    size: AtomicUsize,
    /// Slots that are gone when they come back, after the number was lowered.
    owed: AtomicUsize,
}

/// The right to run one instance. It must be dropped after the instance.
pub(super) struct Slot(Option<Arc<Slots>>);

impl Slots {
    pub(super) fn new(size: usize) -> Arc<Self> {
        Arc::new(Self { free: Semaphore::new(size), size: AtomicUsize::new(size), owed: AtomicUsize::new(0) })
    }

    /// Waits for a slot; none when all were taken for as long as a call may wait.
    pub(super) async fn slot(self: &Arc<Self>, wait: Duration) -> Option<Slot> {
        let permit = match self.free.try_acquire() {
            Ok(permit) => permit,
            Err(_) => tokio::time::timeout(wait, self.free.acquire()).await.ok()?.expect("it is never closed"),
        };
        permit.forget();
        Some(Slot(Some(self.clone())))
    }

    pub(super) fn size(&self) -> usize {
        self.size.load(Ordering::Relaxed)
    }

    /// Changes how many there are. Only for the one who loads plugins: two changes at once would mix.
    pub(super) fn resize(&self, size: usize) {
        let before = self.size.swap(size, Ordering::Relaxed);
        if let Some(more) = size.checked_sub(before) {
            // What is owed still is not: those slots stay.
            let mut kept = 0;
            while kept < more && self.repay() {
                kept += 1;
            }
            self.free.add_permits(more - kept);
        } else {
            let fewer = before - size;
            let gone = self.free.forget_permits(fewer);
            self.owed.fetch_add(fewer - gone, Ordering::Relaxed);
        }
    }

    /// Takes one off what is owed; false when nothing is.
    fn repay(&self) -> bool {
        self.owed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |owed| owed.checked_sub(1)).is_ok()
    }
}

impl Slot {
    /// For the calls that load a version: they must get through when calls of an old one hang in every slot. One plugin is
    /// loaded at a time, and its calls come one after the other, so that this is one instance more for the whole server.
    pub(super) fn loading() -> Self {
        Self(None)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(slots) = &self.0
            && (slots.owed.load(Ordering::Relaxed) == 0 || !slots.repay())
        {
            slots.free.add_permits(1);
        }
    }
}

/// The warm instances of one version of a plugin.
pub(super) struct Pool {
    /// Last in, first out: the instance used last has the warmest caches, and those at the bottom may stay cold.
    /// Never more than there are slots. None when the version is retired.
    warm: Mutex<Option<Vec<Instance>>>,
}

impl Pool {
    pub(super) fn new() -> Self {
        Self { warm: Mutex::new(Some(Vec::new())) }
    }

    /// A warm instance, if there is one. Only for the holder of a slot.
    pub(super) fn take(&self) -> Option<Instance> {
        self.warm.lock().as_mut()?.pop()
    }

    /// Keeps an instance for later calls. Of a retired version it is dropped.
    pub(super) fn put_back(&self, instance: Instance) {
        let mut warm = self.warm.lock();
        match &mut *warm {
            Some(warm) => warm.push(instance),
            None => {
                // Not under the lock: it gives memory back.
                drop(warm);
                drop(instance);
            }
        }
    }

    /// Keeps none from now on; the warm ones are for the caller to drop.
    pub(super) fn retire(&self) -> Vec<Instance> {
        self.warm.lock().take().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_ONCE: Duration = Duration::ZERO;

    async fn take_all(slots: &Arc<Slots>) -> Vec<Slot> {
        let mut taken = Vec::new();
        while let Some(slot) = slots.slot(AT_ONCE).await {
            taken.push(slot);
        }
        taken
    }

    #[tokio::test(start_paused = true)]
    async fn slots_that_are_taken_away_while_they_are_in_use_do_not_come_back() {
        let slots = Slots::new(4);
        let mut taken = take_all(&slots).await;
        assert_eq!(taken.len(), 4);
        slots.resize(2);
        taken.truncate(2);
        assert!(slots.slot(AT_ONCE).await.is_none(), "two are in use, and there are two");
        taken.clear();
        assert_eq!(take_all(&slots).await.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn slots_that_are_given_back_while_they_are_owed_stay() {
        let slots = Slots::new(3);
        let taken = take_all(&slots).await;
        slots.resize(1);
        slots.resize(5);
        assert_eq!(take_all(&slots).await.len(), 2, "three of five are in use");
        drop(taken);
        assert_eq!(take_all(&slots).await.len(), 5);
    }
}
