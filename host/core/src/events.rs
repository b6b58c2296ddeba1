//! Events: a bounded queue between whoever emits them and the workers that run the plugins' handlers.
//!
//! Full: the new event is refused, counted, and logged once a second. The producer never waits. A session-end always
//! has a place, which its session took when it opened, so there are at most `size` events and one for each session.
//! Events of one user are handled in order, one at a time: they all go to one worker. A handler may so count something in
//! the user's storage without meeting itself.

use crate::caller::Caller;
use crate::clock::Timestamp;
use crate::session::CloseReason;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// At most one log line about refused events in this time.
const LOG_INTERVAL: Duration = Duration::from_secs(1);

/// Room that a worker's empty queue may keep; what a burst took beyond it is given back.
const IDLE_CAPACITY: usize = 1024;

/// An event as clients and plugins send it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// What happened, in the game's words. Not checked.
    pub name: String,
    /// More about it.
    pub properties: Vec<(String, String)>,
    /// When it happened, where its sender says so.
    pub timestamp: Option<Timestamp>,
    /// A client sent it.
    pub external: bool,
}

/// Which handlers an event is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// One that a client or a plugin sent.
    Custom,
    /// A session has opened.
    SessionStart,
    /// A session has ended.
    SessionEnd,
}

/// An event with what is known of its cause.
#[derive(Clone, Debug)]
pub struct QueuedEvent {
    /// Which handlers it is for.
    pub kind: EventKind,
    /// The event itself.
    pub event: Event,
    /// Who caused it.
    pub caller: Arc<Caller>,
}

/// The queue was full, or is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event queue is full, {size} events wait")]
pub struct QueueFull {
    /// How many waited.
    pub size: usize,
}

/// The queue.
#[derive(Debug)]
pub struct Events {
    workers: Box<[Worker]>,
    size: usize,
    /// Of all workers together, so that none refuses while there is a place.
    waiting: AtomicUsize,
    /// Where the next event without a session goes.
    turn: AtomicUsize,
    refused: AtomicU64,
    refusals_to_log: Mutex<RefusalLog>,
    hasher: RandomState,
    /// Tells [`Events::drained`] that a worker has nothing left.
    idle: Notify,
}

#[derive(Debug, Default)]
struct Worker {
    queue: Mutex<WorkerQueue>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct WorkerQueue {
    events: VecDeque<QueuedEvent>,
    /// An event was handed out, and the worker has not come back for the next.
    handling: bool,
    /// Somebody works on this queue.
    attached: bool,
    /// Only session ends are taken. Here and not once for all workers, so that a worker which saw its queue empty and
    /// closed can miss nothing.
    closed: bool,
}

#[derive(Debug, Default)]
struct RefusalLog {
    last: Option<Instant>,
    unlogged: u64,
}

impl Events {
    /// A queue for `size` events, drained by `workers` workers.
    pub fn new(size: usize, workers: usize) -> Self {
        Self {
            workers: (0..workers.max(1)).map(|_| Worker::default()).collect(),
            size,
            waiting: AtomicUsize::new(0),
            turn: AtomicUsize::new(0),
            refused: AtomicU64::new(0),
            refusals_to_log: Mutex::default(),
            hasher: RandomState::new(),
            idle: Notify::new(),
        }
    }

    /// Queues an event.
    ///
    /// # Errors
    /// When the queue is full or closed: the event is not queued.
    pub fn emit(&self, event: Event, caller: Arc<Caller>) -> Result<(), QueueFull> {
        self.admit(QueuedEvent { kind: EventKind::Custom, event, caller })
    }

    /// Queues a session-start.
    ///
    /// # Errors
    /// When the queue is full or closed: the event is not queued.
    pub fn session_start(&self, caller: Arc<Caller>, now: Timestamp) -> Result<(), QueueFull> {
        let event = session_event("session_start", Vec::new(), now);
        self.admit(QueuedEvent { kind: EventKind::SessionStart, event, caller })
    }

    /// Queues a session-end, which has a place of its own: it is taken from a full queue, and from a closed one.
    pub fn session_end(&self, caller: Arc<Caller>, reason: &CloseReason, now: Timestamp) {
        let event = session_event("session_end", vec![("reason".into(), reason.full_text())], now);
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.append(QueuedEvent { kind: EventKind::SessionEnd, event, caller });
    }

