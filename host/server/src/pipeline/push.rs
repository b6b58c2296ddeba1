//! What the server sends of its own accord, as envelopes: the one place where core's events become wire messages.

use crate::convert;
use bytes::Bytes;
use meadhall_core::notification::Notification;
use meadhall_core::presence::Presence;
use meadhall_core::push::PushEvent;
use meadhall_core::stream::Stream;
use meadhall_protocol::codec::{Format, encode_envelope};
use meadhall_protocol::realtime::envelope::Message;
use meadhall_protocol::realtime::{Envelope, Notifications, StatusPresenceEvent, StreamData, StreamPresenceEvent};

/// An event in one format.
pub fn encode(format: Format, event: &PushEvent) -> Bytes {
    let message = match event {
        PushEvent::ChannelMessage(message) => Message::ChannelMessage(convert::channel_message(message)),
        PushEvent::StreamPresence { stream, joins, leaves } => presence_event(stream, joins, leaves),
        PushEvent::StatusPresence { joins, leaves } => Message::StatusPresenceEvent(StatusPresenceEvent {
            joins: convert::presences(joins, true),
            leaves: convert::presences(leaves, true),
        }),
        PushEvent::StreamData { stream, sender, data, reliable } => Message::StreamData(StreamData {
            stream: Some(convert::stream(stream)),
            sender: sender.as_ref().map(|sender| convert::presence(sender, false)),
            data: data.clone(),
            reliable: *reliable,
        }),
        PushEvent::Notification(notification) => notifications(notification),
        PushEvent::Encoded(formats) => return formats[format as usize].clone(),
    };
    encode_envelope(format, &Envelope::push(message))
}

/// Chat channels have an event of their own.
fn presence_event(stream: &Stream, joins: &[Presence], leaves: &[Presence]) -> Message {
    if stream.is_channel() {
        return Message::ChannelPresenceEvent(convert::channel_presence_event(stream, joins, leaves));
    }
    Message::StreamPresenceEvent(StreamPresenceEvent {
        stream: Some(convert::stream(stream)),
        joins: convert::presences(joins, false),
        leaves: convert::presences(leaves, false),
    })
}

fn notifications(notification: &Notification) -> Message {
    Message::Notifications(Notifications { notifications: vec![convert::notification(notification)] })
}
