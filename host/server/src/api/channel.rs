//! The history of a channel.

use super::auth::Auth;
use super::endpoint::{Call, Endpoint, Input};
use crate::convert;
use crate::failure::Failure;
use meadhall_core::history::PageRequest;
use meadhall_core::ids::UserId;
use meadhall_core::stream::{Stream, mode};
use meadhall_protocol::api;
use meadhall_protocol::error::Code;
use meadhall_protocol::texts;

const MAX_LIMIT: i32 = 100;

/// `GET /v2/channel/{channel_id}`
pub(super) struct ListChannelMessages;

impl Endpoint for ListChannelMessages {
    const NAME: &'static str = "ListChannelMessages";
    const AUTH: Auth = Auth::Session;
    type Request = api::ListChannelMessagesRequest;
    type Reply = api::ChannelMessageList;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        Ok(api::ListChannelMessagesRequest {
            channel_id: input.query.text("channel_id")?,
            limit: input.query.integer("limit")?,
            forward: input.query.flag("forward")?,
            cursor: input.query.text("cursor")?,
        })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let limit = request.limit.unwrap_or(1);
        let in_range = usize::try_from(limit).ok().filter(|_| (1..=MAX_LIMIT).contains(&limit));
        let limit = in_range.ok_or_else(|| refused(texts::HISTORY_LIMIT_INVALID))?;
        let stream =
            convert::channel_stream(&request.channel_id).map_err(|_| refused(texts::HISTORY_CHANNEL_INVALID))?;
        may_read(call.user()?.id, &stream)?;
        let page = PageRequest {
            stream,
            limit,
            forward: request.forward.unwrap_or(true),
            cursor: Some(request.cursor).filter(|cursor| !cursor.is_empty()),
        };
        Ok(convert::channel_message_list(&call.app.core.chat.list(page).await?))
    }
}

/// Rooms are open to everybody, a direct chat to its two users; groups do not exist yet.
fn may_read(user: UserId, stream: &Stream) -> Result<(), Failure> {
    match stream.mode {
        mode::ROOM => Ok(()),
        mode::DIRECT if stream.subject == user.uuid() || stream.subcontext == user.uuid() => Ok(()),
        mode::DIRECT => Err(refused(texts::HISTORY_CHANNEL_NOT_FOUND)),
        mode::GROUP => Err(refused(texts::HISTORY_GROUP_NOT_FOUND)),
        _ => Err(refused(texts::HISTORY_CHANNEL_INVALID)),
    }
}

fn refused(text: &'static str) -> Failure {
    Failure::new(Code::InvalidArgument, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_direct_chat_is_read_by_its_two_users() {
        let (one, two, other) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        let direct = Stream { mode: mode::DIRECT, subject: one, subcontext: two, label: "".into() };
        assert_eq!(may_read(UserId::new(one), &direct), Ok(()));
        assert_eq!(may_read(UserId::new(two), &direct), Ok(()));
        assert_eq!(may_read(UserId::new(other), &direct), Err(refused("Channel not found.")));
    }
}
