//! The online statuses of users: who shows one, and which sessions are told of it.
//!
//! ```no_run
//! # use meadhall_guest::prelude::*;
//! # fn f(ctx: &Context) -> Result<()> {
//! let me = ctx.session()?;
//! status::update(&me.session_id, Some("at the long table"))?;
//! let here = status::follow(&me.session_id, Whom::username("bjorn"))?;
//! # Ok(()) }
//! ```

use crate::Result;
use crate::friend::Whom;
use crate::host::host_call;
use crate::message::{Status, UserPresence};

/// The session is told from now on when the status of these users changes; unknown ones are left out. Returns the statuses
/// that they show now.
///
/// # Errors
/// Not found (5) when the session is not connected, invalid argument (3) for ids that are no UUIDs and for too many.
pub fn follow(session_id: &str, whom: Whom) -> Result<Vec<UserPresence>> {
    presences(&host_call!(status::follow(session_id, &whom.ids, &whom.usernames))?)
}

/// The session is no longer told of these users, at most 100. Nothing happens when it is not connected.
///
/// # Errors
/// Invalid argument (3) for ids that are no UUIDs, and for too many.
pub fn unfollow(session_id: &str, user_ids: &[String]) -> Result<()> {
    host_call!(status::unfollow(session_id, user_ids))
}

/// The session shows a status, at most 2048 bytes; with none it goes offline.
///
/// # Errors
/// Not found (5) when the session is not connected, invalid argument (3) for a longer status.
pub fn update(session_id: &str, status: Option<&str>) -> Result<()> {
    host_call!(status::update(session_id, status))
}

/// Which of these users are online, at most 100: those who show a status on some session.
///
/// # Errors
/// Invalid argument (3) for ids that are no UUIDs, and for too many.
pub fn online(user_ids: &[String]) -> Result<Vec<String>> {
    host_call!(status::online(user_ids))
}

/// The statuses that these users show, at most 100 users, one for each session.
///
/// # Errors
/// Invalid argument (3) for ids that are no UUIDs, and for too many.
pub fn list(user_ids: &[String]) -> Result<Vec<UserPresence>> {
    presences(&host_call!(status::list(user_ids))?)
}

fn presences(json: &str) -> Result<Vec<UserPresence>> {
    let status: Status = serde_json::from_str(json)?;
    Ok(status.presences)
}
