//! Chat on sockets: joining and leaving channels, and sending, changing and removing messages (WIRE.md (e)).

use super::Client;
use super::reply::{Answer, Refusal, Reply};
use crate::convert;
use meadhall_core::ids::MessageId;
use meadhall_core::stream::{Stream, mode};
use meadhall_protocol::realtime::channel_join::Type;
use meadhall_protocol::realtime::envelope::Message;
use meadhall_protocol::realtime::{
    ChannelJoin, ChannelLeave, ChannelMessageRemove, ChannelMessageSend, ChannelMessageUpdate,
};
use meadhall_protocol::texts;
use uuid::Uuid;

/// Joins a room. The reply takes its place before the first thing that the room sends.
pub(super) async fn join(client: &Client, request: ChannelJoin) -> Answer {
    let stream = target(&request)?;
    let persistence = request.persistence.unwrap_or(true);
    let hidden = request.hidden.unwrap_or(false);
    let joined = client.app.core.chat.join(&client.session, &stream, persistence, hidden).await?;
    let channel = convert::channel(&stream, &joined.visible, &joined.presence);
    Ok(Reply::InPlace(joined.reply, Message::Channel(channel)))
}

/// Leaves a channel; one that the client is not in, too.
pub(super) fn leave(client: &Client, request: &ChannelLeave) -> Answer {
    let stream = channel(&request.channel_id)?;
    client.app.core.chat.leave(&client.session, &stream);
    Ok(Reply::Done)
}

/// Sends a message.
pub(super) async fn send(client: &Client, request: ChannelMessageSend) -> Answer {
    let stream = channel(&request.channel_id)?;
    let message = client.app.core.chat.send(&client.session, &stream, &request.content).await?;
    Ok(Reply::Message(Message::ChannelMessageAck(convert::channel_message_ack(&message))))
}

/// Changes a message of the client's own.
pub(super) async fn update(client: &Client, request: ChannelMessageUpdate) -> Answer {
    let stream = channel(&request.channel_id)?;
    let id = message_id(&request.message_id)?;
    let message = client.app.core.chat.update(&client.session, &stream, id, &request.content).await?;
    Ok(Reply::Message(Message::ChannelMessageAck(convert::channel_message_ack(&message))))
}

/// Removes a message of the client's own.
pub(super) async fn remove(client: &Client, request: ChannelMessageRemove) -> Answer {
    let stream = channel(&request.channel_id)?;
    let id = message_id(&request.message_id)?;
    let message = client.app.core.chat.remove(&client.session, &stream, id).await?;
    Ok(Reply::Message(Message::ChannelMessageAck(convert::channel_message_ack(&message))))
}

/// The stream that a join names.
fn target(request: &ChannelJoin) -> Result<Stream, Refusal> {
    if request.target.is_empty() {
        return Err(Refusal::bad_input(texts::CHANNEL_TARGET_INVALID));
    }
    match Type::try_from(request.r#type) {
        Ok(Type::Unspecified | Type::Room) => Ok(Stream::labelled(mode::ROOM, &request.target)),
        Ok(Type::DirectMessage | Type::Group) => Err(unsupported(request)),
        Err(_) => Err(Refusal::bad_input(texts::CHANNEL_TYPE_INVALID)),
    }
}

/// Direct and group channels do not exist yet; a target that could be none is told so already.
fn unsupported(request: &ChannelJoin) -> Refusal {
    let group = request.r#type == Type::Group as i32;
    let name = match (Uuid::parse_str(&request.target), group) {
        (Err(_), false) => return Refusal::bad_input("Invalid user ID in direct message join: Invalid channel target"),
        (Err(_), true) => return Refusal::bad_input("Invalid group ID in group channel join: Invalid channel target"),
        (Ok(_), false) => "ChannelJoin of a direct channel",
        (Ok(_), true) => "ChannelJoin of a group channel",
    };
    Refusal::bad_input(texts::not_supported(name))
}

fn channel(id: &str) -> Result<Stream, Refusal> {
    convert::channel_stream(id).map_err(|_| Refusal::bad_input(texts::CHANNEL_ID_INVALID))
}

fn message_id(id: &str) -> Result<MessageId, Refusal> {
    id.parse().map_err(|_| Refusal::bad_input(texts::MESSAGE_ID_INVALID))
}
