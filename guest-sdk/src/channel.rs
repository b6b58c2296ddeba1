//! Chat channels: messages that are sent, and the history that is kept. A plugin need not be a member.
//!
//! ```no_run
//! # use meadhall_guest::prelude::*;
//! # fn f() -> Result<()> {
//! let hall = channel::room("hall")?;
//! channel::send(&hall, &json!({"text": "the mead is ready"}), &Sender::server(), true)?;
//! # Ok(()) }
//! ```

use crate::Result;
use crate::host::host_call;
use crate::message::{ChannelMessage, ChannelMessageAck, ChannelMessageList, ReadMarker, ReadMarkerList};
use serde::Serialize;

pub use crate::bindings::meadhall::plugin::channel::{Kind, Sender};

impl Sender {
    /// The server itself.
    pub fn server() -> Self {
        Self { id: String::new(), username: String::new() }
    }

    /// A user, by their id and the name to show.
    pub fn user(id: impl Into<String>, username: impl Into<String>) -> Self {
        Self { id: id.into(), username: username.into() }
    }
}

/// The id of a room.
///
/// # Errors
/// Invalid argument (3) for a name that no room can have.
pub fn room(name: &str) -> Result<String> {
    build_id("", name, Kind::Room)
}

/// The id of the direct channel of two users.
///
/// # Errors
/// Invalid argument (3) for ids that are no UUIDs.
pub fn direct(user_id: &str, other_user_id: &str) -> Result<String> {
    build_id(user_id, other_user_id, Kind::Direct)
}

/// The id of a group's channel.
///
/// # Errors
/// Invalid argument (3) for an id that is no UUID.
pub fn group(group_id: &str) -> Result<String> {
    build_id("", group_id, Kind::Group)
}

/// The id of a channel of any kind. `sender` is the other user of a direct channel, and ignored for the others.
///
/// # Errors
/// Invalid argument (3) for a target that there cannot be.
pub fn build_id(sender: &str, target: &str, kind: Kind) -> Result<String> {
    host_call!(channel::build_id(sender, target, kind))
}

/// Sends a message. `content` becomes a JSON object, at most 64 KiB. With `persist` it is on disk before this returns.
///
/// # Errors
/// Invalid argument (3) for a channel that cannot be or content that is no JSON object.
pub fn send(channel_id: &str, content: &impl Serialize, sender: &Sender, persist: bool) -> Result<ChannelMessageAck> {
    let content = serde_json::to_string(content)?;
    Ok(serde_json::from_str(&host_call!(channel::send(channel_id, &content, sender, persist))?)?)
}

/// Changes a message's content.
///
/// # Errors
/// Not found (5) when the sender has no such message, and as [`send`].
pub fn update(
    channel_id: &str,
    message_id: &str,
    content: &impl Serialize,
    sender: &Sender,
    persist: bool,
) -> Result<ChannelMessageAck> {
    let content = serde_json::to_string(content)?;
    let ack = host_call!(channel::update(channel_id, message_id, &content, sender, persist))?;
    Ok(serde_json::from_str(&ack)?)
}

/// Removes a message.
///
/// # Errors
/// Not found (5) when the sender has no such message.
pub fn remove(channel_id: &str, message_id: &str, sender: &Sender, persist: bool) -> Result<ChannelMessageAck> {
    Ok(serde_json::from_str(&host_call!(channel::remove(channel_id, message_id, sender, persist))?)?)
}

/// One page of a channel's history, 1 to 100 messages. The cursor is one of an earlier page.
///
/// # Errors
/// Invalid argument (3) for another limit, or a cursor that is not of this channel and direction.
pub fn list(channel_id: &str, limit: u32, forward: bool, cursor: Option<&str>) -> Result<ChannelMessageList> {
    let page = host_call!(channel::list(channel_id, limit, forward, cursor.unwrap_or_default()))?;
    Ok(serde_json::from_str(&page)?)
}

/// The page of a channel's history that begins at a moment, in milliseconds since the Unix epoch: what was sent at it and
/// after, or before it where `forward` is false. [`list`] goes on from the page's cursors.
///
/// # Errors
/// Invalid argument (3) for a limit that is not 1 to 100.
pub fn list_from(channel_id: &str, from_ms: i64, limit: u32, forward: bool) -> Result<ChannelMessageList> {
    Ok(serde_json::from_str(&host_call!(channel::list_from(channel_id, from_ms, limit, forward))?)?)
}

/// One message of a channel's history.
///
/// # Errors
/// Not found (5) when it is not there.
pub fn get(channel_id: &str, message_id: &str) -> Result<ChannelMessage> {
    Ok(serde_json::from_str(&host_call!(channel::get(channel_id, message_id))?)?)
}

/// How far a user has read a channel, and how much is unread.
///
/// # Errors
/// Invalid argument (3) for a channel that cannot be, or that the user may not read.
pub fn read_marker(user_id: &str, channel_id: &str) -> Result<ReadMarker> {
    Ok(serde_json::from_str(&host_call!(channel::read_marker(user_id, channel_id))?)?)
}

/// Says that a user has read a channel up to a message, or all of it when none is named. A marker never goes back; returns
/// where it is now.
///
/// # Errors
/// As [`read_marker`].
pub fn mark_read(user_id: &str, channel_id: &str, message_id: Option<&str>) -> Result<ReadMarker> {
    Ok(serde_json::from_str(&host_call!(channel::mark_read(user_id, channel_id, message_id))?)?)
}

/// One page of the channels that a user has marked, 1 to 100. The cursor is one of an earlier page.
///
/// # Errors
/// Invalid argument (3) for another limit, or a cursor that is not of this list.
pub fn read_markers(user_id: &str, limit: u32, cursor: Option<&str>) -> Result<ReadMarkerList> {
    let page = host_call!(channel::read_markers(user_id, limit, cursor.unwrap_or_default()))?;
    Ok(serde_json::from_str(&page)?)
}
