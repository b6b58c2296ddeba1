//! How far users have read channels. Routes of our own, which old clients never call.

use super::auth::Auth;
use super::channel::{page_size, refused, stream};
use super::endpoint::{Call, Endpoint, Input};
use crate::convert;
use crate::failure::Failure;
use meadhall_core::ids::MessageId;
use meadhall_protocol::{api, texts};

const DEFAULT_LIMIT: i32 = 100;

/// `GET /v2/channel`
pub(super) struct ListReadMarkers;
/// `GET /v2/channel/{channel_id}/read`
pub(super) struct GetReadMarker;
/// `PUT /v2/channel/{channel_id}/read`
pub(super) struct UpdateReadMarker;

impl Endpoint for ListReadMarkers {
    const NAME: &'static str = "ListReadMarkers";
    const AUTH: Auth = Auth::Session;
    type Request = api::ListReadMarkersRequest;
    type Reply = api::ReadMarkerList;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        Ok(api::ListReadMarkersRequest { limit: input.query.integer("limit")?, cursor: input.query.text("cursor")? })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let limit = page_size(request.limit.unwrap_or(DEFAULT_LIMIT))?;
        let cursor = Some(request.cursor).filter(|cursor| !cursor.is_empty());
        let user = call.user()?.id;
        Ok(convert::read_marker_list(&call.app.core.chat.read_markers(user, limit, cursor).await?))
    }
}

impl Endpoint for GetReadMarker {
    const NAME: &'static str = "GetReadMarker";
    const AUTH: Auth = Auth::Session;
    type Request = api::GetReadMarkerRequest;
    type Reply = api::ReadMarker;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        Ok(api::GetReadMarkerRequest { channel_id: input.query.text("channel_id")? })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let stream = stream(&request.channel_id)?;
        let user = call.user()?.id;
        Ok(convert::read_marker(&call.app.core.chat.read_marker(user, &stream).await?))
    }
}

impl Endpoint for UpdateReadMarker {
    const NAME: &'static str = "UpdateReadMarker";
    const AUTH: Auth = Auth::Session;
    type Request = api::UpdateReadMarkerRequest;
    type Reply = api::ReadMarker;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        Ok(api::UpdateReadMarkerRequest { channel_id: input.query.text("channel_id")?, ..input.body()? })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let stream = stream(&request.channel_id)?;
        let message = match request.message_id.as_str() {
            "" => None,
            id => Some(id.parse::<MessageId>().map_err(|_| refused(texts::MESSAGE_ID_INVALID))?),
        };
        let user = call.user()?.id;
        Ok(convert::read_marker(&call.app.core.chat.mark_read(user, &stream, message).await?))
    }
}
