//! The outbox: what waits to be written to one session's socket. Bounded; what happens when it is full stands at
//! [`Outbox::push`].

use crate::push::Push;
use bytes::Bytes;
use std::sync::Arc;

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
    pub write_wait: std::time::Duration,
}

/// What waits to be written to one session.
#[derive(Debug)]
pub struct Outbox {}

/// A place in an outbox that is taken before its reply is known: nothing behind it is written until it is filled or
/// dropped. It puts the reply to a join before the first thing that the joined stream sends.
#[derive(Debug)]
#[must_use = "everything behind the slot waits for it"]
pub struct ReplySlot {}

impl Outbox {
    /// An empty outbox.
    pub fn new(_limits: OutboxLimits) -> Self { todo!() }
    /// Appends a push. When the outbox overflows it is marked so, and its session closes as a slow consumer.
    pub fn push(&self, _push: Arc<Push>) { todo!() }
    /// Appends a reply, bounded like a push.
    pub fn reply(&self, _frame: Bytes) { todo!() }
    /// Takes a place for a reply.
    pub fn reserve(self: &Arc<Self>) -> ReplySlot { todo!() }
    /// Waits until something can be written, and moves all of it to `into` (which must be empty). Cancel safe. One
    /// caller at a time.
    pub async fn take(&self, _into: &mut Vec<Outgoing>) { todo!() }
    /// What can be written now, without waiting; false when nothing can.
    pub fn try_take(&self, _into: &mut Vec<Outgoing>) -> bool { todo!() }
    /// The socket took bytes: the client reads.
    pub fn progress(&self) { todo!() }
    /// Resolves when the outbox has overflowed, as the bounds say. Also checked by the owner on a timer of its own,
    /// through [`Self::is_overflowing`].
    pub async fn overflowed(&self) { todo!() }
    /// Whether the bounds are broken at this moment.
    pub fn is_overflowing(&self) -> bool { todo!() }
}

impl ReplySlot {
    /// Puts the reply in its place.
    pub fn fill(self, _frame: Bytes) { todo!() }
}