    /// The next event for a worker (0 to `workers - 1`, each called by one task); none when the queue is closed and
    /// empty. A call says that the worker is done with its last event. Cancel safe.
    ///
    /// # Panics
    /// When there is no such worker.
    pub async fn next(&self, worker: usize) -> Option<QueuedEvent> {
        let worker = &self.workers[worker];
        loop {
            let (event, closed) = worker.take();
            if event.is_some() {
                self.waiting.fetch_sub(1, Ordering::Relaxed);
                return event;
            }
            self.idle.notify_waiters();
            if closed {
                return None;
            }
            worker.wake.notified().await;
        }
    }

    /// No event is taken any more; the workers finish what is queued. Session ends are still taken.
    pub fn close(&self) {
        for worker in &self.workers {
            worker.queue.lock().closed = true;
            worker.wake.notify_one();
        }
    }

    /// Resolves when nothing is queued and nothing is being handled, or when nobody has ever asked for an event.
    pub async fn drained(&self) {
        loop {
            let idle = self.idle.notified();
            if self.workers.iter().all(Worker::is_drained) {
                return;
            }
            idle.await;
        }
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many wait or are being handled.
    pub fn unfinished(&self) -> usize {
        self.len() + self.workers.iter().filter(|worker| worker.queue.lock().handling).count()
    }

    /// How many were refused so far.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// How many workers there are.
    pub fn workers(&self) -> usize {
        self.workers.len()
    }

    fn admit(&self, event: QueuedEvent) -> Result<(), QueueFull> {
        let place = |waiting: usize| (waiting < self.size).then_some(waiting + 1);
        if self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, place).is_err() || !self.append(event) {
            self.refuse();
            return Err(QueueFull { size: self.len() });
        }
        Ok(())
    }

    /// Appends an event that has its place; false, and the place is free again, when the queue is closed to it.
    fn append(&self, event: QueuedEvent) -> bool {
        let worker = match (&event.caller.user, &event.caller.session) {
            (Some(user), _) => self.hasher.hash_one(user.id) as usize,
            (None, Some(session)) => self.hasher.hash_one(session.id) as usize,
            (None, None) => self.turn.fetch_add(1, Ordering::Relaxed),
        };
        let worker = &self.workers[worker % self.workers.len()];
        let mut queue = worker.queue.lock();
        if queue.closed && event.kind != EventKind::SessionEnd {
            drop(queue);
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return false;
        }
        queue.events.push_back(event);
        drop(queue);
        worker.wake.notify_one();
        true
    }

    fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
        let mut log = self.refusals_to_log.lock();
        log.unlogged += 1;
        if log.last.is_none_or(|last| last.elapsed() >= LOG_INTERVAL) {
            let refused = std::mem::take(&mut log.unlogged);
            log.last = Some(Instant::now());
            drop(log);
            tracing::warn!(refused, waiting = self.len(), size = self.size, "event queue is full, events are refused");
        }
    }
}

impl Worker {
    /// The next event, and whether the queue is closed.
    fn take(&self) -> (Option<QueuedEvent>, bool) {
        let mut queue = self.queue.lock();
        let event = queue.events.pop_front();
        queue.handling = event.is_some();
        queue.attached = true;
        if event.is_none() && queue.events.capacity() > IDLE_CAPACITY {
            queue.events = VecDeque::new();
        }
        (event, queue.closed)
    }

    fn is_drained(&self) -> bool {
        let queue = self.queue.lock();
        !queue.attached || (queue.events.is_empty() && !queue.handling)
    }
}

