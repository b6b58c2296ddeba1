//! What lasts of a plugin while its versions come and go: its slots and its figures.

use super::call::Plugin;
use super::metrics::{CallMetrics, Series, SharedRecorder};
use super::pool::Slots;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::{Arc, Weak};

/// What all versions of one plugin share.
pub(super) struct Lasting {
    /// Shared, so that calls that hang in an old version count against the plugin and not against the server.
    pub(super) slots: Arc<Slots>,
    pub(super) calls: CallMetrics,
    /// The figures that the plugin defines: as many in all, not as many for each version.
    pub(super) series: Series,
    /// Every version that is still in memory.
    versions: Mutex<Vec<Weak<Plugin>>>,
}

impl Lasting {
    pub(super) fn new(name: &Arc<str>, instances: usize, recorder: &SharedRecorder) -> Self {
        Self {
            slots: Slots::new(instances),
            calls: CallMetrics::new(name, recorder),
            series: Series::new(name.clone(), recorder.clone()),
            versions: Mutex::default(),
        }
    }

    /// One more version has been loaded.
    pub(super) fn add(&self, version: &Arc<Plugin>) {
        let mut versions = self.versions.lock();
        versions.retain(|version| version.strong_count() > 0);
        versions.push(Arc::downgrade(version));
    }

    /// How many versions are in memory: the one that serves, and those that calls still run in.
    pub(super) fn in_memory(&self) -> usize {
        self.versions.lock().iter().filter(|version| version.strong_count() > 0).count()
    }
}

/// What lasts of each plugin, for as long as a version of it is in memory.
#[derive(Default)]
pub(super) struct Lastings(Mutex<HashMap<Arc<str>, Weak<Lasting>>>);

impl Lastings {
    /// What there is of a plugin, or a beginning with so many instances.
    pub(super) fn of(&self, name: &Arc<str>, instances: usize, recorder: &SharedRecorder) -> Arc<Lasting> {
        let mut all = self.0.lock();
        all.retain(|_, lasting| lasting.strong_count() > 0);
        if let Some(known) = all.get(name).and_then(Weak::upgrade) {
            return known;
        }
        let new = Arc::new(Lasting::new(name, instances, recorder));
        all.insert(name.clone(), Arc::downgrade(&new));
        new
    }

    /// The instances of all plugins but this one: how many each may run at once.
    pub(super) fn instances_of_others(&self, name: &str) -> Vec<usize> {
        let all = self.0.lock();
        let others = all.iter().filter(|(other, _)| &***other != name);
        others.filter_map(|(_, lasting)| Some(lasting.upgrade()?.slots.size())).collect()
    }
}
