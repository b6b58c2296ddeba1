//! Chat on sockets: joining and leaving channels, and sending, changing and removing messages (WIRE.md (e)).

use super::Client;
use super::reply::{Answer, Refusal, Reply};
use crate::convert;
use meadhall_core::ids::{MessageId, UserId};
use meadhall_core::stream::{Stream, mode};
use meadhall_protocol::realtime::channel_join::Type;
use meadhall_protocol::realtime::envelope::Message;
use meadhall_protocol::realtime::{
    ChannelJoin, ChannelLeave, ChannelMessageRemove, ChannelMessageSend, ChannelMessageUpdate,
};
use meadhall_protocol::texts;

/// Joins a channel. The reply takes its place before the first thing that the channel sends.
pub(super) async fn join(client: &Client, request: ChannelJoin) -> Answer {
    let stream = target(&request, client.session.user_id())?;
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

/// The stream that a join of this user names.
fn target(request: &ChannelJoin, user: UserId) -> Result<Stream, Refusal> {
    if request.target.is_empty() {
        return Err(Refusal::bad_input(texts::CHANNEL_TARGET_INVALID));
    }
    match Type::try_from(request.r#type) {
        Ok(Type::Unspecified | Type::Room) => Ok(Stream::labelled(mode::ROOM, &request.target)),
        Ok(Type::DirectMessage) => {
            let other = request.target.parse().ok().filter(|id: &UserId| !id.is_nil());
            let other = other.ok_or_else(|| Refusal::bad_input(texts::CHANNEL_USER_INVALID))?;
            Ok(Stream::direct(user, other))
        }
        Ok(Type::Group) => {
            let group = request.target.parse().map_err(|_| Refusal::bad_input(texts::CHANNEL_GROUP_INVALID))?;
            Ok(Stream::about(mode::GROUP, group))
        }
        Err(_) => Err(Refusal::bad_input(texts::CHANNEL_TYPE_INVALID)),
    }
}

fn channel(id: &str) -> Result<Stream, Refusal> {
    convert::channel_stream(id).map_err(|_| Refusal::bad_input(texts::CHANNEL_ID_INVALID))
}

fn message_id(id: &str) -> Result<MessageId, Refusal> {
    id.parse().map_err(|_| Refusal::bad_input(texts::MESSAGE_ID_INVALID))
}
