//! Accounts.

use super::wit::account::Host;
use super::wit::types::Error;
use super::{id, invalid, refused};
use crate::convert;
use crate::plugin::guest::Guest;
use crate::plugin::limits::EXPORT_BYTES;
use meadhall_core::account::{AccountUpdate, DocumentError};
use meadhall_core::clock::Timestamp;
use meadhall_protocol::api::UpdateAccountRequest;
use meadhall_protocol::codec::{UnknownFields, from_json, to_json};
use meadhall_protocol::error::Code;
use serde_json::Value;
use std::io;

impl Host for Guest {
    async fn get(&mut self, user_id: String) -> Result<String, Error> {
        let core = self.core()?;
        let account = core.accounts.get(id("user id", &user_id)?).await.map_err(refused)?;
        Ok(to_json(&convert::account(account)))
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
        let expired = Timestamp::from_nanos(core.env.now().nanos().saturating_add(lifetime));
        core.delete_account(user, expired).await.map_err(refused)
    }

    async fn ban(&mut self, user_id: String) -> Result<(), Error> {
        let core = self.core()?;
        core.ban(id("user id", &user_id)?).await.map_err(refused)
    }

    async fn unban(&mut self, user_id: String) -> Result<(), Error> {
        let core = self.core()?;
        core.unban(id("user id", &user_id)?).await.map_err(refused)
    }

    async fn export(&mut self, user_id: String) -> Result<String, Error> {
        let core = self.core()?;
        let user = id("user id", &user_id)?;
        let mut document = String::new();
        let keep = |piece: &str| {
            if document.len() + piece.len() > EXPORT_BYTES {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            document.push_str(piece);
            Ok(())
        };
        match core.export_account(user, keep).await {
            Ok(()) => Ok(document),
            Err(DocumentError::Account(error)) => Err(refused(error)),
            Err(DocumentError::Write(_)) => Err(Error {
                code: Code::ResourceExhausted as u32,
                message: format!("more than {EXPORT_BYTES} bytes are stored about user {user}"),
            }),
        }
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
    use meadhall_core::ids::UserId;

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

    #[tokio::test]
    async fn a_banned_user_is_out_until_they_are_let_in_again() {
        let world = World::new();
        let (mut guest, ann) = (world.guest(), world.register("ann").await);
        let socket = world.session(ann.uuid().as_u128());
        guest.ban(ann.to_string()).await.unwrap();
        assert!(socket.close_reason().is_some());
        let disabled = Host::get(&mut guest, ann.to_string()).await.unwrap();
        assert!(disabled.contains("disable_time"), "{disabled}");
        guest.unban(ann.to_string()).await.unwrap();
        assert!(!Host::get(&mut guest, ann.to_string()).await.unwrap().contains("disable_time"));
        let nobody = UserId::new(world.core.env.uuid()).to_string();
        assert_eq!(guest.ban(nobody.clone()).await.unwrap_err().code, 5);
        assert_eq!(guest.unban(nobody).await.unwrap_err().code, 5);
        assert_eq!(guest.ban("ann".into()).await.unwrap_err().code, 3);
    }

    #[tokio::test]
    async fn an_export_has_all_of_a_user_and_an_end() {
        let world = World::new();
        let (mut guest, ann) = (world.guest(), world.register("ann").await);
        let document: Value = serde_json::from_str(&guest.export(ann.to_string()).await.unwrap()).unwrap();
        assert!(document["account"].to_string().contains("device-of-ann"), "{document}");
        let nobody = UserId::new(world.core.env.uuid()).to_string();
        assert_eq!(guest.export(nobody).await.unwrap_err().code, 5);
        assert_eq!(guest.export("ann".into()).await.unwrap_err().code, 3);
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
