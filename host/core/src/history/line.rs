//! Lines: each channel's messages on their way to its members, and what else happens there, in one order.
//!
//! A stored message takes its place in the line in the same step in which it is handed to the writer, so line and history
//! have one order. It is published once it is durable and everything ahead of it is. So does a change of who may be in the
//! channel: what it does to those who are there, it does when its turn has come. A message that is not stored takes its
//! place in the same line, and waits only for what is ahead of it. A line exists while something is in it, and what is in
//! it is bounded by the writer's queue and the requests in flight.

use crate::chat::{Action, ChatError};
use crate::history::{ChannelMessage, Happening};
use crate::ids::SessionId;
use crate::presence::PresenceMeta;
use crate::push::{Push, PushEvent};
use crate::router::Router;
use crate::session::Session;
use crate::sharded::Sharded;
use crate::store::StoreError;
use crate::stream::Stream;
use crate::tracker::{JoinError, Joined, Tracker};
use std::collections::VecDeque;
use std::collections::hash_map::Entry as MapEntry;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// How many entries a publisher takes off the line at once.
const BATCH: usize = 64;

/// The lines of all channels.
#[derive(Debug)]
pub(crate) struct Lines {
    lines: Sharded<Stream, Line>,
    tracker: Arc<Tracker>,
    router: Router,
}

#[derive(Debug, Default)]
struct Line {
    entries: VecDeque<Entry>,
    /// The number of the first entry. Entries are numbered in the order of the line.
    first: u64,
    /// Somebody takes ready entries off the front, and looks for more when they have happened.
    publishing: bool,
}

#[derive(Debug)]
enum Entry {
    /// At the writer.
    Waiting,
    /// Happens as soon as it is at the front.
    Ready(Turn),
    /// Left the line.
    Failed,
}

/// What happens when an entry's turn has come, and who waits for that. They may have stopped waiting; it happens all the
/// same.
#[derive(Debug)]
pub(crate) enum Turn {
    /// A message is published: one of `member` only if that session is still here.
    Message { message: Box<ChannelMessage>, member: Option<SessionId>, sender: Sender },
    /// A change of who may be here takes effect.
    Alter(Vec<Happening>, oneshot::Sender<()>),
    /// A session joins.
    Join(Box<Join>),
}

/// A join whose turn will come.
#[derive(Debug)]
pub(crate) struct Join {
    pub(crate) session: Arc<Session>,
    pub(crate) meta: PresenceMeta,
    pub(crate) sender: oneshot::Sender<Result<Joined, JoinError>>,
}

/// Who waits for a message.
pub(crate) type Sender = oneshot::Sender<Result<ChannelMessage, ChatError>>;

/// A place in a line, to be made ready in the end; dropping it leaves the line.
#[derive(Debug)]
pub(crate) struct Ticket {
    /// None once it is ready.
    place: Option<Place>,
}

#[derive(Debug)]
struct Place {
    lines: Arc<Lines>,
    stream: Stream,
    number: u64,
    /// Where publishers run. The writer, which says that entries are durable, is a thread of its own.
    runtime: Handle,
}

impl Lines {
    pub(crate) fn new(tracker: Arc<Tracker>) -> Self {
        Self { lines: Sharded::default(), router: Router::new(tracker.clone()), tracker }
    }

    /// Takes the next place in a channel's line. `enqueue` gets its ticket and hands it to the writer, all in one step.
    /// To be called on a runtime.
    pub(crate) fn take_place<T>(self: &Arc<Self>, stream: &Stream, enqueue: impl FnOnce(Ticket) -> T) -> T {
        let mut lines = self.lines.lock(stream);
        let line = lines.entry(stream.clone()).or_default();
        let number = line.first + line.entries.len() as u64;
        line.entries.push_back(Entry::Waiting);
        let place = Place { lines: self.clone(), stream: stream.clone(), number, runtime: Handle::current() };
        enqueue(Ticket { place: Some(place) })
    }

