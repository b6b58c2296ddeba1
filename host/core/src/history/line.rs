//! Lines: each channel's messages on their way to its members, in one order.
//!
//! A stored message takes its place in the line in the same step in which it is handed to the writer, so line and history
//! have one order. It is published once it is durable and everything ahead of it is. A message that is not stored takes
//! its place in the same line, and waits only for what is ahead of it. A line exists while something is in it, and what is
//! in it is bounded by the writer's queue and the requests in flight.

use crate::chat::ChatError;
use crate::history::ChannelMessage;
use crate::push::{Push, PushEvent};
use crate::router::Router;
use crate::sharded::Sharded;
use crate::store::{Store, StoreError};
use crate::stream::Stream;
use std::collections::VecDeque;
use std::collections::hash_map::Entry as MapEntry;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// How many messages a publisher takes off the line at once.
const BATCH: usize = 64;

/// What becomes of a message.
pub(crate) type Outcome = oneshot::Receiver<Result<ChannelMessage, ChatError>>;

/// The lines of all channels.
#[derive(Debug)]
pub(crate) struct Lines {
    lines: Sharded<Stream, Line>,
    router: Router,
    store: Store,
}

#[derive(Debug, Default)]
struct Line {
    entries: VecDeque<Entry>,
    /// The number of the first entry. Entries are numbered in the order of the line.
    first: u64,
    /// Somebody takes ready messages off the front, and looks for more when they are published.
    publishing: bool,
}

#[derive(Debug)]
enum Entry {
    /// At the writer.
    Waiting(Sender),
    /// To be published as soon as it is at the front.
    Ready(Box<ChannelMessage>, Sender),
    /// Left the line.
    Failed,
}

/// Who waits for the outcome of an entry.
type Sender = oneshot::Sender<Result<ChannelMessage, ChatError>>;

/// A place in a line. Whoever holds it says in the end what becomes of the message; dropping it means that the store did
/// not take it.
#[derive(Debug)]
pub(crate) struct Ticket {
    /// None once it is said.
    place: Option<Place>,
}

#[derive(Clone, Debug)]
struct Place {
    lines: Arc<Lines>,
    stream: Stream,
    number: u64,
    /// Where publishers run. The writer, which says that messages are durable, is a thread of its own.
    runtime: Handle,
}

impl Lines {
    pub(crate) fn new(router: Router, store: Store) -> Self {
        Self { lines: Sharded::default(), router, store }
    }

    /// Takes the next place in a channel's line. `enqueue` gets its ticket and hands it to the writer, all in one step.
    /// To be called on a runtime.
    pub(crate) fn take_place(self: &Arc<Self>, stream: &Stream, enqueue: impl FnOnce(Ticket)) -> Outcome {
        let (sender, outcome) = oneshot::channel();
        let mut lines = self.lines.lock(stream);
        let line = lines.entry(stream.clone()).or_default();
        let number = line.first + line.entries.len() as u64;
        line.entries.push_back(Entry::Waiting(sender));
        let place = Place { lines: self.clone(), stream: stream.clone(), number, runtime: Handle::current() };
        enqueue(Ticket { place: Some(place) });
        outcome
    }

    /// Publishes a message that needs no store: at once when the line is empty, in its turn otherwise. To be called on a
    /// runtime.
    pub(crate) async fn publish(self: &Arc<Self>, message: ChannelMessage) -> Result<ChannelMessage, ChatError> {
        let stream = message.stream.clone();
        let outcome = {
            let mut lines = self.lines.lock(&stream);
            match lines.entry(stream.clone()) {
                MapEntry::Vacant(entry) => {
                    entry.insert(Line { publishing: true, ..Line::default() });
                    None
                }
                MapEntry::Occupied(mut entry) => {
                    let (sender, outcome) = oneshot::channel();
                    entry.get_mut().entries.push_back(Entry::Ready(Box::new(message.clone()), sender));
                    Some(outcome)
                }
            }
        };
        match outcome {
            Some(outcome) => outcome.await.unwrap_or(Err(ChatError::Store(StoreError::Closed))),
            None => {
                self.route(&message);
                self.hand_on(&stream, &Handle::current(), true);
                Ok(message)
            }
        }
    }

