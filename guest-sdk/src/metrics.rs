//! The plugin's own figures, shown with the server's at `/metrics`. A plugin has at most 1,000 series.

use crate::host::host_call;
use std::time::Duration;

/// Adds to a counter.
pub fn counter_add(name: &str, tags: &[(&str, &str)], delta: u64) {
    host_call!(metrics::counter_add(name, &owned(tags), delta));
}

/// Sets a gauge.
pub fn gauge_set(name: &str, tags: &[(&str, &str)], value: f64) {
    host_call!(metrics::gauge_set(name, &owned(tags), value));
}

/// Records a duration.
pub fn timer_record(name: &str, tags: &[(&str, &str)], duration: Duration) {
    host_call!(metrics::timer_record(name, &owned(tags), duration.as_secs_f64() * 1000.0));
}

fn owned(tags: &[(&str, &str)]) -> Vec<(String, String)> {
    tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
