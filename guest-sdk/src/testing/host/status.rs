//! Online statuses.

use super::{json, stream};
use crate::bindings::meadhall::plugin::types::{PresenceId, PresenceMeta};
use crate::message::{Status, UserPresence};
use crate::testing::checks::{at_most, id, ids};
use crate::testing::state::{State, status_stream, with};
use crate::{Error, Result};

const STATUS_BYTES: usize = 2048;

pub fn follow(session_id: &str, user_ids: &[impl AsRef<str>], usernames: &[impl AsRef<str>]) -> Result<String> {
    with(|state| {
        let (session, fan) = connected(state, session_id)?;
        let mut stars = state.targets(user_ids, usernames)?;
        stars.retain(|star| state.accounts.contains_key(star));
        stars.retain(|star| !state.has_blocked(star, &fan) && !state.has_blocked(&fan, star));
        if let Some(session) = state.sessions.get_mut(&session) {
            session.follows.extend(stars.iter().cloned());
        }
        Ok(shown(state, &stars))
    })
}

pub fn unfollow(session_id: &str, user_ids: &[impl AsRef<str>]) -> Result<()> {
    let (session_id, users) = (id("session id", session_id)?, ids("user id", user_ids)?);
    with(|state| {
        if let Some(session) = state.sessions.get_mut(&session_id) {
            session.follows.retain(|star| !users.contains(star));
        }
    });
    Ok(())
}

pub fn update(session_id: &str, status: Option<&str>) -> Result<()> {
    with(|state| {
        let (session_id, user_id) = connected(state, session_id)?;
        let key = status_stream(&user_id);
        let who = PresenceId { user_id: user_id.clone(), session_id };
        let Some(status) = status else {
            stream::remove(state, &key, |member| *member == who);
            return Ok(());
        };
        at_most("status", status, STATUS_BYTES)?;
        let username = state.acting(&user_id).unwrap_or_default();
        let meta = PresenceMeta { username, hidden: false, persistence: false, status: status.to_owned() };
        stream::put(state, key, who, meta);
        Ok(())
    })
}

pub fn online(user_ids: &[impl AsRef<str>]) -> Result<Vec<String>> {
    let users = ids("user id", user_ids)?;
    Ok(with(|state| users.into_iter().filter(|user| state.is_online(user)).collect()))
}

pub fn list(user_ids: &[impl AsRef<str>]) -> Result<String> {
    let users = ids("user id", user_ids)?;
    Ok(with(|state| shown(state, &users)))
}

/// The statuses of users, as a message.
fn shown(state: &State, users: &[String]) -> String {
    let members = users.iter().filter_map(|user| state.streams.get(&status_stream(user))).flatten();
    let presences = members.filter(|(_, meta)| !meta.hidden).map(|(who, meta)| UserPresence {
        user_id: who.user_id.clone(),
        session_id: who.session_id.clone(),
        username: meta.username.clone(),
        persistence: meta.persistence,
        status: Some(meta.status.clone()),
        ..UserPresence::default()
    });
    json(&Status { presences: presences.collect(), ..Status::default() })
}

/// An open socket, and whose it is.
fn connected(state: &State, session_id: &str) -> Result<(String, String)> {
    let session_id = id("session id", session_id)?;
    match state.sessions.get(&session_id) {
        Some(session) => Ok((session_id, session.user_id.clone())),
        None => Err(Error::not_found(format!("there is no connected session {session_id}"))),
    }
}
