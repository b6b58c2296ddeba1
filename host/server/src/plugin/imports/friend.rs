//! Friends.

use super::wit::friend::Host;
use super::wit::types::Error;
use super::{acting, at_most, cursor, invalid, page_size, refused, somebody, targets};
use crate::convert;
use crate::plugin::guest::Guest;
use meadhall_core::friend::FriendState;
use meadhall_protocol::codec::to_json;

impl Host for Guest {
    async fn list(&mut self, user_id: String, limit: u32, state: Option<u32>, after: String) -> Result<String, Error> {
        let core = self.core()?;
        let (user, limit) = (somebody(&user_id)?, page_size(limit)?);
        let state = state.map(friend_state).transpose()?;
        let page = core.friends.list(user, limit, state, cursor(after)).await.map_err(refused)?;
        Ok(to_json(&convert::friend_list(&page)))
    }

    async fn list_of_friends(&mut self, user_id: String, limit: u32, after: String) -> Result<String, Error> {
        let core = self.core()?;
        let (user, limit) = (somebody(&user_id)?, page_size(limit)?);
        let page = core.friends.list_of_friends(user, limit, cursor(after)).await.map_err(refused)?;
        Ok(to_json(&convert::friends_of_friends_list(&page)))
    }

    async fn add(
        &mut self,
        user_id: String,
        ids: Vec<String>,
        usernames: Vec<String>,
        metadata: String,
    ) -> Result<(), Error> {
        at_most("metadata", &metadata, self.host.limits.content)?;
        let core = self.core()?;
        let (user, targets) = (somebody(&user_id)?, targets(&ids, usernames)?);
        let metadata = Some(metadata).filter(|text| !text.is_empty());
        core.friends.add(acting(core, user).await?, targets, metadata).await.map_err(refused)
    }

    async fn delete(&mut self, user_id: String, ids: Vec<String>, usernames: Vec<String>) -> Result<(), Error> {
        let core = self.core()?;
        let (user, targets) = (somebody(&user_id)?, targets(&ids, usernames)?);
        core.friends.delete(user, targets).await.map_err(refused)
    }

    async fn block(&mut self, user_id: String, ids: Vec<String>, usernames: Vec<String>) -> Result<(), Error> {
        let core = self.core()?;
        let (user, targets) = (somebody(&user_id)?, targets(&ids, usernames)?);
        core.friends.block(acting(core, user).await?, targets).await.map_err(refused)
    }
}

/// A state by its public number.
fn friend_state(number: u32) -> Result<FriendState, Error> {
    use FriendState::{Blocked, Friend, InviteReceived, InviteSent};
    let states = [Friend, InviteSent, InviteReceived, Blocked];
    let found = states.into_iter().find(|state| *state as u32 == number);
    found.ok_or_else(|| invalid(format!("friend state {number} must be 0 to {}", states.len() - 1)))
}
