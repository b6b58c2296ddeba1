//! Streams: who is in them, and what is sent to them.
//!
//! ```no_run
//! # use meadhall_guest::prelude::*;
//! # fn f(ctx: &Context) -> Result<()> {
//! let hall = Stream::new(142).label("Global");
//! let me = ctx.session()?;
//! stream::join(&hall, &me, Join { hidden: false, persistence: false, status: "" })?;
//! stream::send(&hall, "welcome")?;
//! # Ok(()) }
//! ```

use crate::bindings::meadhall::plugin::stream::JoinOptions;
use crate::host::host_call;
use crate::{Error, Result};
use serde::Serialize;

pub use crate::bindings::meadhall::plugin::types::{Presence, PresenceId, PresenceMeta, Stream};

impl Stream {
    /// The mode of a user's notifications.
    pub const NOTIFICATIONS: u8 = 0;
    /// The mode of a user's status.
    pub const STATUS: u8 = 1;
    /// The mode of a chat room.
    pub const ROOM: u8 = 2;
    /// The mode of a group's chat.
    pub const GROUP: u8 = 3;
    /// The mode of a direct chat of two users.
    pub const DIRECT: u8 = 4;

    /// A stream of a mode. 0 to 4 are built in (see the functions below), 5 to 7 are refused, 8 to 255 are free.
    pub fn new(mode: u8) -> Self {
        Self { mode, subject: String::new(), subcontext: String::new(), label: String::new() }
    }

    /// Mode 0: the notifications of a user.
    pub fn notifications(user_id: &str) -> Self {
        Self::new(Self::NOTIFICATIONS).subject(user_id)
    }

    /// Mode 1: the status of a user.
    pub fn status(user_id: &str) -> Self {
        Self::new(Self::STATUS).subject(user_id)
    }

    /// Mode 2: a chat room.
    pub fn room(name: &str) -> Self {
        Self::new(Self::ROOM).label(name)
    }

    /// Mode 3: the chat of a group.
    pub fn group(group_id: &str) -> Self {
        Self::new(Self::GROUP).subject(group_id)
    }

    /// The stream behind a channel: its members are who is there.
    ///
    /// # Errors
    /// Invalid argument (3) for what is no channel's id.
    pub fn of_channel(channel_id: &str) -> Result<Self> {
        let mut parts = channel_id.splitn(4, '.');
        let mut part = || parts.next().unwrap_or_default();
        let (mode, subject, subcontext, label) = (part(), part(), part(), part());
        let mode = match mode {
            "2" if !label.is_empty() => Self::ROOM,
            "3" if !subject.is_empty() => Self::GROUP,
            "4" if !subject.is_empty() && !subcontext.is_empty() => Self::DIRECT,
            _ => return Err(Error::invalid_argument(format!("{channel_id:?} is no channel id"))),
        };
        Ok(Self::new(mode).subject(subject).subcontext(subcontext).label(label))
    }

    /// Names whom or what the stream is about: a UUID, or empty for none.
    #[must_use]
    pub fn subject(mut self, id: &str) -> Self {
        id.clone_into(&mut self.subject);
        self
    }

    /// Names a second id beside the subject: a UUID, or empty for none.
    #[must_use]
    pub fn subcontext(mut self, id: &str) -> Self {
        id.clone_into(&mut self.subcontext);
        self
    }

    /// Names the stream: any text, at most 128 bytes.
    #[must_use]
    pub fn label(mut self, label: &str) -> Self {
        label.clone_into(&mut self.label);
        self
    }
}

impl PresenceId {
    /// A user on one of their sockets.
    pub fn new(user_id: impl Into<String>, session_id: impl Into<String>) -> Self {
        Self { user_id: user_id.into(), session_id: session_id.into() }
    }
}

/// How a presence stands in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Join<'a> {
    /// Receives everything, is not listed to clients and causes no presence events.
    pub hidden: bool,
    /// Whether what this presence sends is stored, where the stream stores anything.
    pub persistence: bool,
    /// Free text that others see, at most 2048 bytes.
    pub status: &'a str,
}

/// Which presences a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// All.
    All,
    /// Those that clients see.
    Visible,
    /// Only the hidden ones.
    Hidden,
}

