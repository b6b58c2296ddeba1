//! Chat channels.

use super::wit::channel::{Host, Kind, Sender};
use super::wit::types::Error;
use super::{at_most, id, invalid, page_size, refused, shortened, somebody, user_or_server};
use crate::convert;
use crate::plugin::guest::Guest;
use meadhall_core::Core;
use meadhall_core::caller::Actor;
use meadhall_core::clock::Timestamp;
use meadhall_core::history::{ChannelMessage, PageRequest};
use meadhall_core::ids::{MessageId, UserId};
use meadhall_core::stream::{Stream, mode};
use meadhall_protocol::codec::to_json;
use meadhall_protocol::error::Code;

impl Host for Guest {
    fn build_id(&mut self, sender: String, target: String, kind: Kind) -> Result<String, Error> {
        let stream = match kind {
            Kind::Room => room(&target)?,
            Kind::Group => Stream::about(mode::GROUP, id("group id", &target)?),
            Kind::Direct => Stream::direct(id("user id", &sender)?, id("user id", &target)?),
        };
        Ok(convert::channel_id(&stream))
    }

    async fn send(
        &mut self,
        channel_id: String,
        content: String,
        sender: Sender,
        persist: bool,
    ) -> Result<String, Error> {
        at_most("message content", &content, self.identity.limits.content)?;
        let core = self.core()?;
        let (stream, sender) = (channel(&channel_id)?, lift(sender)?);
        core.chat.send_as(sender, &stream, &content, persist).await.map(ack).map_err(refused)
    }

    async fn update(
        &mut self,
        channel_id: String,
        message_id: String,
        content: String,
        sender: Sender,
        persist: bool,
    ) -> Result<String, Error> {
        at_most("message content", &content, self.identity.limits.content)?;
        let core = self.core()?;
        let (stream, message, sender) = (channel(&channel_id)?, message(&message_id)?, lift(sender)?);
        core.chat.update_as(sender, &stream, message, &content, persist).await.map(ack).map_err(refused)
    }

    async fn remove(
        &mut self,
        channel_id: String,
        message_id: String,
        sender: Sender,
        persist: bool,
    ) -> Result<String, Error> {
        let core = self.core()?;
        let (stream, message, sender) = (channel(&channel_id)?, message(&message_id)?, lift(sender)?);
        core.chat.remove_as(sender, &stream, message, persist).await.map(ack).map_err(refused)
    }

    async fn list(&mut self, channel_id: String, limit: u32, forward: bool, cursor: String) -> Result<String, Error> {
        let (stream, limit) = (channel(&channel_id)?, page_size(limit)?);
        page(self.core()?, PageRequest { stream, limit, forward, from: None, cursor: super::cursor(cursor) }).await
    }

    async fn list_from(
        &mut self,
        channel_id: String,
        from_ms: i64,
        limit: u32,
        forward: bool,
    ) -> Result<String, Error> {
        let (stream, limit) = (channel(&channel_id)?, page_size(limit)?);
        let from = Some(Timestamp::from_nanos(from_ms.saturating_mul(NANOS_PER_MS)));
        page(self.core()?, PageRequest { stream, limit, forward, from, cursor: None }).await
    }

    async fn get(&mut self, channel_id: String, message_id: String) -> Result<String, Error> {
        let core = self.core()?;
        let (stream, id) = (channel(&channel_id)?, message(&message_id)?);
        let found = core.chat.message(&stream, id).await.map_err(refused)?;
        let found = found.ok_or_else(|| Error {
            code: Code::NotFound as u32,
            message: format!("channel {:?} has no message {id}", shortened(&channel_id)),
        })?;
        Ok(to_json(&convert::channel_message(&found)))
    }

    async fn read_marker(&mut self, user_id: String, channel_id: String) -> Result<String, Error> {
        let core = self.core()?;
        let (user, stream) = (somebody(&user_id)?, channel(&channel_id)?);
        let marker = core.chat.read_marker(user, &stream).await.map_err(refused)?;
        Ok(to_json(&convert::read_marker(&marker)))
    }

    async fn mark_read(
        &mut self,
        user_id: String,
        channel_id: String,
        message_id: Option<String>,
    ) -> Result<String, Error> {
        let core = self.core()?;
        let (user, stream) = (somebody(&user_id)?, channel(&channel_id)?);
        let read = message_id.as_deref().map(message).transpose()?;
        let marker = core.chat.mark_read(user, &stream, read).await.map_err(refused)?;
        Ok(to_json(&convert::read_marker(&marker)))
    }

    async fn read_markers(&mut self, user_id: String, limit: u32, cursor: String) -> Result<String, Error> {
        let core = self.core()?;
        let (user, limit) = (somebody(&user_id)?, page_size(limit)?);
        let page = core.chat.read_markers(user, limit, super::cursor(cursor)).await.map_err(refused)?;
        Ok(to_json(&convert::read_marker_list(&page)))
    }
}

/// A page as the server itself reads it, which may read every channel.
async fn page(core: &Core, request: PageRequest) -> Result<String, Error> {
    let page = core.chat.list(UserId::NIL, request).await.map_err(refused)?;
    Ok(to_json(&convert::channel_message_list(&page)))
}

fn ack(message: ChannelMessage) -> String {
    to_json(&convert::channel_message_ack(&message))
}

