//! The plugin's own figures.

use super::wit::metrics::Host;
use crate::plugin::guest::Guest;
use crate::plugin::metrics::Change;

impl Host for Guest {
    fn counter_add(&mut self, name: String, tags: Vec<(String, String)>, delta: u64) {
        self.identity.series.change(name, tags, Change::Add(delta));
    }

    fn gauge_set(&mut self, name: String, tags: Vec<(String, String)>, value: f64) {
        self.identity.series.change(name, tags, Change::Set(value));
    }

    fn timer_record(&mut self, name: String, tags: Vec<(String, String)>, milliseconds: f64) {
        self.identity.series.change(name, tags, Change::Time(milliseconds));
    }
}
