//! The history of a channel.

use super::auth::Auth;
use super::endpoint::{Call, Endpoint, Input};
use crate::convert;
use crate::failure::Failure;
use meadhall_core::clock::Timestamp;
use meadhall_core::history::PageRequest;
use meadhall_core::stream::Stream;
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
            from_time: input.query.time("from_time")?,
        })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let limit = page_size(request.limit.unwrap_or(1))?;
        let stream = stream(&request.channel_id)?;
        let reader = call.user()?.id;
        let page = PageRequest {
            stream,
            limit,
            forward: request.forward.unwrap_or(true),
            from: request.from_time.map(|time| Timestamp::from_nanos(time.as_nanos())),
            cursor: Some(request.cursor).filter(|cursor| !cursor.is_empty()),
        };
        Ok(convert::channel_message_list(&call.app.core.chat.list(reader, page).await?))
    }
}

/// How many a page may have.
pub(super) fn page_size(limit: i32) -> Result<usize, Failure> {
    let in_range = usize::try_from(limit).ok().filter(|_| (1..=MAX_LIMIT).contains(&limit));
    in_range.ok_or_else(|| refused(texts::HISTORY_LIMIT_INVALID))
}

/// The stream of a channel id.
pub(super) fn stream(channel_id: &str) -> Result<Stream, Failure> {
    convert::channel_stream(channel_id).map_err(|_| refused(texts::HISTORY_CHANNEL_INVALID))
}

pub(super) fn refused(text: &'static str) -> Failure {
    Failure::new(Code::InvalidArgument, text)
}