/// The stream of a channel id, with the text that Nakama has for one that is none.
fn channel(id: &str) -> Result<Stream, Error> {
    convert::channel_stream(id).map_err(|error| invalid(error.to_string()))
}

fn message(id: &str) -> Result<MessageId, Error> {
    id.parse().map_err(|_| invalid("Invalid message identifier"))
}

const NANOS_PER_MS: i64 = 1_000_000;

/// Bytes of a room's name.
const ROOM_NAME_BYTES: usize = 64;

fn room(name: &str) -> Result<Stream, Error> {
    if name.is_empty() || name.len() > ROOM_NAME_BYTES {
        return Err(invalid(format!("channel name is {} bytes, must be 1 to {ROOM_NAME_BYTES}", name.len())));
    }
    if name.chars().any(char::is_control) {
        return Err(invalid("channel name must not contain control characters"));
    }
    Ok(Stream::labelled(mode::ROOM, name))
}

fn lift(sender: Sender) -> Result<Actor, Error> {
    let user_id = user_or_server("sender", &sender.id)?;
    at_most("sender's username", &sender.username, 128)?;
    Ok(Actor { user_id, username: sender.username.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::guest::tests::World;
    use serde_json::Value;
    use uuid::Uuid;

    fn nobody() -> Sender {
        Sender { id: String::new(), username: "the hall".into() }
    }

    fn field(json: &str, name: &str) -> Value {
        serde_json::from_str::<Value>(json).unwrap()[name].clone()
    }

    #[tokio::test]
    async fn messages_are_sent_changed_removed_and_listed() {
        let mut guest = World::new().guest();
        let room = guest.build_id(String::new(), "hall".into(), Kind::Room).unwrap();
        assert_eq!(room, "2...hall");
        let mut ids = Vec::new();
        for n in 0..3 {
            let ack = guest.send(room.clone(), format!(r#"{{"n":{n}}}"#), nobody(), true).await.unwrap();
            assert_eq!(field(&ack, "channel_id"), room.as_str());
            assert_eq!(field(&ack, "username"), "the hall");
            ids.push(field(&ack, "message_id").as_str().unwrap().to_owned());
        }
        let changed = guest.update(room.clone(), ids[1].clone(), r#"{"n":9}"#.into(), nobody(), true).await.unwrap();
        assert_eq!(field(&changed, "code"), 1);
        guest.remove(room.clone(), ids[0].clone(), nobody(), true).await.unwrap();

        let first = guest.list(room.clone(), 1, true, String::new()).await.unwrap();
        assert_eq!(field(&first, "messages")[0]["content"], r#"{"n":9}"#);
        let cursor = field(&first, "next_cursor").as_str().unwrap().to_owned();
        let second = guest.list(room.clone(), 1, true, cursor).await.unwrap();
        assert_eq!(field(&second, "messages")[0]["message_id"], ids[2].as_str());
    }

    #[tokio::test]
    async fn bad_arguments_are_refused_and_nothing_is_sent() {
        let mut guest = World::new().guest();
        let room = || "2...hall".to_owned();
        let big = format!(r#"{{"a":"{}"}}"#, "x".repeat(guest.identity.limits.content));
        for content in ["", "[]", "1", "{", big.as_str()] {
            assert_eq!(guest.send(room(), content.into(), nobody(), true).await.unwrap_err().code, 3);
        }
        for id in ["", "hall", "100...x", "2.nope..x"] {
            assert_eq!(guest.send(id.into(), "{}".into(), nobody(), true).await.unwrap_err().code, 3, "{id:?}");
        }
        let other = Sender { id: Uuid::from_u128(9).to_string(), ..nobody() };
        let ack = guest.send(room(), "{}".into(), nobody(), true).await.unwrap();
        let id = field(&ack, "message_id").as_str().unwrap().to_owned();
        assert_eq!(guest.remove(room(), id, other, true).await.unwrap_err().code, 5, "it is not the other's");
        assert_eq!(guest.remove(room(), "nope".into(), nobody(), true).await.unwrap_err().code, 3);
        assert_eq!(guest.list(room(), 0, true, String::new()).await.unwrap_err().code, 3);
        assert_eq!(guest.list(room(), 1, true, "junk".into()).await.unwrap_err().code, 3);
        let page = guest.list(room(), 100, true, String::new()).await.unwrap();
        assert_eq!(field(&page, "messages").as_array().unwrap().len(), 1);
    }

    #[test]
    fn both_sides_of_a_direct_channel_name_the_same() {
        let (low, high) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(
            Stream::direct(UserId::new(low), UserId::new(high)),
            Stream::direct(UserId::new(high), UserId::new(low))
        );
        assert_eq!(Stream::direct(UserId::new(high), UserId::new(low)).subject, low);
    }

    #[test]
    fn rooms_have_names_of_1_to_64_bytes_without_control_characters() {
        assert!(room("hall").is_ok());
        assert!(room(&"x".repeat(64)).is_ok());
        for bad in ["", "a\nb", &"x".repeat(65)] {
            assert_eq!(room(bad).unwrap_err().code, 3, "{bad:?}");
        }
    }

    #[test]
    fn the_server_itself_sends_with_an_empty_id() {
        let sender = |id: &str| lift(Sender { id: id.into(), username: "x".into() });
        assert!(sender("").unwrap().user_id.is_nil());
        assert!(sender("nobody").is_err());
    }
}
