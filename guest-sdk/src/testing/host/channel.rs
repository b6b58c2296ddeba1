//! Chat channels.

mod history;

pub use history::{get, list, list_from, mark_read, read_marker, read_markers};

use super::json;
use crate::bindings::meadhall::plugin::channel::{Kind, Sender};
use crate::message::{ChannelMessage, ChannelMessageAck};
use crate::testing::checks::{CONTENT, at_most, id, is_object, user_or_server, uuid};
use crate::testing::state::{NIL, Received, State, StreamKey, with};
use crate::{Error, Result};

const ROOM_BYTES: usize = 64;
const CHAT: i32 = 0;
const UPDATED: i32 = 1;
const REMOVED: i32 = 2;

pub fn build_id(sender: &str, target: &str, kind: Kind) -> Result<String> {
    match kind {
        Kind::Room if !(1..=ROOM_BYTES).contains(&target.len()) => {
            let problem = format!("channel name is {} bytes, must be 1 to {ROOM_BYTES}", target.len());
            Err(Error::invalid_argument(problem))
        }
        Kind::Room if target.chars().any(char::is_control) => {
            Err(Error::invalid_argument("channel name must not contain control characters"))
        }
        Kind::Room => Ok(format!("2...{target}")),
        Kind::Group => Ok(format!("3.{}..", id("group id", target)?)),
        Kind::Direct => {
            let (one, other) = (id("user id", sender)?, id("user id", target)?);
            let (low, high) = if one < other { (one, other) } else { (other, one) };
            Ok(format!("4.{low}.{high}."))
        }
    }
}

pub fn send(channel_id: &str, content: &str, sender: &Sender, persist: bool) -> Result<String> {
    at_most("message content", content, CONTENT)?;
    let (stream, (id, username)) = (stream(channel_id)?, lift(sender)?);
    check_content(content)?;
    Ok(with(|state| ack(&publish(state, &stream, &id, username, content, CHAT, persist))))
}

pub fn update(channel_id: &str, message_id: &str, content: &str, sender: &Sender, persist: bool) -> Result<String> {
    at_most("message content", content, CONTENT)?;
    let (stream, message, sender) = (stream(channel_id)?, message(message_id)?, lift(sender)?);
    check_content(content)?;
    change(&stream, &message, sender, Change { content, code: UPDATED, verb: "update" }, persist)
}

pub fn remove(channel_id: &str, message_id: &str, sender: &Sender, persist: bool) -> Result<String> {
    let (stream, message, sender) = (stream(channel_id)?, message(message_id)?, lift(sender)?);
    change(&stream, &message, sender, Change { content: "{}", code: REMOVED, verb: "remove" }, persist)
}

struct Change<'a> {
    content: &'a str,
    code: i32,
    verb: &'static str,
}

/// Changes or removes a message of the sender's; one that is not in the history is told all the same, unless it must be.
fn change(
    stream: &StreamKey,
    message_id: &str,
    (sender, username): (String, &str),
    change: Change<'_>,
    stored: bool,
) -> Result<String> {
    with(|state| {
        let now = state.now();
        let history = state.channels.entry(id_of(stream)).or_default();
        let place = history.iter().position(|message| message.message_id == message_id);
        let old = place.map(|place| history[place].clone());
        let refused = match &old {
            Some(old) => old.sender_id != sender || old.code.unwrap_or_default() > REMOVED,
            None => stored,
        };
        if refused {
            return Err(Error::not_found(format!("Could not find message to {} in channel history", change.verb)));
        }
        let told = ChannelMessage {
            message_id: message_id.to_owned(),
            code: Some(change.code),
            sender_id: sender,
            username: username.to_owned(),
            content: change.content.to_owned(),
            create_time: old.as_ref().map_or_else(|| Some(now.clone()), |old| old.create_time.clone()),
            update_time: Some(now),
            persistent: Some(old.is_some()),
            ..named(stream)
        };
        match place {
            Some(place) if change.code == REMOVED => drop(history.remove(place)),
            Some(place) => {
                // The history keeps what sort of message it was.
                history[place] = ChannelMessage { code: history[place].code, ..told.clone() };
            }
            None => {}
        }
        state.send(stream, &[], &Received::Message(told.clone()));
        Ok(ack(&told))
    })
}

/// Tells a message, and keeps it when it is to be kept.
pub(super) fn publish(
    state: &mut State,
    stream: &StreamKey,
    sender_id: &str,
    username: &str,
    content: &str,
    code: i32,
    persist: bool,
) -> ChannelMessage {
    let now = Some(state.now());
    let message = ChannelMessage {
        message_id: state.id(),
        code: Some(code),
        sender_id: sender_id.to_owned(),
        username: username.to_owned(),
        content: content.to_owned(),
        create_time: now.clone(),
        update_time: now,
        persistent: Some(persist),
        ..named(stream)
    };
    if persist {
        state.channels.entry(message.channel_id.clone()).or_default().push(message.clone());
    }
    state.send(stream, &[], &Received::Message(message.clone()));
    message
}

/// A message with nothing but the names of its channel.
fn named(stream: &StreamKey) -> ChannelMessage {
    let (mode, subject, subcontext, label) = stream.clone();
    let mut message = ChannelMessage { channel_id: id_of(stream), ..ChannelMessage::default() };
    match mode {
        2 => message.room_name = label,
        3 => message.group_id = subject,
        _ => (message.user_id_one, message.user_id_two) = (subject, subcontext),
    }
    message
}

fn ack(message: &ChannelMessage) -> String {
    let of = message.clone();
    json(&ChannelMessageAck {
        channel_id: of.channel_id,
        message_id: of.message_id,
        code: of.code,
        username: of.username,
        create_time: of.create_time,
        update_time: of.update_time,
        persistent: of.persistent,
        room_name: of.room_name,
        group_id: of.group_id,
        user_id_one: of.user_id_one,
        user_id_two: of.user_id_two,
        ..ChannelMessageAck::default()
    })
}

fn id_of((mode, subject, subcontext, label): &StreamKey) -> String {
    format!("{mode}.{subject}.{subcontext}.{label}")
}

/// The stream of a channel id.
fn stream(channel_id: &str) -> Result<StreamKey> {
    let wrong = || Error::invalid_argument("Invalid channel identifier");
    let somebody = |text: &str| uuid(text).filter(|id| id != NIL).ok_or_else(wrong);
    let parts: Vec<&str> = channel_id.splitn(4, '.').collect();
    let none = String::new;
    match parts[..] {
        ["2", "", "", name] if (1..=ROOM_BYTES).contains(&name.len()) => Ok((2, none(), none(), name.to_owned())),
        ["3", group, "", ""] => Ok((3, somebody(group)?, none(), none())),
        ["4", one, two, ""] => Ok((4, somebody(one)?, somebody(two)?, none())),
        _ => Err(wrong()),
    }
}

fn message(message_id: &str) -> Result<String> {
    uuid(message_id).ok_or_else(|| Error::invalid_argument("Invalid message identifier"))
}

fn lift(sender: &Sender) -> Result<(String, &str)> {
    let id = user_or_server("sender", &sender.id)?;
    at_most("sender's username", &sender.username, 128)?;
    Ok((id, &sender.username))
}

fn check_content(content: &str) -> Result<()> {
    if is_object(content) {
        Ok(())
    } else {
        Err(Error::invalid_argument("Message content must be a valid JSON object"))
    }
}
