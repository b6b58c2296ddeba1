//! Reading what is kept of a channel.

use super::{id_of, message, stream};
use crate::message::{ChannelMessage, ChannelMessageList, ReadMarker, ReadMarkerList};
use crate::testing::checks::{page, page_size, shortened, somebody};
use crate::testing::host::json;
use crate::testing::state::{State, StreamKey, with};
use crate::{Error, Result};

const UNREAD_MAX: usize = 1000;

/// Where a page begins: behind a message, going on or going back in the direction that was asked for.
struct Cursor {
    channel: String,
    forward: bool,
    onward: bool,
    message_id: String,
}

impl Cursor {
    fn text(&self) -> String {
        let Self { channel, forward, onward, message_id } = self;
        format!("{forward} {onward} {message_id} {channel}")
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, ' ');
        let (forward, onward) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let message_id = parts.next()?.to_owned();
        Some(Self { channel: parts.next()?.to_owned(), forward, onward, message_id })
    }
}

pub fn list(channel_id: &str, limit: u32, forward: bool, cursor: &str) -> Result<String> {
    let (channel, limit) = (id_of(&stream(channel_id)?), page_size(limit)?);
    let wrong = || Error::invalid_argument("Cursor is invalid or expired.");
    let cursor = match cursor {
        "" => None,
        text => Some(Cursor::read(text).filter(|it| it.channel == channel && it.forward == forward).ok_or_else(wrong)?),
    };
    Ok(read(&channel, limit, forward, cursor.as_ref(), |_| true))
}

pub fn list_from(channel_id: &str, from_ms: i64, limit: u32, forward: bool) -> Result<String> {
    let (channel, limit) = (id_of(&stream(channel_id)?), page_size(limit)?);
    let within = |message: &ChannelMessage| {
        let time = message.create_time.as_ref().and_then(crate::message::Timestamp::unix_ms).unwrap_or_default();
        if forward { time >= from_ms } else { time <= from_ms }
    };
    Ok(read(&channel, limit, forward, None, within))
}

fn read(
    channel: &str,
    limit: usize,
    forward: bool,
    cursor: Option<&Cursor>,
    within: impl Fn(&ChannelMessage) -> bool,
) -> String {
    let mut messages = with(|state| state.channels.get(channel).cloned().unwrap_or_default());
    messages.retain(within);
    let onward = cursor.is_none_or(|cursor| cursor.onward);
    let ascending = forward == onward;
    if let Some(Cursor { message_id: from, .. }) = cursor {
        messages.retain(|message| if ascending { message.message_id > *from } else { message.message_id < *from });
    }
    if !ascending {
        messages.reverse();
    }
    let more = messages.len() > limit;
    messages.truncate(limit);
    if !onward {
        messages.reverse();
    }
    let place = |message_id: &String, forward, onward| {
        Cursor { channel: channel.to_owned(), forward, onward, message_id: message_id.clone() }.text()
    };
    let (first, last) = (messages.first().map(|one| &one.message_id), messages.last().map(|one| &one.message_id));
    let (has_next, has_previous) = if onward { (more, cursor.is_some()) } else { (true, more) };
    let newest = last.or(cursor.map(|cursor| &cursor.message_id));
    json(&ChannelMessageList {
        next_cursor: last.filter(|_| has_next).map(|id| place(id, forward, true)).unwrap_or_default(),
        prev_cursor: first.filter(|_| has_previous).map(|id| place(id, forward, false)).unwrap_or_default(),
        cacheable_cursor: newest.map(|id| place(id, true, true)).unwrap_or_default(),
        messages: messages.clone(),
        ..ChannelMessageList::default()
    })
}

pub fn get(channel_id: &str, message_id: &str) -> Result<String> {
    let (stream, message_id) = (stream(channel_id)?, message(message_id)?);
    let found = with(|state| stored(state, &stream, &message_id).cloned());
    let problem = || format!("channel {:?} has no message {message_id}", shortened(channel_id));
    found.map(|message| json(&message)).ok_or_else(|| Error::not_found(problem()))
}

pub fn read_marker(user_id: &str, channel_id: &str) -> Result<String> {
    let (user, stream) = (somebody(user_id)?, stream(channel_id)?);
    with(|state| {
        may_read(state, &stream, &user)?;
        Ok(json(&marker(state, &stream, &user)))
    })
}

pub fn mark_read(user_id: &str, channel_id: &str, message_id: Option<&str>) -> Result<String> {
    let (user, stream) = (somebody(user_id)?, stream(channel_id)?);
    let wanted = message_id.map(message).transpose()?;
    with(|state| {
        may_read(state, &stream, &user)?;
        let channel = id_of(&stream);
        let read_to = match wanted {
            Some(id) if stored(state, &stream, &id).is_none() => {
                return Err(Error::not_found(format!("Message {id} is not in the channel's history.")));
            }
            Some(id) => Some(id),
            None => state.channels.get(&channel).and_then(|all| Some(all.last()?.message_id.clone())),
        };
        let now = state.now();
        let place = (user.clone(), channel.clone());
        if let Some(message_id) = read_to
            && state.markers.get(&place).is_none_or(|marker| marker.message_id < message_id)
        {
            let update_time = Some(now);
            let marker = ReadMarker { channel_id: channel, message_id, update_time, ..ReadMarker::default() };
            state.markers.insert(place, marker);
        }
        Ok(json(&marker(state, &stream, &user)))
    })
}

pub fn read_markers(user_id: &str, limit: u32, cursor: &str) -> Result<String> {
    let (user, limit) = (somebody(user_id)?, page_size(limit)?);
    with(|state| {
        let channels = state.markers.keys().filter(|(of, _)| *of == user).map(|(_, channel)| channel.clone());
        let streams: Vec<_> = channels.filter_map(|channel| stream(&channel).ok()).collect();
        let readable = streams.iter().filter(|stream| may_read(state, stream, &user).is_ok());
        let all = readable.map(|stream| marker(state, stream, &user)).collect();
        let (markers, cursor) = page(all, limit, cursor, "Cursor is invalid or expired.")?;
        Ok(json(&ReadMarkerList { markers, cursor, ..ReadMarkerList::default() }))
    })
}

fn stored<'a>(state: &'a State, stream: &StreamKey, message_id: &str) -> Option<&'a ChannelMessage> {
    state.channels.get(&id_of(stream))?.iter().find(|message| message.message_id == message_id)
}

/// A user's marker, and how many messages of others follow it.
fn marker(state: &State, stream: &StreamKey, user: &str) -> ReadMarker {
    let channel_id = id_of(stream);
    let known = state.markers.get(&(user.to_owned(), channel_id.clone())).cloned();
    let marker = known.unwrap_or_else(|| ReadMarker { channel_id: channel_id.clone(), ..ReadMarker::default() });
    let messages = state.channels.get(&channel_id).into_iter().flatten();
    let unread = messages.filter(|one| one.message_id > marker.message_id && one.sender_id != user);
    let unread_count = i32::try_from(unread.count().min(UNREAD_MAX)).ok();
    ReadMarker { unread_count, ..marker }
}

fn may_read(state: &State, (mode, subject, subcontext, _): &StreamKey, user: &str) -> Result<()> {
    let is_member =
        || state.groups.get(subject).and_then(|group| group.states.get(user)).is_some_and(|place| *place <= 2);
    match mode {
        3 if !is_member() => Err(Error::invalid_argument("Group not found.")),
        4 if subject != user && subcontext != user => Err(Error::invalid_argument("Channel not found.")),
        _ => Ok(()),
    }
}
