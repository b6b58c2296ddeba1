//! Accounts: what a user owns and only they see.

use crate::Result;
use crate::host::host_call;
use crate::message::Account;
use serde::Serialize;
use serde_json::{Map, Value};

/// What to change of an account: what is none stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Changes {
    /// The user name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The name to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Where the picture is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// The language, such as `en`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang_tag: Option<String>,
    /// Where the user is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The user's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// What the game keeps with the user. Everybody can read it; only plugins can write it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
}

/// Reads an account.
///
/// # Errors
/// Not found (5) when there is none.
pub fn get(user_id: &str) -> Result<Account> {
    Ok(serde_json::from_str(&host_call!(account::get(user_id))?)?)
}

/// Changes an account.
///
/// # Errors
/// Not found (5) when there is none, already exists (6) for a user name that is taken, invalid argument (3) for a value
/// that cannot be.
pub fn update(user_id: &str, changes: &Changes) -> Result<()> {
    let changes = serde_json::to_string(changes)?;
    host_call!(account::update(user_id, &changes))
}

/// Deletes an account and closes its sockets.
///
/// # Errors
/// Invalid argument (3) for an id that is no UUID.
pub fn delete(user_id: &str) -> Result<()> {
    host_call!(account::delete(user_id))
}

/// Disables an account: its user cannot log in, their tokens count no more, and their sockets are told and closed. Nothing
/// changes when it is disabled already.
///
/// # Errors
/// Not found (5) when there is none.
pub fn ban(user_id: &str) -> Result<()> {
    host_call!(account::ban(user_id))
}

/// Enables an account again; its user logs in anew. Nothing changes when it is not disabled.
///
/// # Errors
/// Not found (5) when there is none.
pub fn unban(user_id: &str) -> Result<()> {
    host_call!(account::unban(user_id))
}

/// Everything that is stored about a user: the account, and lists of friends, groups, notifications, storage objects, read
/// markers and messages. It looks at every message that the server keeps.
///
/// # Errors
/// Not found (5) when there is none, resource exhausted (8) when it is more than 8 MiB.
pub fn export(user_id: &str) -> Result<Value> {
    Ok(serde_json::from_str(&host_call!(account::export(user_id))?)?)
}
