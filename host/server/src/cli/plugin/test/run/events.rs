//! What events the server hands to its handlers, watched from beside.

use crate::server::EventWatcher;
use meadhall_core::events::{EventKind, QueuedEvent};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Notify;

/// More than any script looks at; what comes beyond is handled, and not kept.
const EVENTS_MAX: usize = 10_000;

/// The events since they were last taken, and how many sessions of each user have ended.
#[derive(Clone, Default)]
pub(super) struct Watched(Arc<Seen>);

#[derive(Default)]
struct Seen {
    events: Mutex<Vec<Value>>,
    /// By user id.
    ended: Mutex<HashMap<String, usize>>,
    ending: Notify,
}

impl Watched {
    /// What the server shows its events to.
    pub(super) fn watcher(&self) -> EventWatcher {
        let seen = self.0.clone();
        Arc::new(move |event| seen.see(event))
    }

    /// Takes the events that clients and the plugin emitted.
    pub(super) fn take(&self) -> Vec<Value> {
        std::mem::take(&mut self.0.events.lock())
    }

    /// Resolves when so many sessions of a user have ended.
    pub(super) async fn ended(&self, user_id: &str, count: usize) {
        loop {
            let ending = self.0.ending.notified();
            if self.0.ended.lock().get(user_id).is_some_and(|ended| *ended >= count) {
                return;
            }
            ending.await;
        }
    }
}

impl Seen {
    fn see(&self, QueuedEvent { kind, event, caller }: &QueuedEvent) {
        match kind {
            EventKind::Custom => {
                let properties: Map<_, _> =
                    event.properties.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
                let mut events = self.events.lock();
                if events.len() < EVENTS_MAX {
                    events.push(json!({ "name": event.name, "properties": properties, "external": event.external }));
                }
            }
            EventKind::SessionStart => {}
            EventKind::SessionEnd => {
                if let Some(user) = &caller.user {
                    *self.ended.lock().entry(user.id.to_string()).or_default() += 1;
                }
                self.ending.notify_waiters();
            }
        }
    }
}
