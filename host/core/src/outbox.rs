//! The outbox: what waits to be written to one session's socket. Bounded; what happens when it is full stands at
//! [`Outbox::push`].

use crate::push::Push;
use bytes::Bytes;
use parking_lot::{Mutex, MutexGuard};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// What a message weighs beyond its payload: envelope, frame header and the entry itself.
const OVERHEAD: usize = 256;

/// Room that an empty queue may keep. Most sessions are idle most of the time, so what a burst took is given back.
const IDLE_CAPACITY: usize = 8;

/// One thing to write.
#[derive(Clone, Debug)]
pub enum Outgoing {
    /// Something that many sessions may get; encoded by the write loop, once for each format.
    Push(Arc<Push>),
    /// An answer to this session alone, in its own format.
    Reply(Bytes),
}

/// The bounds of an outbox.
#[derive(Clone, Copy, Debug)]
pub struct OutboxLimits {
    /// `socket.outgoing_queue_size`: more than this many messages and no byte taken for `write_wait` closes the session.
    pub messages: usize,
    /// `socket.outgoing_queue_bytes`: more than this weight closes the session at once. One message always fits.
    pub bytes: usize,
    /// `socket.write_wait_ms`.
    pub write_wait: Duration,
}

/// What waits to be written to one session.
#[derive(Debug)]
pub struct Outbox {
    limits: OutboxLimits,
    state: Mutex<State>,
    /// Wakes the write loop.
    writable: Notify,
    /// Tells that `State::overflowed` has become true.
    overflow: Notify,
}

#[derive(Debug)]
struct State {
    queue: VecDeque<Entry>,
    /// How many entries were ever taken from the front: the number of the first entry in the queue.
    first: u64,
    /// Of all replies and pushes in the queue.
    weight: usize,
    writer: Writer,
    /// Stays true: a session that overflowed is closed.
    overflowed: bool,
}

/// What the write loop does.
#[derive(Clone, Copy, Debug)]
enum Writer {
    /// It sleeps in [`Outbox::take`]; nothing is on its way to the socket.
    Sleeping,
    /// It was woken and has not come yet.
    Woken,
    /// It writes what it took; the socket last took a byte, or the write began, at this time.
    Writing(Instant),
}

#[derive(Debug)]
enum Entry {
    Ready(Outgoing),
    /// A reply that is not known yet. Nothing behind it is written.
    Reserved,
    /// A reserved place that was given up.
    Vacant,
}

/// A place in an outbox that is taken before its reply is known: nothing behind it is written until it is filled or
/// dropped. It puts the reply to a join before the first thing that the joined stream sends.
#[derive(Debug)]
#[must_use = "everything behind the slot waits for it"]
pub struct ReplySlot {
    outbox: Arc<Outbox>,
    number: u64,
}

impl Outbox {
    /// An empty outbox.
    pub fn new(limits: OutboxLimits) -> Self {
        let state = State { queue: VecDeque::new(), first: 0, weight: 0, writer: Writer::Sleeping, overflowed: false };
        Self { limits, state: Mutex::new(state), writable: Notify::new(), overflow: Notify::new() }
    }

    /// Appends a push.
    ///
    /// Full means: more than [`OutboxLimits::messages`] wait and the socket has taken no byte for
    /// [`OutboxLimits::write_wait`]; or the weight goes above [`OutboxLimits::bytes`], unless this message is alone.
    /// Then the outbox has overflowed: what waits is thrown away, nothing is taken any more, and [`Self::overflowed`]
    /// resolves, so that the session is closed as a slow consumer.
    pub fn push(&self, push: Arc<Push>) {
        self.append(Outgoing::Push(push));
    }

    /// Appends a reply, bounded like a push.
    pub fn reply(&self, frame: Bytes) {
        self.append(Outgoing::Reply(frame));
    }

    /// Takes a place for a reply.
    pub fn reserve(self: &Arc<Self>) -> ReplySlot {
        let mut state = self.state.lock();
        let number = state.first + state.queue.len() as u64;
        state.queue.push_back(Entry::Reserved);
        ReplySlot { outbox: self.clone(), number }
    }

