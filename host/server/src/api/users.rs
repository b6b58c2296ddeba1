//! Other users, by id or name.

use super::auth::Auth;
use super::endpoint::{Call, Endpoint, Input};
use crate::convert;
use crate::failure::Failure;
use meadhall_core::ids::UserId;
use meadhall_protocol::error::Code;
use meadhall_protocol::{api, texts};

/// `GET /v2/user`
pub(super) struct GetUsers;

impl Endpoint for GetUsers {
    const NAME: &'static str = "GetUsers";
    const AUTH: Auth = Auth::Session;
    type Request = api::GetUsersRequest;
    type Reply = api::Users;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        Ok(api::GetUsersRequest {
            ids: input.query.texts("ids"),
            usernames: input.query.texts("usernames"),
            facebook_ids: input.query.texts("facebook_ids"),
        })
    }

    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let ids = request.ids.iter().map(|id| user_id(id)).collect::<Result<Vec<_>, _>>()?;
        let users = call.app.core.accounts.users(ids, request.usernames).await?;
        Ok(convert::users(users))
    }
}

fn user_id(text: &str) -> Result<UserId, Failure> {
    text.parse().map_err(|_| Failure::new(Code::InvalidArgument, texts::invalid_system_id(text)))
}
