//! Friends: asking, accepting, ending, blocking, and lists of them.

use super::auth::Auth;
use super::endpoint::{Call, Endpoint, Input, Written};
use super::reply::Empty;
use crate::convert;
use crate::failure::Failure;
use meadhall_core::account::Targets;
use meadhall_core::friend::{FriendError, FriendState};
use meadhall_protocol::codec::ListWriter;
use meadhall_protocol::error::Code;
use meadhall_protocol::{api, texts};

const LIMIT_MAX: i32 = 1000;
/// Bytes of a friend's JSON, about; more are taken when it is more.
const FRIEND_BYTES: usize = 400;
const FRIENDS_OF_FRIENDS_LIMIT_MAX: i32 = 100;
const FRIENDS_OF_FRIENDS_LIMIT_DEFAULT: i32 = 10;

/// `POST /v2/friend`
pub(super) struct AddFriends;
/// `DELETE /v2/friend`
pub(super) struct DeleteFriends;
/// `POST /v2/friend/block`
pub(super) struct BlockFriends;
/// `GET /v2/friend`
pub(super) struct ListFriends;
/// `GET /v2/friend/friends`
pub(super) struct ListFriendsOfFriends;

impl Endpoint for AddFriends {
    const NAME: &'static str = "AddFriends";
    const AUTH: Auth = Auth::Session;
    type Request = api::AddFriendsRequest;
    type Reply = Empty;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        Ok(api::AddFriendsRequest {
            ids: input.query.texts("ids"),
            usernames: input.query.texts("usernames"),
            metadata: input.query.text("metadata")?,
        })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let targets = targets(&request.ids, request.usernames)?;
        let metadata = Some(request.metadata).filter(|metadata| !metadata.is_empty());
        call.app.core.friends.add(call.user()?.actor(), targets, metadata).await?;
        Ok(Empty {})
    }
}

impl Endpoint for DeleteFriends {
    const NAME: &'static str = "DeleteFriends";
    const AUTH: Auth = Auth::Session;
    type Request = api::DeleteFriendsRequest;
    type Reply = Empty;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        let (ids, usernames) = (input.query.texts("ids"), input.query.texts("usernames"));
        Ok(api::DeleteFriendsRequest { ids, usernames })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let targets = targets(&request.ids, request.usernames)?;
        call.app.core.friends.delete(call.user()?.id, targets).await?;
        Ok(Empty {})
    }
}

impl Endpoint for BlockFriends {
    const NAME: &'static str = "BlockFriends";
    const AUTH: Auth = Auth::Session;
    type Request = api::BlockFriendsRequest;
    type Reply = Empty;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        let (ids, usernames) = (input.query.texts("ids"), input.query.texts("usernames"));
        Ok(api::BlockFriendsRequest { ids, usernames })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let targets = targets(&request.ids, request.usernames)?;
        call.app.core.friends.block(call.user()?.actor(), targets).await?;
        Ok(Empty {})
    }
}

impl Endpoint for ListFriends {
    const NAME: &'static str = "ListFriends";
    const AUTH: Auth = Auth::Session;
    type Request = api::ListFriendsRequest;
    /// An `api::FriendList`.
    type Reply = Written;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        Ok(api::ListFriendsRequest {
            limit: input.query.integer("limit")?,
            state: input.query.integer("state")?,
            cursor: input.query.text("cursor")?,
        })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let limit = limit(request.limit.unwrap_or(LIMIT_MAX), LIMIT_MAX, texts::FRIEND_LIMIT_INVALID)?;
        let state = request.state.map(|number| {
            let state = FriendState::from_number(number);
            state.ok_or_else(|| Failure::new(Code::InvalidArgument, texts::FRIEND_STATE_INVALID))
        });
        let (user, cursor) = (call.user()?.id, Some(request.cursor));
        let friends = &call.app.core.friends;
        let start = |entries| ListWriter::new("friends", entries * FRIEND_BYTES);
        let each = |page: &mut ListWriter, friend| page.push(&convert::friend(friend));
        let (page, cursor) = friends.list_into(user, limit, state.transpose()?, cursor, start, each).await?;
        Ok(Written(page.finish(&cursor.unwrap_or_default())))
    }
}

impl Endpoint for ListFriendsOfFriends {
    const NAME: &'static str = "ListFriendsOfFriends";
    const AUTH: Auth = Auth::Session;
    type Request = api::ListFriendsOfFriendsRequest;
    type Reply = api::FriendsOfFriendsList;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        Ok(api::ListFriendsOfFriendsRequest {
            limit: input.query.integer("limit")?,
            cursor: input.query.text("cursor")?,
        })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let limit = limit(
            request.limit.unwrap_or(FRIENDS_OF_FRIENDS_LIMIT_DEFAULT),
            FRIENDS_OF_FRIENDS_LIMIT_MAX,
            texts::FRIENDS_OF_FRIENDS_LIMIT_INVALID,
        )?;
        let page = call.app.core.friends.list_of_friends(call.user()?.id, limit, Some(request.cursor)).await?;
        Ok(convert::friends_of_friends_list(page))
    }
}

fn targets(ids: &[String], usernames: Vec<String>) -> Result<Targets, Failure> {
    let id = |id: &String| id.parse().map_err(|_| FriendError::InvalidUserId(id.clone()));
    Ok(Targets { ids: ids.iter().map(id).collect::<Result<_, _>>()?, usernames })
}

fn limit(limit: i32, max: i32, refusal: &'static str) -> Result<usize, Failure> {
    let in_range = usize::try_from(limit).ok().filter(|_| (1..=max).contains(&limit));
    in_range.ok_or_else(|| Failure::new(Code::InvalidArgument, refusal))
}