    /// Whether nothing is on its way.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lines.each().all(|lines| lines.is_empty())
    }

    /// Looks whether the front of the line can be published, and starts a publisher if so; `publishing` says that the
    /// caller was the publisher until now. A line with nothing in it is forgotten.
    fn hand_on(self: &Arc<Self>, stream: &Stream, runtime: &Handle, publishing: bool) {
        let mut lines = self.lines.lock(stream);
        let Some(line) = lines.get_mut(stream) else { return };
        if line.publishing && !publishing {
            return;
        }
        line.skip_failed();
        line.publishing = matches!(line.entries.front(), Some(Entry::Ready(..)));
        if line.publishing {
            let (lines, stream) = (self.clone(), stream.clone());
            runtime.spawn(async move { lines.publish_ready(&stream).await });
        } else if line.entries.is_empty() {
            lines.remove(stream);
        }
    }

    /// The publisher: publishes what is ready at the front of the line, until nothing is.
    async fn publish_ready(&self, stream: &Stream) {
        let mut batch = Vec::new();
        while self.take_ready(stream, &mut batch) {
            for (message, sender) in batch.drain(..) {
                self.route(&message);
                // The sender may have stopped waiting; the message has happened all the same.
                let _ = sender.send(Ok(*message));
            }
            tokio::task::yield_now().await;
        }
    }

    /// Takes ready messages off the front; false when there are none, and the publisher's work has ended.
    fn take_ready(&self, stream: &Stream, batch: &mut Vec<(Box<ChannelMessage>, Sender)>) -> bool {
        let mut lines = self.lines.lock(stream);
        let Some(line) = lines.get_mut(stream) else { return false };
        while batch.len() < BATCH {
            match line.entries.pop_front() {
                Some(Entry::Ready(message, sender)) => batch.push((message, sender)),
                Some(Entry::Failed) => {}
                Some(waiting @ Entry::Waiting(_)) => {
                    line.entries.push_front(waiting);
                    break;
                }
                None => break,
            }
            line.first += 1;
        }
        line.publishing = !batch.is_empty();
        if !line.publishing && line.entries.is_empty() {
            lines.remove(stream);
        }
        !batch.is_empty()
    }

    /// Stands in until alterations take a place in the line of their own.
    pub(super) fn happen_for_now(&self, stream: &Stream, list: Vec<super::Happening>) {
        for happening in list {
            match happening {
                super::Happening::Message(message) => self.route(&message),
                super::Happening::Evict { user, told } => _ = (user, told),
                super::Happening::Close => _ = stream,
            }
        }
    }

    fn route(&self, message: &ChannelMessage) {
        let push = Push::new(PushEvent::ChannelMessage(message.clone()));
        self.router.to_stream(&message.stream, Arc::new(push));
    }
}

impl Line {
    fn skip_failed(&mut self) {
        while matches!(self.entries.front(), Some(Entry::Failed)) {
            self.entries.pop_front();
            self.first += 1;
        }
    }
}

impl Ticket {
    /// Says what becomes of the message. One that is durable is published when its turn comes; one that is not leaves the
    /// line.
    pub(crate) fn settle(mut self, result: Result<ChannelMessage, ChatError>) {
        if let Some(place) = self.place.take() {
            place.settle(result);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let Some(place) = self.place.take() else { return };
        // The writer may drop a ticket while it is being enqueued, under the lock of the line: so not from here.
        let runtime = place.runtime.clone();
        runtime.spawn(async move {
            let given_up = || StoreError::Failed("the message was given up".into());
            let error = place.lines.store.health().err().unwrap_or_else(given_up);
            place.settle(Err(error.into()));
        });
    }
}

impl Place {
    fn settle(self, result: Result<ChannelMessage, ChatError>) {
        let mut refused = None;
        {
            let mut lines = self.lines.lines.lock(&self.stream);
            let entry = lines.get_mut(&self.stream).and_then(|line| {
                let index = self.number.checked_sub(line.first)?;
                line.entries.get_mut(usize::try_from(index).ok()?)
            });
            // Its entry waits until it is settled, and it is settled once.
            let Some(entry) = entry else { return };
            let Entry::Waiting(sender) = std::mem::replace(entry, Entry::Failed) else { return };
            match result {
                Ok(message) => *entry = Entry::Ready(Box::new(message), sender),
                Err(error) => refused = Some((sender, error)),
            }
        }
        if let Some((sender, error)) = refused {
            let _ = sender.send(Err(error));
        }
        self.lines.hand_on(&self.stream, &self.runtime, false);
    }
}
