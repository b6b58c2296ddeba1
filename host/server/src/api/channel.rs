//! The history of a channel.

use super::auth::Auth;
use super::endpoint::{Call, Endpoint, Input};
use crate::convert;
use crate::failure::Failure;
use meadhall_core::history::PageRequest;
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
            from_time: None,
        })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let limit = request.limit.unwrap_or(1);
        let in_range = usize::try_from(limit).ok().filter(|_| (1..=MAX_LIMIT).contains(&limit));
        let limit = in_range.ok_or_else(|| refused(texts::HISTORY_LIMIT_INVALID))?;
        let stream =
            convert::channel_stream(&request.channel_id).map_err(|_| refused(texts::HISTORY_CHANNEL_INVALID))?;
        let reader = call.user()?.id;
        let page = PageRequest {
            stream,
            limit,
            forward: request.forward.unwrap_or(true),
            from: None,
            cursor: Some(request.cursor).filter(|cursor| !cursor.is_empty()),
        };
        Ok(convert::channel_message_list(&call.app.core.chat.list(reader, page).await?))
    }
}

fn refused(text: &'static str) -> Failure {
    Failure::new(Code::InvalidArgument, text)
}