    /// Waits until something can be written, and moves all of it to `into` (which must be empty). Cancel safe. One
    /// caller at a time. A call says that what the last one gave is written.
    pub async fn take(&self, into: &mut Vec<Outgoing>) {
        loop {
            {
                let mut state = self.state.lock();
                if state.take(into) {
                    return;
                }
                state.writer = Writer::Sleeping;
            }
            self.writable.notified().await;
        }
    }

    /// What can be written now, without waiting; false when nothing can.
    pub fn try_take(&self, into: &mut Vec<Outgoing>) -> bool {
        self.state.lock().take(into)
    }

    /// The socket took bytes: the client reads.
    pub fn progress(&self) {
        let mut state = self.state.lock();
        if let Writer::Writing(_) = state.writer {
            state.writer = Writer::Writing(Instant::now());
        }
    }

    /// Resolves when the outbox has overflowed, as the bounds say. Also checked by the owner on a timer of its own,
    /// through [`Self::is_overflowing`].
    pub async fn overflowed(&self) {
        loop {
            let overflow = self.overflow.notified();
            if self.state.lock().overflowed {
                return;
            }
            overflow.await;
        }
    }

    /// Whether the bounds are broken at this moment.
    pub fn is_overflowing(&self) -> bool {
        let state = self.state.lock();
        state.overflowed || state.is_stalled(&self.limits)
    }

    /// How many entries wait.
    pub fn len(&self) -> usize {
        self.state.lock().queue.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn append(&self, item: Outgoing) {
        let mut state = self.state.lock();
        if !state.overflowed {
            let alone = state.queue.is_empty();
            state.weight += item.weight();
            state.queue.push_back(Entry::Ready(item));
            self.settle(state, alone);
        }
    }

    /// After an entry was filled: looks at the bounds, and wakes the write loop when it sleeps.
    fn settle(&self, mut state: MutexGuard<'_, State>, alone: bool) {
        let heavy = state.weight > self.limits.bytes && !alone;
        if heavy || state.is_stalled(&self.limits) {
            let waiting = state.overflow();
            drop(state);
            drop(waiting);
            self.overflow.notify_waiters();
            return;
        }
        if matches!(state.writer, Writer::Sleeping) && state.is_writable() {
            state.writer = Writer::Woken;
            drop(state);
            self.writable.notify_one();
        }
    }

    /// Fills a reserved place, or gives it up.
    fn resolve(&self, number: u64, frame: Option<Bytes>) {
        let mut state = self.state.lock();
        // A reserved entry is not taken, so its place is still in the queue; only an overflow clears it.
        let Some(index) = number.checked_sub(state.first).map(|index| index as usize) else { return };
        if state.overflowed || index >= state.queue.len() {
            return;
        }
        match frame {
            Some(frame) => {
                let item = Outgoing::Reply(frame);
                state.weight += item.weight();
                state.queue[index] = Entry::Ready(item);
            }
            None => {
                state.queue[index] = Entry::Vacant;
                state.trim();
            }
        }
        let alone = state.queue.len() <= 1;
        self.settle(state, alone);
    }
}

impl ReplySlot {
    /// Puts the reply in its place.
    pub fn fill(mut self, frame: Bytes) {
        self.outbox.resolve(self.number, Some(frame));
        // Nothing is left for `drop` to give up.
        self.number = u64::MAX;
    }
}

impl Drop for ReplySlot {
    fn drop(&mut self) {
        if self.number != u64::MAX {
            self.outbox.resolve(self.number, None);
        }
    }
}

impl State {
    /// Moves what can be written to `into`; false when that is nothing.
    fn take(&mut self, into: &mut Vec<Outgoing>) -> bool {
        let before = into.len();
        while let Some(entry) = self.queue.pop_front() {
            match entry {
                Entry::Ready(item) => into.push(item),
                Entry::Vacant => {}
                Entry::Reserved => {
                    self.queue.push_front(Entry::Reserved);
                    break;
                }
            }
            self.first += 1;
        }
        if self.queue.is_empty() {
            self.weight = 0;
            if self.queue.capacity() > IDLE_CAPACITY {
                self.queue = VecDeque::new();
            }
        } else {
            self.weight -= into[before..].iter().map(Outgoing::weight).sum::<usize>();
        }
        if into.len() == before {
            return false;
        }
        self.writer = Writer::Writing(Instant::now());
        true
    }

