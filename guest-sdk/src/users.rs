//! Users: what everybody may see of an account.

use crate::Result;
use crate::host::host_call;
use crate::message::{User, Users};

/// The users with these ids, at most 100; unknown ones are left out.
///
/// # Errors
/// Invalid argument (3) for ids that are no UUIDs, and for too many.
pub fn by_id(ids: &[impl AsRef<str>]) -> Result<Vec<User>> {
    get(&owned(ids), &[])
}

/// The users with these names, at most 100; unknown ones are left out.
///
/// # Errors
/// Invalid argument (3) for too many.
pub fn by_username(usernames: &[impl AsRef<str>]) -> Result<Vec<User>> {
    get(&[], &owned(usernames))
}

fn get(ids: &[String], usernames: &[String]) -> Result<Vec<User>> {
    let users: Users = serde_json::from_str(&host_call!(users::get(ids, usernames))?)?;
    Ok(users.users)
}

fn owned(texts: &[impl AsRef<str>]) -> Vec<String> {
    texts.iter().map(|text| text.as_ref().to_owned()).collect()
}
