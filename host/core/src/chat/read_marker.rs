//! Read markers: how far users have read channels, and how much they have not.

use super::Chat;
use crate::clock::Timestamp;
use crate::history::{ListError, access};
use crate::ids::{MessageId, UserId};
use crate::store::read_marker::{self as rows, Mark};
use crate::store::{StoreError, history};
use crate::stream::Stream;

/// How far a user has read a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadMarker {
    /// The channel.
    pub stream: Stream,
    /// The last message that was read; none while the user has marked none.
    pub message_id: Option<MessageId>,
    /// When that was said.
    pub update_time: Option<Timestamp>,
    /// How many stored messages of others follow it; [`UNREAD_MAX`] stands for so many and more.
    pub unread: u32,
}

/// Unread messages are counted up to this many.
pub const UNREAD_MAX: u32 = 1000;

/// One page of a user's read markers.
#[derive(Clone, Debug, Default)]
pub struct ReadMarkerPage {
    /// The markers.
    pub markers: Vec<ReadMarker>,
    /// Where the next page begins; none when this is the last.
    pub cursor: Option<String>,
}

impl Chat {
    /// How far a user has read a channel that they may read, in it or not.
    ///
    /// # Errors
    /// When they may not read it, or the store cannot be read.
    pub async fn read_marker(&self, user: UserId, stream: &Stream) -> Result<ReadMarker, ListError> {
        let mark = self.store.read({
            let stream = stream.clone();
            move |reader| {
                Ok(match access::may_read(reader, &stream, user) {
                    Ok(()) => Ok(rows::get(reader, user, &stream)?),
                    Err(refused) => Err(refused),
                })
            }
        });
        let mark = mark.await??;
        Ok(self.with_unread(user, stream.clone(), mark).await?)
    }

    /// A user has read a channel up to a message, or all of it; a marker never goes back. Returns where it is now.
    ///
    /// # Errors
    /// When they may not read it, it has no such message, or the store failed: nothing is changed.
    pub async fn mark_read(
        &self,
        user: UserId,
        stream: &Stream,
        message: Option<MessageId>,
    ) -> Result<ReadMarker, ListError> {
        let now = self.history.time();
        let marked = self.store.write({
            let stream = stream.clone();
            move |txn| {
                access::may_read(txn, &stream, user)?;
                let read_to = match message {
                    Some(id) if history::get(txn, &stream, id)?.is_none() => {
                        return Err(ListError::MessageNotFound(id));
                    }
                    Some(id) => Some(id),
                    None => history::last(txn, &stream)?,
                };
                let mark = rows::get(txn, user, &stream)?;
                match read_to {
                    Some(message) if mark.is_none_or(|mark| mark.message < message) => {
                        let mark = Mark { message, time: now };
                        rows::put(txn, user, &stream, mark)?;
                        Ok(Some(mark))
                    }
                    _ => Ok(mark),
                }
            }
        });
        let mark = marked.await??;
        Ok(self.with_unread(user, stream.clone(), mark).await?)
    }

    /// A page of the channels that a user has marked, with what is unread in each; those that they may not read any more
    /// are left out, so a page may be short and still have a next one.
    ///
    /// # Errors
    /// When the cursor is not of this list, or the store cannot be read.
    pub async fn read_markers(
        &self,
        user: UserId,
        limit: usize,
        cursor: Option<String>,
    ) -> Result<ReadMarkerPage, ListError> {
        let page = self.store.read(move |reader| {
            let Some((marks, cursor)) = rows::page(reader, user, limit, cursor.as_deref())? else { return Ok(None) };
            let mut readable = Vec::with_capacity(marks.len());
            for (stream, mark) in marks {
                match access::may_read(reader, &stream, user) {
                    Ok(()) => readable.push((stream, mark)),
                    Err(ListError::Store(error)) => return Err(error),
                    Err(_) => {}
                }
            }
            Ok(Some((readable, cursor)))
        });
        let (marks, cursor) = page.await?.ok_or(ListError::InvalidCursor)?;
        let mut markers = Vec::with_capacity(marks.len());
        for (stream, mark) in marks {
            markers.push(self.with_unread(user, stream, Some(mark)).await?);
        }
        Ok(ReadMarkerPage { markers, cursor })
    }

    /// Counts what is unread. One channel is one read, so that commits wait for no longer than one.
    async fn with_unread(&self, user: UserId, stream: Stream, mark: Option<Mark>) -> Result<ReadMarker, StoreError> {
        let message_id = mark.map(|mark| mark.message);
        let count = self.store.read({
            let stream = stream.clone();
            move |reader| history::count_of_others(reader, &stream, message_id, user, UNREAD_MAX)
        });
        let unread = count.await?;
        Ok(ReadMarker { stream, message_id, update_time: mark.map(|mark| mark.time), unread })
    }
}
