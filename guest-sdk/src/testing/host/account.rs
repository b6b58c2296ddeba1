//! Accounts.

use super::json;
use crate::message::{Account, User};
use crate::testing::checks::id;
use crate::testing::state::{NIL, State, unsupported, with};
use crate::{Error, Result};
use serde_json::{Map, Value};

const METADATA_BYTES: usize = 16 << 10;

pub fn get(user_id: &str) -> Result<String> {
    let user_id = id("user id", user_id)?;
    with(|state| {
        let user = state.user(&user_id).ok_or_else(not_found)?;
        let stored = state.accounts.get(&user_id).cloned();
        let account = stored.unwrap_or_else(|| Account { wallet: "{}".into(), ..Account::default() });
        Ok(json(&Account { user: Some(user), ..account }))
    })
}

pub fn update(user_id: &str, changes: &str) -> Result<()> {
    let user_id = id("user id", user_id)?;
    let mut fields: Map<String, Value> = serde_json::from_str(changes)?;
    fields.retain(|_, value| !value.is_null());
    if fields.is_empty() {
        return Err(Error::invalid_argument("No fields to update."));
    }
    check(&fields)?;
    with(|state| {
        if let Some(Value::String(name)) = fields.get("username") {
            let owner = state.user_named(name);
            if owner.is_some_and(|owner| owner != user_id) {
                return Err(Error::already_exists("Username is already in use."));
            }
        }
        let now = state.second();
        let user = account(state, &user_id)?.user.as_mut().ok_or_else(not_found)?;
        change(user, fields);
        user.update_time = Some(now);
        Ok(())
    })
}

fn check(fields: &Map<String, Value>) -> Result<()> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    if let Some(name) = text("username") {
        if name.chars().any(char::is_control) {
            return Err(Error::invalid_argument("Username invalid, no spaces or control characters allowed."));
        }
        if !(1..=128).contains(&name.len()) {
            return Err(Error::invalid_argument("Username invalid, must be 1-128 bytes."));
        }
    }
    for (name, limit) in
        [("display_name", 255), ("avatar_url", 512), ("lang_tag", 18), ("location", 255), ("timezone", 255)]
    {
        too_long(name, text(name).unwrap_or_default(), limit)?;
    }
    match fields.get("metadata") {
        Some(metadata @ Value::Object(_)) => too_long("metadata", &metadata.to_string(), METADATA_BYTES),
        Some(_) => Err(Error::invalid_argument("metadata must be a JSON object")),
        None => Ok(()),
    }
}

/// Refuses a field of an account or a group that is too long.
pub(super) fn too_long(field: &str, text: &str, limit: usize) -> Result<()> {
    let length = text.chars().count();
    if length > limit {
        return Err(Error::invalid_argument(format!("{field} is {length} characters, the limit is {limit}")));
    }
    Ok(())
}

fn change(user: &mut User, fields: Map<String, Value>) {
    for (name, value) in fields {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let field = match name.as_str() {
            "username" => &mut user.username,
            "display_name" => &mut user.display_name,
            "avatar_url" => &mut user.avatar_url,
            "lang_tag" => &mut user.lang_tag,
            "location" => &mut user.location,
            "timezone" => &mut user.timezone,
            "metadata" => &mut user.metadata,
            other => unsupported(&format!("changing {other:?} of an account")),
        };
        *field = text;
    }
}

pub fn delete(user_id: &str) -> Result<()> {
    let user_id = id("user id", user_id)?;
    with(|state| {
        account(state, &user_id)?;
        let alone = |members: &crate::testing::state::Members| {
            members.states.get(&user_id) == Some(&0)
                && members.states.values().filter(|state| **state == 0).count() == 1
        };
        if state.groups.values().any(alone) {
            unsupported("deleting the last superadmin of a group");
        }
        disconnect(state, &user_id);
        state.accounts.remove(&user_id);
        state.notifications.remove(&user_id);
        state.edges.retain(|(one, other), _| *one != user_id && *other != user_id);
        state.objects.retain(|(owner, _, _), _| *owner != user_id);
        state.markers.retain(|(user, _), _| *user != user_id);
        for members in state.groups.values_mut() {
            if members.states.remove(&user_id).is_some_and(|place| place <= 2) {
                members.group.edge_count -= 1;
            }
        }
        Ok(())
    })
}

pub fn ban(user_id: &str) -> Result<()> {
    let user_id = id("user id", user_id)?;
    with(|state| {
        let now = state.second();
        account(state, &user_id)?.disable_time.get_or_insert(now);
        disconnect(state, &user_id);
        Ok(())
    })
}

pub fn unban(user_id: &str) -> Result<()> {
    let user_id = id("user id", user_id)?;
    with(|state| {
        account(state, &user_id)?.disable_time = None;
        Ok(())
    })
}

pub fn export(_user_id: &str) -> Result<String> {
    unsupported("exporting an account")
}

fn account<'a>(state: &'a mut State, user_id: &str) -> Result<&'a mut Account> {
    if user_id == NIL {
        return Err(not_found());
    }
    state.accounts.get_mut(user_id).ok_or_else(not_found)
}

fn disconnect(state: &mut State, user_id: &str) {
    let own =
        |(id, session): (&String, &crate::testing::state::Session)| (session.user_id == user_id).then(|| id.clone());
    let sessions: Vec<String> = state.sessions.iter().filter_map(own).collect();
    sessions.iter().for_each(|session| state.disconnect(session, "server disconnect"));
}

pub(super) fn not_found() -> Error {
    Error::not_found("User account not found.")
}
