//! Events: sending one, and counting those that arrive.

use meadhall_guest::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;

/// An event to send.
#[derive(Deserialize)]
pub(crate) struct NewEvent {
    name: String,
    #[serde(default)]
    properties: BTreeMap<String, String>,
    /// Seconds since the Unix epoch.
    timestamp: Option<i64>,
    #[serde(default)]
    external: bool,
}

impl NewEvent {
    pub(crate) fn emit(self) -> Result<()> {
        if self.name.is_empty() {
            return Err(Error::invalid_argument("an event needs a name"));
        }
        event::emit_event(&Event {
            name: self.name,
            properties: self.properties.into_iter().collect(),
            timestamp_ms: self.timestamp.map(|seconds| seconds.saturating_mul(1000)),
            external: self.external,
        })
    }
}

/// Counts an event that arrived, at `/metrics`. Names are clients' to choose, so they are no label.
pub(crate) fn count(event: &Event) {
    let kind = match event.name.as_str() {
        "session_start" | "session_end" if !event.external => event.name.as_str(),
        _ => "event",
    };
    metrics::counter_add("events_handled", &[("kind", kind)], 1);
}
