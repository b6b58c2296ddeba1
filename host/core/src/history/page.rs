//! Reading a history, page by page.

use super::access;
use super::cursor::Cursor;
use super::sequence::around;
use super::{ChannelMessage, History};
use crate::clock::Timestamp;
use crate::ids::{MessageId, UserId};
use crate::store::StoreError;
use crate::store::history as rows;
use crate::stream::Stream;

/// Which page of a history.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// The channel.
    pub stream: Stream,
    /// 1 to 100.
    pub limit: usize,
    /// Oldest first.
    pub forward: bool,
    /// Begins at this moment, instead of at the beginning or the end of the history: forward with the first message of
    /// that time or later, backward with the last one of that time or earlier. Not beside a cursor.
    pub from: Option<Timestamp>,
    /// From [`Page`]; opaque text, bound to the channel and the direction. None and empty begin at the beginning.
    pub cursor: Option<String>,
}

/// One page of a history.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// In the direction that was asked for.
    pub messages: Vec<ChannelMessage>,
    /// Only when there is more.
    pub next_cursor: Option<String>,
    /// Only when a cursor was given and the page is not empty.
    pub prev_cursor: Option<String>,
    /// Always forward, after the last message returned; absent for an empty page without a cursor.
    pub cacheable_cursor: Option<String>,
}

/// Why a page cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// The cursor is of another channel or direction, or none at all.
    #[error("Cursor is invalid or expired.")]
    InvalidCursor,
    /// A moment beside a cursor, which says already where the page begins.
    #[error("A page begins at from_time or at a cursor, not at both.")]
    TwoBeginnings,
    /// A direct channel of two others.
    #[error("Channel not found.")]
    ChannelNotFound,
    /// There is no such group, or the reader is not in it.
    #[error("Group not found.")]
    GroupNotFound,
    /// The channel's history has no such message.
    #[error("Message {0} is not in the channel's history.")]
    MessageNotFound(MessageId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl History {
    /// One page, for a user who may read it; for anybody if that is the nil user.
    pub(crate) async fn list(&self, reader: UserId, request: PageRequest) -> Result<Page, ListError> {
        let PageRequest { stream, limit, forward, from: moment, cursor } = request;
        let cursor = match cursor.as_deref() {
            None | Some("") => None,
            Some(text) => Some(Cursor::decode(text).ok_or(ListError::InvalidCursor)?),
        };
        if cursor.as_ref().is_some_and(|cursor| cursor.stream != stream || cursor.forward != forward) {
            return Err(ListError::InvalidCursor);
        }
        if cursor.is_some() && moment.is_some() {
            return Err(ListError::TwoBeginnings);
        }
        let onward = cursor.as_ref().is_none_or(|cursor| cursor.onward);
        let range = rows::Range {
            from: cursor.as_ref().map(|cursor| cursor.id).or(moment.map(|moment| beside(moment, forward))),
            ascending: forward == onward,
            // One more tells whether there is more.
            limit: limit + 1,
            moment,
        };
        let read = self.store.read({
            let stream = stream.clone();
            move |view| {
                Ok(match access::may_read(view, &stream, reader) {
                    Ok(()) => Ok(rows::page(view, &stream, range)?),
                    Err(refused) => Err(refused),
                })
            }
        });
        let mut messages = read.await??;
        let more = messages.len() > limit;
        messages.truncate(limit);
        if !onward {
            messages.reverse();
        }
        let place = |id, forward, onward| Cursor { stream: stream.clone(), forward, onward, id }.encode();
        let first = messages.first().map(|message| message.id);
        let last = messages.last().map(|message| message.id);
        let (has_next, has_previous) = if onward { (more, cursor.is_some()) } else { (true, more) };
        Ok(Page {
            next_cursor: last.filter(|_| has_next).map(|id| place(id, forward, true)),
            prev_cursor: first.filter(|_| has_previous).map(|id| place(id, forward, false)),
            cacheable_cursor: last.or(cursor.as_ref().map(|cursor| cursor.id)).map(|id| place(id, true, true)),
            messages,
        })
    }
}

/// The id before the first message of a moment in the order that is read; messages of the same millisecond may lie
/// between.
fn beside(moment: Timestamp, forward: bool) -> MessageId {
    let (before, after) = around(moment);
    if forward { before } else { after }
}
