//! Who is in a group, and in which groups a user is: listed and changed.

use super::auth::Auth;
use super::endpoint::{Call, Endpoint, Input};
use super::group::{group_id, limit, refused};
use super::reply::Empty;
use crate::convert;
use crate::failure::Failure;
use meadhall_core::group::GroupState;
use meadhall_core::ids::UserId;
use meadhall_protocol::{api, texts};

/// Users or groups on a page, when it was not said.
const LIMIT: usize = 100;

/// `GET /v2/group/{group_id}/user`
pub(super) struct ListGroupUsers;
/// `GET /v2/user/{user_id}/group`
pub(super) struct ListUserGroups;

impl Endpoint for ListGroupUsers {
    const NAME: &'static str = "ListGroupUsers";
    const AUTH: Auth = Auth::Session;
    type Request = api::ListGroupUsersRequest;
    type Reply = api::GroupUserList;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        Ok(api::ListGroupUsersRequest {
            group_id: input.query.text("group_id")?,
            limit: input.query.integer("limit")?,
            state: input.query.integer("state")?,
            cursor: input.query.text("cursor")?,
        })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let group = group_id(&request.group_id)?;
        let (limit, state) = (limit(request.limit, LIMIT)?, state(request.state)?);
        Ok(convert::group_user_list(call.app.core.groups.users(group, limit, state, Some(request.cursor)).await?))
    }
}

impl Endpoint for ListUserGroups {
    const NAME: &'static str = "ListUserGroups";
    const AUTH: Auth = Auth::Session;
    type Request = api::ListUserGroupsRequest;
    type Reply = api::UserGroupList;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        Ok(api::ListUserGroupsRequest {
            user_id: input.query.text("user_id")?,
            limit: input.query.integer("limit")?,
            state: input.query.integer("state")?,
            cursor: input.query.text("cursor")?,
        })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        // The text that clients know speaks of a group here too.
        let user = request.user_id.parse().map_err(|_| refused(texts::GROUP_ID_INVALID))?;
        let (limit, state) = (limit(request.limit, LIMIT)?, state(request.state)?);
        Ok(convert::user_group_list(&call.app.core.groups.of_user(user, limit, state, Some(request.cursor)).await?))
    }
}

/// The operations on users of a group differ in what they are called and what they do, and in nothing else.
macro_rules! managing {
    ($($endpoint:ident, $request:ident, $name:literal, $path:literal, $operation:ident;)*) => {$(
        #[doc = concat!("`POST /v2/group/{group_id}/", $path, "`")]
        pub(super) struct $endpoint;

        impl Endpoint for $endpoint {
            const NAME: &'static str = $name;
            const AUTH: Auth = Auth::Session;
            type Request = api::$request;
            type Reply = Empty;

            fn decode(input: &Input) -> Result<Self::Request, Failure> {
                let (group_id, user_ids) = (input.query.text("group_id")?, input.query.texts("user_ids"));
                Ok(api::$request { group_id, user_ids })
            }

            async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
                let (group, users) = (group_id(&request.group_id)?, user_ids(&request.user_ids)?);
                call.app.core.groups.$operation(call.user()?.actor(), group, users).await?;
                Ok(Empty {})
            }
        }
    )*};
}

managing! {
    AddGroupUsers, AddGroupUsersRequest, "AddGroupUsers", "add", add;
    BanGroupUsers, BanGroupUsersRequest, "BanGroupUsers", "ban", ban;
    DemoteGroupUsers, DemoteGroupUsersRequest, "DemoteGroupUsers", "demote", demote;
    KickGroupUsers, KickGroupUsersRequest, "KickGroupUsers", "kick", kick;
    PromoteGroupUsers, PromoteGroupUsersRequest, "PromoteGroupUsers", "promote", promote;
}

fn user_ids(texts: &[String]) -> Result<Vec<UserId>, Failure> {
    texts.iter().map(|text| text.parse().map_err(|_| refused(texts::GROUP_USER_ID_INVALID))).collect()
}

fn state(number: Option<i32>) -> Result<Option<GroupState>, Failure> {
    let state = |number| GroupState::from_number(number).ok_or_else(|| refused(texts::GROUP_STATE_INVALID));
    number.map(state).transpose()
}
