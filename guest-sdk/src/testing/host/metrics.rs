//! The plugin's own figures.

use crate::testing::state::with;

pub fn counter_add(name: &str, tags: &[(String, String)], delta: u64) {
    change(name, tags, |value| value + delta as f64);
}

pub fn gauge_set(name: &str, tags: &[(String, String)], value: f64) {
    change(name, tags, |_| value);
}

pub fn timer_record(name: &str, tags: &[(String, String)], milliseconds: f64) {
    change(name, tags, |value| value + milliseconds);
}

/// What the server drops, since the name or a tag is too long, is dropped here too.
fn change(name: &str, tags: &[(String, String)], change: impl FnOnce(f64) -> f64) {
    let too_long = |text: &str| text.len() > 128;
    if name.is_empty() || too_long(name) || tags.len() > 10 || tags.iter().any(|(k, v)| too_long(k) || too_long(v)) {
        return;
    }
    let mut tags = tags.to_vec();
    tags.sort();
    with(|state| {
        let value = state.metrics.entry((name.to_owned(), tags)).or_default();
        *value = change(*value);
    });
}
