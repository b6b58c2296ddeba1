//! Accounts.

use super::wit::account::Host;
use super::wit::types::Error;
use super::{id, invalid, refused};
use crate::convert;
use crate::plugin::guest::Guest;
use meadhall_core::account::AccountUpdate;
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
        let core = self.core()?;
        core.accounts.delete(id("user id", &user_id)?).await.map_err(refused)
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
