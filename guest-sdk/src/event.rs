//! Events: something happened, and handlers process it in the background.
//!
//! ```no_run
//! # use meadhall_guest::prelude::*;
//! # fn f() -> Result<()> {
//! event::emit("boss_defeated", [("boss", "grendel"), ("damage", "120")])?;
//! # Ok(()) }
//! ```

use crate::Result;
use crate::host::host_call;

pub use crate::bindings::meadhall::plugin::types::Event;

impl Event {
    /// An event of the plugin's own.
    pub fn new<'a>(name: &str, properties: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let properties = properties.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Self { name: name.to_owned(), properties, timestamp_ms: None, external: false }
    }

    /// A property's value; none when the event has no such property.
    pub fn property(&self, key: &str) -> Option<&str> {
        self.properties.iter().find(|(found, _)| found == key).map(|(_, value)| value.as_str())
    }
}

/// Queues an event.
///
/// # Errors
/// Resource exhausted (8) when the queue is full.
pub fn emit<'a>(name: &str, properties: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<()> {
    emit_event(&Event::new(name, properties))
}

/// Queues an event with a time of its own, or one that shall count as a client's.
///
/// # Errors
/// Resource exhausted (8) when the queue is full.
pub fn emit_event(event: &Event) -> Result<()> {
    host_call!(event::emit(event))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_found_by_key() {
        let event = Event::new("boss_defeated", [("boss", "grendel")]);
        assert_eq!((event.property("boss"), event.property("damage")), (Some("grendel"), None));
        assert_eq!(Event::new("quiet", []).properties, []);
    }
}