fn session_event(name: &str, properties: Vec<(String, String)>, now: Timestamp) -> Event {
    // Nakama gives these a time in whole seconds (runtime_go.go:3800-3830).
    Event { name: name.into(), properties, timestamp: Some(now.whole_second()), external: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::tests::session;

    fn named(name: impl ToString) -> Event {
        Event { name: name.to_string(), ..Event::default() }
    }

    async fn names(events: &Events) -> Vec<String> {
        let mut names = Vec::new();
        for worker in 0..events.workers() {
            while let Some(event) = events.next(worker).await {
                names.push(event.event.name);
            }
        }
        names
    }

    #[tokio::test]
    async fn a_full_queue_refuses_the_new_event_and_keeps_the_old() {
        let events = Events::new(3, 2);
        for number in 0..3 {
            events.emit(named(number), Arc::default()).unwrap();
        }
        assert_eq!(events.emit(named("late"), Arc::default()), Err(QueueFull { size: 3 }));
        assert_eq!((events.len(), events.refused()), (3, 1));
        events.close();
        let mut names = names(&events).await;
        names.sort();
        assert_eq!(names, ["0", "1", "2"]);
    }

    #[tokio::test]
    async fn one_worker_may_hold_all_places() {
        let events = Events::new(100, 8);
        let caller = session(1).caller.clone();
        for number in 0..100 {
            events.emit(named(number), caller.clone()).unwrap();
        }
        assert!(events.emit(named("late"), caller).is_err());
    }

    #[tokio::test]
    async fn a_session_end_has_a_place_in_a_full_and_in_a_closed_queue() {
        let events = Events::new(1, 1);
        events.emit(named("only"), Arc::default()).unwrap();
        events.session_end(session(1).caller.clone(), &CloseReason::SlowConsumer, Timestamp::from_nanos(1_500_000_000));
        events.close();
        assert!(events.emit(named("late"), Arc::default()).is_err());
        events.session_end(session(2).caller.clone(), &CloseReason::ClosedByClient, Timestamp::default());
        assert_eq!(events.next(0).await.unwrap().event.name, "only");
        let end = events.next(0).await.unwrap();
        assert_eq!(end.kind, EventKind::SessionEnd);
        assert_eq!(end.event.properties, [("reason".to_owned(), "session outgoing queue full".to_owned())]);
        assert_eq!(end.event.timestamp, Some(Timestamp::from_seconds(1)));
        assert_eq!(events.next(0).await.unwrap().event.properties, [("reason".to_owned(), String::new())]);
        assert!(events.next(0).await.is_none());
    }

    #[tokio::test]
    async fn events_of_one_user_are_handled_one_at_a_time_in_order() {
        let events = Arc::new(Events::new(10_000, 8));
        let handled = Arc::new(Mutex::new(Vec::new()));
        let workers: Vec<_> = (0..events.workers())
            .map(|worker| {
                let (events, handled) = (events.clone(), handled.clone());
                tokio::spawn(async move {
                    while let Some(event) = events.next(worker).await {
                        let user = event.caller.user.as_ref().unwrap().id;
                        let begun = handled.lock().len();
                        tokio::task::yield_now().await;
                        let mut handled = handled.lock();
                        let meanwhile = handled[begun..].iter().any(|(other, _)| *other == user);
                        assert!(!meanwhile, "two events of one user were handled at once");
                        handled.push((user, event.event.name));
                    }
                })
            })
            .collect();
        let sessions: Vec<_> = (0..20).map(session).collect();
        for number in 0..50 {
            for session in &sessions {
                // Over a socket and over plain HTTP.
                let caller = match number % 2 {
                    0 => session.caller.clone(),
                    _ => Arc::new(Caller { session: None, ..(*session.caller).clone() }),
                };
                events.emit(named(number), caller).unwrap();
            }
        }
        events.close();
        for worker in workers {
            worker.await.unwrap();
        }
        let handled = handled.lock();
        for session in &sessions {
            let order: Vec<_> =
                handled.iter().filter(|(id, _)| *id == session.user_id()).map(|(_, name)| name.clone()).collect();
            let expected: Vec<_> = (0..50).map(|number| number.to_string()).collect();
            assert_eq!(order, expected);
        }
    }

    #[tokio::test]
    async fn drained_waits_for_the_handler_of_the_last_event() {
        let events = Arc::new(Events::new(10, 1));
        events.emit(named("slow"), Arc::default()).unwrap();
        events.next(0).await.unwrap();
        events.close();
        let drained = tokio::spawn({
            let events = events.clone();
            async move { events.drained().await }
        });
        tokio::task::yield_now().await;
        assert!(!drained.is_finished());
        assert_eq!(events.unfinished(), 1);
        assert!(events.next(0).await.is_none());
        drained.await.unwrap();
        assert_eq!(events.unfinished(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_are_counted_one_by_one() {
        let events = Events::new(0, 1);
        for _ in 0..5 {
            assert!(events.emit(named("x"), Arc::default()).is_err());
        }
        assert_eq!(events.refused(), 5);
        assert_eq!(events.refusals_to_log.lock().unlogged, 4, "the first was logged, the others wait for a second");
        tokio::time::advance(LOG_INTERVAL).await;
        assert!(events.emit(named("x"), Arc::default()).is_err());
        assert_eq!(events.refusals_to_log.lock().unlogged, 0);
    }
}