/// Adds a session to a stream. True when it was not there yet; otherwise nothing changes.
///
/// # Errors
/// Not found (5) when the session is not connected, invalid argument (3) for ids that are no UUIDs.
pub fn join(stream: &Stream, who: &PresenceId, join: Join<'_>) -> Result<bool> {
    host_call!(stream::join(stream, who, &options(join)))
}

/// Changes how a presence stands in a stream, and joins it when it is not there.
///
/// # Errors
/// As [`join`].
pub fn update(stream: &Stream, who: &PresenceId, join: Join<'_>) -> Result<()> {
    host_call!(stream::update(stream, who, &options(join)))
}

/// Takes a session off a stream; nothing happens when it is not there.
///
/// # Errors
/// Invalid argument (3) for ids that are no UUIDs.
pub fn leave(stream: &Stream, who: &PresenceId) -> Result<()> {
    host_call!(stream::leave(stream, who))
}

/// Sends text to all members of a stream.
///
/// # Errors
/// Invalid argument (3) for a stream that cannot be, or for more than 64 KiB.
pub fn send(stream: &Stream, data: &str) -> Result<()> {
    send_to(stream, data, &[])
}

/// Sends text to some members of a stream; to all of them when none is named.
///
/// # Errors
/// As [`send`].
pub fn send_to(stream: &Stream, data: &str, only: &[PresenceId]) -> Result<()> {
    send_with(stream, data, only, true)
}

/// Sends text to members of a stream, and says whether clients may take it as reliable.
///
/// # Errors
/// As [`send`].
pub fn send_with(stream: &Stream, data: &str, only: &[PresenceId], reliable: bool) -> Result<()> {
    host_call!(stream::send(stream, data, only, reliable))
}

/// Sends a realtime envelope, such as `json!({"notifications": {…}})`, to members of a stream; to all of them when none
/// is named.
///
/// # Errors
/// Invalid argument (3) for what is no envelope, and as [`send`].
pub fn send_envelope(stream: &Stream, envelope: &impl Serialize, only: &[PresenceId], reliable: bool) -> Result<()> {
    let envelope = serde_json::to_string(envelope)?;
    host_call!(stream::send_envelope(stream, &envelope, only, reliable))
}

/// Takes everybody off a stream, without presence events.
///
/// # Errors
/// Invalid argument (3) for a stream that cannot be.
pub fn close(stream: &Stream) -> Result<()> {
    host_call!(stream::close(stream))
}

/// How many are in a stream, hidden ones included.
///
/// # Errors
/// Invalid argument (3) for a stream that cannot be.
pub fn count(stream: &Stream) -> Result<u32> {
    host_call!(stream::count(stream))
}

/// Who is in a stream.
///
/// # Errors
/// Invalid argument (3) for a stream that cannot be.
pub fn list(stream: &Stream, show: Show) -> Result<Vec<Presence>> {
    let (hidden, visible) = (show != Show::Visible, show != Show::Hidden);
    host_call!(stream::list(stream, hidden, visible))
}

/// What one presence carries; none when it is not in the stream.
///
/// # Errors
/// Invalid argument (3) for ids that are no UUIDs.
pub fn get(stream: &Stream, who: &PresenceId) -> Result<Option<PresenceMeta>> {
    host_call!(stream::get(stream, who))
}

fn options(join: Join<'_>) -> JoinOptions {
    JoinOptions { hidden: join.hidden, persistence: join.persistence, status: join.status.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_streams_have_their_places() {
        let check = |stream: Stream, mode, subject: &str, label: &str| {
            assert_eq!((stream.mode, &*stream.subject, &*stream.label), (mode, subject, label));
        };
        check(Stream::notifications("u"), 0, "u", "");
        check(Stream::status("u"), 1, "u", "");
        check(Stream::room("hall"), 2, "", "hall");
        check(Stream::group("g"), 3, "g", "");
    }

    #[test]
    fn channels_have_their_streams() {
        assert_eq!(Stream::of_channel("2...hall.of.mead"), Ok(Stream::room("hall.of.mead")));
        assert_eq!(Stream::of_channel("3.g.."), Ok(Stream::group("g")));
        assert_eq!(Stream::of_channel("4.a.b."), Ok(Stream::new(Stream::DIRECT).subject("a").subcontext("b")));
        for bad in ["", "2", "2...", "3...", "4.a..", "5.a.b.c", "hall"] {
            let error = Stream::of_channel(bad).expect_err(bad);
            assert_eq!(error.code, crate::error::code::INVALID_ARGUMENT);
        }
    }
}
