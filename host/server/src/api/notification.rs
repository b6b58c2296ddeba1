//! The caller's stored notifications: listing and deleting them.

use super::auth::Auth;
use super::endpoint::{Call, Endpoint, Input};
use super::reply::Empty;
use crate::convert;
use crate::failure::Failure;
use meadhall_core::ids::NotificationId;
use meadhall_protocol::api;
use meadhall_protocol::error::Code;

/// `GET /v2/notification`
pub(super) struct ListNotifications;
/// `DELETE /v2/notification`
pub(super) struct DeleteNotifications;

impl Endpoint for ListNotifications {
    const NAME: &'static str = "ListNotifications";
    const AUTH: Auth = Auth::Session;
    type Request = api::ListNotificationsRequest;
    type Reply = api::NotificationList;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        Ok(api::ListNotificationsRequest {
            limit: input.query.integer("limit")?,
            cacheable_cursor: input.query.text("cacheable_cursor")?,
        })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        // What is negative is as far out of bounds as 0.
        let limit = usize::try_from(request.limit.unwrap_or(1)).unwrap_or(0);
        let cursor = Some(request.cacheable_cursor).filter(|cursor| !cursor.is_empty());
        let page = call.app.core.notifications.list(call.user()?.id, limit, cursor).await?;
        Ok(convert::notification_list(&page))
    }
}

impl Endpoint for DeleteNotifications {
    const NAME: &'static str = "DeleteNotifications";
    const AUTH: Auth = Auth::Session;
    type Request = api::DeleteNotificationsRequest;
    type Reply = Empty;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        Ok(api::DeleteNotificationsRequest { ids: input.query.texts("ids") })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let ids = request.ids.iter().map(|id| notification_id(id)).collect::<Result<_, _>>()?;
        call.app.core.notifications.delete(call.user()?.id, ids).await?;
        Ok(Empty {})
    }
}

fn notification_id(text: &str) -> Result<NotificationId, Failure> {
    text.parse().map_err(|_| Failure::new(Code::InvalidArgument, format!("notification id {text:?} is no UUID")))
}
