//! Events: a bounded queue between whoever emits them and the workers that run the plugins' handlers.
//!
//! Full: the new event is refused, counted, and logged once a second. The producer never waits. A session-end always
//! has a place, which its session took when it opened. Events of one session are handled in order.

use crate::caller::Caller;
use crate::clock::Timestamp;
use std::sync::Arc;

/// An event as clients and plugins send it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    pub name: String,
    pub properties: Vec<(String, String)>,
    pub timestamp: Option<Timestamp>,
    /// A client sent it.
    pub external: bool,
}

/// Which handlers an event is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    Custom,
    SessionStart,
    SessionEnd,
}

/// An event with what is known of its cause.
#[derive(Clone, Debug)]
pub struct QueuedEvent {
    pub kind: EventKind,
    pub event: Event,
    pub caller: Arc<Caller>,
}

/// The queue was full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event queue is full, {size} events wait")]
pub struct QueueFull {
    pub size: usize,
}

/// The queue.
#[derive(Debug)]
pub struct Events {}

impl Events {
    /// A queue for `size` events, drained by `workers` workers.
    pub fn new(_size: usize, _workers: usize) -> Self { todo!() }
    /// Queues an event.
    ///
    /// # Errors
    /// When the queue is full: the event is not queued.
    pub fn emit(&self, _event: Event, _caller: Arc<Caller>) -> Result<(), QueueFull> { todo!() }
    /// The next event for a worker (0 to `workers - 1`, each called by one task); none when the queue is closed and empty.
    pub async fn next(&self, _worker: usize) -> Option<QueuedEvent> { todo!() }
    /// No event is taken any more; the workers finish what is queued. Session ends are still taken.
    pub fn close(&self) { todo!() }
    /// How many wait.
    pub fn len(&self) -> usize { todo!() }
    /// Whether none waits.
    pub fn is_empty(&self) -> bool { self.len() == 0 }
    /// How many were refused so far.
    pub fn refused(&self) -> u64 { todo!() }
    /// How many workers there are.
    pub fn workers(&self) -> usize { todo!() }
}
