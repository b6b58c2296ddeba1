//! Groups: made, changed, deleted, listed, joined and left.

use super::auth::Auth;
use super::endpoint::{Call, Endpoint, Input};
use super::reply::Empty;
use crate::convert;
use crate::failure::Failure;
use meadhall_core::group::{GroupError, GroupFilter, GroupUpdate, NewGroup};
use meadhall_core::ids::GroupId;
use meadhall_protocol::error::Code;
use meadhall_protocol::{api, texts};

const LIMIT_MAX: i32 = 100;

/// `POST /v2/group`
pub(super) struct CreateGroup;
/// `PUT /v2/group/{group_id}`
pub(super) struct UpdateGroup;
/// `DELETE /v2/group/{group_id}`
pub(super) struct DeleteGroup;
/// `GET /v2/group`
pub(super) struct ListGroups;
/// `POST /v2/group/{group_id}/join`
pub(super) struct JoinGroup;
/// `POST /v2/group/{group_id}/leave`
pub(super) struct LeaveGroup;

impl Endpoint for CreateGroup {
    const NAME: &'static str = "CreateGroup";
    const AUTH: Auth = Auth::Session;
    type Request = api::CreateGroupRequest;
    type Reply = api::Group;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        input.body()
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let new = NewGroup {
            name: request.name,
            description: request.description,
            lang_tag: request.lang_tag,
            // Only plugins write it.
            metadata: String::new(),
            avatar_url: request.avatar_url,
            open: request.open,
            max_count: u32::try_from(request.max_count).map_err(|_| GroupError::InvalidMaxCount)?,
        };
        Ok(convert::group(&call.app.core.groups.create(call.user()?.id, new).await?))
    }
}

impl Endpoint for UpdateGroup {
    const NAME: &'static str = "UpdateGroup";
    const AUTH: Auth = Auth::Session;
    type Request = api::UpdateGroupRequest;
    type Reply = Empty;

    /// The group is the path's, whatever the body says.
    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        Ok(api::UpdateGroupRequest { group_id: input.query.variable("group_id").to_owned(), ..input.body()? })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let group = group_id(&request.group_id)?;
        let update = GroupUpdate {
            name: request.name,
            description: request.description,
            lang_tag: request.lang_tag,
            avatar_url: request.avatar_url,
            open: request.open,
            // Only plugins write them.
            metadata: None,
            max_count: None,
        };
        call.app.core.groups.update(call.user()?.id, group, update).await?;
        Ok(Empty {})
    }
}

impl Endpoint for DeleteGroup {
    const NAME: &'static str = "DeleteGroup";
    const AUTH: Auth = Auth::Session;
    type Request = api::DeleteGroupRequest;
    type Reply = Empty;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        Ok(api::DeleteGroupRequest { group_id: input.query.text("group_id")? })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        call.app.core.groups.delete(call.user()?.id, group_id(&request.group_id)?).await?;
        Ok(Empty {})
    }
}

impl Endpoint for ListGroups {
    const NAME: &'static str = "ListGroups";
    const AUTH: Auth = Auth::Session;
    type Request = api::ListGroupsRequest;
    type Reply = api::GroupList;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        Ok(api::ListGroupsRequest {
            name: input.query.text("name")?,
            cursor: input.query.text("cursor")?,
            limit: input.query.integer("limit")?,
            lang_tag: input.query.text("lang_tag")?,
            members: input.query.integer("members")?,
            open: input.query.flag("open")?,
        })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let limit = limit(request.limit, 1)?;
        let members = request.members.map(u32::try_from).transpose();
        let filter = GroupFilter {
            name: Some(request.name).filter(|name| !name.is_empty()),
            open: request.open,
            lang_tag: Some(request.lang_tag).filter(|tag| !tag.is_empty()),
            members: members.map_err(|_| refused(texts::GROUP_MEMBERS_INVALID))?,
        };
        Ok(convert::group_list(&call.app.core.groups.list(filter, limit, Some(request.cursor)).await?))
    }
}

impl Endpoint for JoinGroup {
    const NAME: &'static str = "JoinGroup";
    const AUTH: Auth = Auth::Session;
    type Request = api::JoinGroupRequest;
    type Reply = Empty;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        Ok(api::JoinGroupRequest { group_id: input.query.text("group_id")? })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        call.app.core.groups.join(call.user()?.actor(), group_id(&request.group_id)?).await?;
        Ok(Empty {})
    }
}

impl Endpoint for LeaveGroup {
    const NAME: &'static str = "LeaveGroup";
    const AUTH: Auth = Auth::Session;
    type Request = api::LeaveGroupRequest;
    type Reply = Empty;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        Ok(api::LeaveGroupRequest { group_id: input.query.text("group_id")? })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        call.app.core.groups.leave(call.user()?.actor(), group_id(&request.group_id)?).await?;
        Ok(Empty {})
    }
}

/// The group of a request.
pub(super) fn group_id(text: &str) -> Result<GroupId, Failure> {
    text.parse().map_err(|_| refused(texts::GROUP_ID_INVALID))
}

/// How long a page is to be.
pub(super) fn limit(asked: Option<i32>, default: usize) -> Result<usize, Failure> {
    let Some(limit) = asked else { return Ok(default) };
    let in_range = usize::try_from(limit).ok().filter(|_| (1..=LIMIT_MAX).contains(&limit));
    in_range.ok_or_else(|| refused(texts::GROUP_LIMIT_INVALID))
}

pub(super) fn refused(text: &'static str) -> Failure {
    Failure::new(Code::InvalidArgument, text)
}