    /// Takes given-up places off both ends, so that they cannot pile up behind a place that is held for long.
    fn trim(&mut self) {
        while matches!(self.queue.front(), Some(Entry::Vacant)) {
            self.queue.pop_front();
            self.first += 1;
        }
        while matches!(self.queue.back(), Some(Entry::Vacant)) {
            self.queue.pop_back();
        }
    }

    fn is_writable(&self) -> bool {
        matches!(self.queue.front(), Some(Entry::Ready(_)))
    }

    /// Whether too many messages wait for a socket that takes nothing.
    fn is_stalled(&self, limits: &OutboxLimits) -> bool {
        self.queue.len() > limits.messages
            && matches!(self.writer, Writer::Writing(since) if since.elapsed() >= limits.write_wait)
    }

    /// Marks the outbox, and hands out what waited, to be dropped without the lock.
    fn overflow(&mut self) -> VecDeque<Entry> {
        self.overflowed = true;
        self.weight = 0;
        self.first += self.queue.len() as u64;
        std::mem::take(&mut self.queue)
    }
}

impl Outgoing {
    fn weight(&self) -> usize {
        OVERHEAD
            + match self {
                Self::Push(push) => push.weight(),
                Self::Reply(frame) => frame.len(),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: OutboxLimits = OutboxLimits { messages: 4, bytes: 4096, write_wait: Duration::from_secs(5) };

    fn frame(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    fn text(item: Outgoing) -> String {
        match item {
            Outgoing::Reply(frame) => String::from_utf8(frame.to_vec()).unwrap(),
            Outgoing::Push(_) => unreachable!("these tests only reply"),
        }
    }

    fn take_now(outbox: &Outbox) -> Vec<String> {
        let mut taken = Vec::new();
        outbox.try_take(&mut taken);
        taken.into_iter().map(text).collect()
    }

    #[test]
    fn a_reserved_place_holds_back_what_is_behind_it() {
        let outbox = Arc::new(Outbox::new(LIMITS));
        outbox.reply(frame("first"));
        let slot = outbox.reserve();
        outbox.reply(frame("last"));
        assert_eq!(take_now(&outbox), ["first"]);
        assert!(take_now(&outbox).is_empty());
        slot.fill(frame("middle"));
        assert_eq!(take_now(&outbox), ["middle", "last"]);
    }

    #[test]
    fn a_dropped_place_lets_the_rest_pass() {
        let outbox = Arc::new(Outbox::new(LIMITS));
        let held = outbox.reserve();
        let dropped = outbox.reserve();
        outbox.reply(frame("a"));
        drop(dropped);
        assert!(take_now(&outbox).is_empty());
        drop(held);
        assert_eq!(take_now(&outbox), ["a"]);
        assert!(outbox.is_empty());
    }

    #[test]
    fn dropped_places_do_not_pile_up_behind_a_held_one() {
        let outbox = Arc::new(Outbox::new(LIMITS));
        let held = outbox.reserve();
        for _ in 0..100 {
            drop(outbox.reserve());
        }
        assert_eq!(outbox.len(), 1);
        held.fill(frame("a"));
        assert_eq!(take_now(&outbox), ["a"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_to_a_client_that_reads_overflows_nothing() {
        let outbox = Outbox::new(LIMITS);
        let mut taken = Vec::new();
        outbox.reply(frame("a"));
        outbox.take(&mut taken).await;
        tokio::time::advance(Duration::from_secs(60)).await;
        outbox.progress();
        for _ in 0..10 {
            outbox.reply(frame("b"));
        }
        assert!(!outbox.is_overflowing());
        taken.clear();
        outbox.take(&mut taken).await;
        assert_eq!(taken.len(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_after_a_long_silence_overflows_nothing() {
        let outbox = Arc::new(Outbox::new(LIMITS));
        let writer = tokio::spawn({
            let outbox = outbox.clone();
            async move { outbox.take(&mut Vec::new()).await }
        });
        tokio::task::yield_now().await;
        tokio::time::advance(Duration::from_secs(60)).await;
        for _ in 0..10 {
            outbox.reply(frame("a"));
        }
        assert!(!outbox.is_overflowing());
        writer.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_no_byte_overflows_after_the_wait() {
        let outbox = Outbox::new(LIMITS);
        outbox.reply(frame("a"));
        outbox.take(&mut Vec::new()).await;
        for _ in 0..5 {
            outbox.reply(frame("b"));
        }
        tokio::time::advance(LIMITS.write_wait - Duration::from_millis(1)).await;
        assert!(!outbox.is_overflowing());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(outbox.is_overflowing(), "five wait, and nothing was taken for the whole wait");
        outbox.reply(frame("c"));
        outbox.overflowed().await;
        assert!(outbox.is_empty(), "what waited is given back");
    }

    #[tokio::test(start_paused = true)]
    async fn few_messages_may_wait_for_long() {
        let outbox = Outbox::new(LIMITS);
        outbox.reply(frame("a"));
        outbox.take(&mut Vec::new()).await;
        for _ in 0..4 {
            outbox.reply(frame("b"));
        }
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert!(!outbox.is_overflowing());
    }

    #[tokio::test]
    async fn too_much_weight_overflows_at_once() {
        let outbox = Arc::new(Outbox::new(LIMITS));
        let waiter = tokio::spawn({
            let outbox = outbox.clone();
            async move { outbox.overflowed().await }
        });
        tokio::task::yield_now().await;
        outbox.reply(Bytes::from(vec![0; 3000]));
        assert!(!outbox.is_overflowing());
        outbox.reply(Bytes::from(vec![0; 1000]));
        assert!(outbox.is_overflowing());
        waiter.await.unwrap();
    }

    #[test]
    fn one_message_of_any_size_fits_an_empty_outbox() {
        let outbox = Arc::new(Outbox::new(LIMITS));
        outbox.reply(Bytes::from(vec![0; 100_000]));
        assert!(!outbox.is_overflowing());
        outbox.try_take(&mut Vec::new());
        outbox.reserve().fill(Bytes::from(vec![0; 100_000]));
        assert!(!outbox.is_overflowing());
    }

    #[test]
    fn weight_is_given_back_when_only_a_part_is_taken() {
        let outbox = Arc::new(Outbox::new(LIMITS));
        outbox.reply(Bytes::from(vec![0; 3000]));
        let slot = outbox.reserve();
        outbox.reply(Bytes::from(vec![0; 100]));
        assert!(outbox.try_take(&mut Vec::new()));
        slot.fill(Bytes::from(vec![0; 3000]));
        assert!(!outbox.is_overflowing());
    }

    #[tokio::test]
    async fn a_cancelled_take_loses_nothing() {
        let outbox = Outbox::new(LIMITS);
        let mut taken = Vec::new();
        tokio::select! {
            biased;
            () = outbox.take(&mut taken) => unreachable!("nothing waits"),
            () = async { outbox.reply(frame("a")) } => {}
        }
        outbox.take(&mut taken).await;
        assert_eq!(taken.into_iter().map(text).collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn an_empty_queue_keeps_little_room() {
        let outbox = Outbox::new(OutboxLimits { messages: 1000, bytes: 1 << 20, ..LIMITS });
        for _ in 0..500 {
            outbox.reply(frame("a"));
        }
        assert!(outbox.try_take(&mut Vec::new()));
        assert!(outbox.state.lock().queue.capacity() <= IDLE_CAPACITY);
    }
}