    /// Publishes a message that needs no store: at once when the line is empty, in its turn otherwise. One of `member` is
    /// refused when that session is not here any more. To be called on a runtime.
    pub(crate) async fn publish(
        self: &Arc<Self>,
        message: ChannelMessage,
        member: Option<SessionId>,
    ) -> Result<ChannelMessage, ChatError> {
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
                    let turn = Turn::Message { message: Box::new(message.clone()), member, sender };
                    entry.get_mut().entries.push_back(Entry::Ready(turn));
                    Some(outcome)
                }
            }
        };
        match outcome {
            Some(outcome) => outcome.await.unwrap_or(Err(ChatError::Store(StoreError::Closed))),
            None => {
                let published = self.publish_now(&message, member);
                self.hand_on(&stream, &Handle::current(), true);
                published.map(|()| message)
            }
        }
    }

    /// Whether nothing is on its way.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lines.each().all(|lines| lines.is_empty())
    }

    /// Looks whether the front of the line is ready, and starts a publisher if so; `publishing` says that the
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

    /// The publisher: lets happen what is ready at the front of the line, until nothing is.
    async fn publish_ready(&self, stream: &Stream) {
        let mut batch = Vec::new();
        while self.take_ready(stream, &mut batch) {
            for turn in batch.drain(..) {
                self.take_turn(stream, turn);
            }
            tokio::task::yield_now().await;
        }
    }

    /// Takes ready entries off the front; false when there are none, and the publisher's work has ended.
    fn take_ready(&self, stream: &Stream, batch: &mut Vec<Turn>) -> bool {
        let mut lines = self.lines.lock(stream);
        let Some(line) = lines.get_mut(stream) else { return false };
        while batch.len() < BATCH {
            match line.entries.pop_front() {
                Some(Entry::Ready(turn)) => batch.push(turn),
                Some(Entry::Failed) => {}
                Some(Entry::Waiting) => {
                    line.entries.push_front(Entry::Waiting);
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

    fn take_turn(&self, stream: &Stream, turn: Turn) {
        match turn {
            Turn::Message { message, member, sender } => {
                let published = self.publish_now(&message, member);
                let _ = sender.send(published.map(|()| *message));
            }
            Turn::Alter(happenings, done) => {
                for happening in happenings {
                    self.happen(stream, happening);
                }
                let _ = done.send(());
            }
            Turn::Join(join) => {
                let Join { session, meta, sender } = *join;
                let _ = sender.send(self.tracker.join(&session, stream, meta));
            }
        }
    }

    fn happen(&self, stream: &Stream, happening: Happening) {
        match happening {
            Happening::Message(message) => self.route(&message),
            Happening::Evict { user, told } => self.tracker.evict(stream, user, told),
            Happening::Close => _ = self.tracker.close(stream),
        }
    }

    fn publish_now(&self, message: &ChannelMessage, member: Option<SessionId>) -> Result<(), ChatError> {
        if member.is_some_and(|session| self.tracker.get(&message.stream, message.sender_id, session).is_none()) {
            return Err(ChatError::NotJoined(Action::Send));
        }
        self.route(message);
        Ok(())
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
    /// It is durable: this happens when its turn comes.
    pub(crate) fn ready(mut self, turn: Turn) {
        if let Some(place) = self.place.take() {
            place.settle(Entry::Ready(turn));
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let Some(place) = self.place.take() else { return };
        // The writer may drop a ticket while it is being enqueued, under the lock of the line: so not from here.
        let runtime = place.runtime.clone();
        runtime.spawn(async move { place.settle(Entry::Failed) });
    }
}

impl Place {
    fn settle(self, settled: Entry) {
        {
            let mut lines = self.lines.lines.lock(&self.stream);
            let entry = lines.get_mut(&self.stream).and_then(|line| {
                let index = self.number.checked_sub(line.first)?;
                line.entries.get_mut(usize::try_from(index).ok()?)
            });
            // Its entry waits until it is settled, and it is settled once.
            let Some(entry @ Entry::Waiting) = entry else { return };
            *entry = settled;
        }
        self.lines.hand_on(&self.stream, &self.runtime, false);
    }
}
