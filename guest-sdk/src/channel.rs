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
use crate::message::{ChannelMessageAck, ChannelMessageList};
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
