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
        Ok(to_json(&convert::friend_list(page)))
    }

    async fn list_of_friends(&mut self, user_id: String, limit: u32, after: String) -> Result<String, Error> {
        let core = self.core()?;
        let (user, limit) = (somebody(&user_id)?, page_size(limit)?);
        let page = core.friends.list_of_friends(user, limit, cursor(after)).await.map_err(refused)?;
        Ok(to_json(&convert::friends_of_friends_list(page)))
    }

    async fn add(
        &mut self,
        user_id: String,
        ids: Vec<String>,
        usernames: Vec<String>,
        metadata: String,
    ) -> Result<(), Error> {
        at_most("metadata", &metadata, self.identity.limits.content)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::guest::tests::World;
    use crate::plugin::limits::USERS;
    use serde_json::Value;
    use uuid::Uuid;

    async fn states(guest: &mut Guest, user: &str, state: Option<u32>) -> Vec<(Value, Value)> {
        let page = Host::list(guest, user.into(), 100, state, String::new()).await.unwrap();
        let page: Value = serde_json::from_str(&page).unwrap();
        let friends = page["friends"].as_array().cloned().unwrap_or_default();
        friends.into_iter().map(|one| (one["user"]["username"].clone(), one["state"].clone())).collect()
    }

    #[tokio::test]
    async fn friends_are_asked_accepted_blocked_and_listed() {
        let world = World::new();
        let mut guest = world.guest();
        let (ann, ben) = (world.register("ann").await.to_string(), world.register("ben").await.to_string());
        guest.add(ann.clone(), vec![], vec!["ben".into()], r#"{"met":"fair"}"#.into()).await.unwrap();
        assert_eq!(states(&mut guest, &ann, None).await, [("ben".into(), 1.into())]);
        assert_eq!(states(&mut guest, &ben, Some(2)).await, [("ann".into(), 2.into())]);
        assert_eq!(states(&mut guest, &ben, Some(0)).await, []);
        guest.add(ben.clone(), vec![ann.clone()], vec![], String::new()).await.unwrap();
        assert_eq!(states(&mut guest, &ann, Some(0)).await, [("ben".into(), 0.into())]);
        guest.block(ann.clone(), vec![ben.clone()], vec![]).await.unwrap();
        assert_eq!(states(&mut guest, &ann, None).await, [("ben".into(), 3.into())]);
        assert_eq!(states(&mut guest, &ben, None).await, []);
        guest.delete(ann.clone(), vec![ben], vec![]).await.unwrap();
        assert_eq!(states(&mut guest, &ann, None).await, []);
    }

    #[tokio::test]
    async fn friends_of_friends_are_named_with_who_knows_them() {
        let world = World::new();
        let mut guest = world.guest();
        let user = async |name: &str| world.register(name).await.to_string();
        let (ann, ben, cai) = (user("ann").await, user("ben").await, user("cai").await);
        for (one, other) in [(&ann, &ben), (&ben, &ann), (&ben, &cai), (&cai, &ben)] {
            guest.add(one.clone(), vec![other.clone()], vec![], String::new()).await.unwrap();
        }
        let page = guest.list_of_friends(ann, 100, String::new()).await.unwrap();
        let page: Value = serde_json::from_str(&page).unwrap();
        let found = &page["friends_of_friends"][0];
        assert_eq!((&found["referrer"], &found["user"]["username"]), (&ben.into(), &"cai".into()));
    }

    #[tokio::test]
    async fn bad_arguments_are_refused_and_nothing_changes() {
        let world = World::new();
        let mut guest = world.guest();
        let ann = world.register("ann").await.to_string();
        let nil = Uuid::nil().to_string();
        let nobody = Uuid::from_u128(9).to_string();
        for user in ["", "ann", &nil] {
            let whom = || vec![ann.clone()];
            assert_eq!(guest.add(user.into(), whom(), vec![], String::new()).await.unwrap_err().code, 3);
            assert_eq!(guest.delete(user.into(), whom(), vec![]).await.unwrap_err().code, 3);
            assert_eq!(guest.block(user.into(), whom(), vec![]).await.unwrap_err().code, 3);
            assert_eq!(Host::list(&mut guest, user.into(), 1, None, String::new()).await.unwrap_err().code, 3);
            assert_eq!(guest.list_of_friends(user.into(), 1, String::new()).await.unwrap_err().code, 3);
        }
        let unknown = guest.add(nobody, vec![ann.clone()], vec![], String::new()).await.unwrap_err();
        assert_eq!(unknown.code, 5, "{unknown:?}");
        let oneself = guest.add(ann.clone(), vec![ann.clone()], vec![], String::new()).await.unwrap_err();
        assert_eq!(oneself.code, 3, "{oneself:?}");
        let many = guest.block(ann.clone(), vec![], vec!["x".into(); USERS + 1]).await.unwrap_err();
        assert_eq!(many.message, "101 users in one call, the limit is 100");
        for (limit, state, cursor) in [(0, None, ""), (101, None, ""), (1, Some(4), ""), (1, None, "junk")] {
            let error = Host::list(&mut guest, ann.clone(), limit, state, cursor.into()).await.unwrap_err();
            assert_eq!(error.code, 3, "{limit} {state:?} {cursor:?}");
        }
        assert_eq!(states(&mut guest, &ann, None).await, []);
    }
}
