//! Accounts.

use super::wit::account::Host;
use super::wit::types::Error;
use super::{id, invalid, refused};
use crate::convert;
use crate::plugin::guest::Guest;
use meadhall_core::account::AccountUpdate;
use meadhall_core::clock::Timestamp;
use meadhall_protocol::api::UpdateAccountRequest;
use meadhall_protocol::codec::{UnknownFields, from_json, to_json};
use serde_json::Value;

impl Host for Guest {
    async fn get(&mut self, user_id: String) -> Result<String, Error> {
        let core = self.core()?;
        let account = core.accounts.get(id("user id", &user_id)?).await.map_err(refused)?;
        Ok(to_json(&convert::account(&account)))
    }

    async fn update(&mut self, user_id: String, changes: String) -> Result<(), Error> {
        let core = self.core()?;
        let (user, update) = (id("user id", &user_id)?, lift(&changes)?);
        core.accounts.update(user, update).await.map_err(refused)
    }

    async fn delete(&mut self, user_id: String) -> Result<(), Error> {
        let lifetime = i64::try_from(self.host.token_lifetime.as_nanos()).unwrap_or(i64::MAX);
        let core = self.core()?;
        let user = id("user id", &user_id)?;
        core.delete_account(user).await.map_err(refused)?;
        // Its tokens would name a user that is no more.
        let now = core.env.now();
        let expired = Timestamp::from_nanos(now.nanos().saturating_add(lifetime));
        core.revocations.revoke_all(user, now, expired, None).await.map_err(refused)
    }
}

/// The public `UpdateAccountRequest`, and beside its fields `metadata`, which only plugins may set.
fn lift(changes: &str) -> Result<AccountUpdate, Error> {
    let wrong = |error: &dyn std::fmt::Display| invalid(format!("changes are not valid: {error}"));
    let mut changes: Value = serde_json::from_str(changes).map_err(|error| wrong(&error))?;
    let metadata = changes.as_object_mut().and_then(|fields| fields.remove("metadata"));
    let metadata = match metadata {
        None | Some(Value::Null) => None,
        Some(object @ Value::Object(_)) => Some(object.to_string()),
        Some(_) => return Err(invalid("metadata must be a JSON object")),
    };
    let fields: UpdateAccountRequest =
        from_json(changes.to_string().as_bytes(), UnknownFields::Refuse).map_err(|error| wrong(&error))?;
    Ok(AccountUpdate {
        username: fields.username,
        display_name: fields.display_name,
        avatar_url: fields.avatar_url,
        lang_tag: fields.lang_tag,
        location: fields.location,
        timezone: fields.timezone,
        metadata,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::guest::tests::World;

    #[tokio::test]
    async fn accounts_are_read_and_changed() {
        let world = World::new();
        let (mut guest, ann) = (world.guest(), world.register("ann").await.to_string());
        let changes = r#"{"display_name":"Ann","metadata":{"level":3}}"#;
        Host::update(&mut guest, ann.clone(), changes.into()).await.unwrap();
        let account: Value = serde_json::from_str(&Host::get(&mut guest, ann.clone()).await.unwrap()).unwrap();
        assert_eq!(account["user"]["display_name"], "Ann");
        assert_eq!(account["user"]["metadata"], r#"{"level":3}"#);
        assert_eq!(account["devices"][0]["id"], "device-of-ann");

        world.register("ben").await;
        let taken = Host::update(&mut guest, ann, r#"{"username":"ben"}"#.into()).await.unwrap_err();
        assert_eq!((taken.code, taken.message.as_str()), (6, "Username is already in use."));
        assert_eq!(Host::get(&mut guest, "nobody".into()).await.unwrap_err().code, 3);
    }

    #[tokio::test]
    async fn a_deleted_account_leaves_no_socket_and_no_token() {
        let world = World::new();
        let (mut guest, ann) = (world.guest(), world.register("ann").await);
        let socket = world.session(ann.uuid().as_u128());
        let token = world.core.env.uuid();
        Host::delete(&mut guest, ann.to_string()).await.unwrap();
        assert_eq!(Host::get(&mut guest, ann.to_string()).await.unwrap_err().code, 5);
        assert!(socket.close_reason().is_some());
        assert!(world.core.revocations.is_revoked(ann, token, Timestamp::from_seconds(0)));
    }

    #[test]
    fn absent_fields_stay_and_empty_ones_are_cleared() {
        let update = lift(r#"{"display_name":"Ann","location":"","metadata":{"level":3}}"#).unwrap();
        assert_eq!(update.display_name.as_deref(), Some("Ann"));
        assert_eq!(update.location.as_deref(), Some(""));
        assert_eq!(update.username, None);
        assert_eq!(update.metadata.as_deref(), Some(r#"{"level":3}"#));
    }

    #[test]
    fn what_is_no_update_is_refused() {
        for bad in ["", "[]", "{", r#"{"metadata":1}"#, r#"{"metadata":"{}"}"#, r#"{"wallet":"{}"}"#] {
            assert_eq!(lift(bad).unwrap_err().code, 3, "{bad:?}");
        }
    }
}
