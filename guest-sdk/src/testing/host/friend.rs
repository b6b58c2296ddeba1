//! Friends.

use super::json;
use crate::message::{Friend, FriendList, FriendOfFriend, FriendsOfFriendsList, User};
use crate::testing::checks::{CONTENT, at_most, at_most_many, ids, is_object, page, page_size, somebody};
use crate::testing::state::{Edge, NIL, State, with};
use crate::{Error, Result};
use std::collections::BTreeSet;

const METADATA_BYTES: usize = 4096;

const FRIEND: i32 = 0;
const INVITE_SENT: i32 = 1;
const INVITE_RECEIVED: i32 = 2;
const BLOCKED: i32 = 3;

pub fn list(user_id: &str, limit: u32, state: Option<u32>, cursor: &str) -> Result<String> {
    let (user, limit) = (somebody(user_id)?, page_size(limit)?);
    let wanted = match state {
        Some(number) if number > 3 => {
            return Err(Error::invalid_argument(format!("friend state {number} must be 0 to 3")));
        }
        wanted => wanted.and_then(|number| i32::try_from(number).ok()),
    };
    with(|state| {
        let mut edges: Vec<_> = state.edges_of(&user).collect();
        edges.retain(|(_, edge)| wanted.is_none_or(|wanted| edge.state == wanted));
        edges.sort_by_key(|(other, edge)| (edge.state, (*other).clone()));
        let friends = edges.into_iter().filter_map(|(other, edge)| {
            let mut user = User { edge_count: 0, ..state.user(other)? };
            user.online &= edge.state != BLOCKED;
            Some(Friend {
                user: Some(user),
                state: Some(edge.state),
                update_time: Some(edge.update_time.clone()),
                metadata: edge.metadata.clone(),
                ..Friend::default()
            })
        });
        let (friends, cursor) = page(friends.collect(), limit, cursor, "Cursor is invalid.")?;
        Ok(json(&FriendList { friends, cursor, ..FriendList::default() }))
    })
}

pub fn list_of_friends(user_id: &str, limit: u32, cursor: &str) -> Result<String> {
    let (user, limit) = (somebody(user_id)?, page_size(limit)?);
    with(|state| {
        let friends = |of: &str| -> BTreeSet<String> {
            state.edges_of(of).filter(|(_, edge)| edge.state == FRIEND).map(|(other, _)| other.clone()).collect()
        };
        let own = friends(&user);
        let mut found = Vec::new();
        for referrer in &own {
            for other in friends(referrer).into_iter().filter(|other| *other != user && !own.contains(other)) {
                if !state.has_blocked(&user, &other) && !state.has_blocked(&other, &user) {
                    let user = state.user(&other).map(|user| User { edge_count: 0, ..user });
                    found.push(FriendOfFriend { referrer: referrer.clone(), user, ..FriendOfFriend::default() });
                }
            }
        }
        let (friends_of_friends, cursor) = page(found, limit, cursor, "Cursor is invalid.")?;
        Ok(json(&FriendsOfFriendsList { friends_of_friends, cursor, ..FriendsOfFriendsList::default() }))
    })
}

pub fn add(user_id: &str, others: &[String], usernames: &[String], metadata: &str) -> Result<()> {
    at_most("metadata", metadata, CONTENT)?;
    let user = somebody(user_id)?;
    at_most_many("user", others.len() + usernames.len())?;
    let others = ids("user id", others)?;
    with(|state| {
        let username = state.acting(&user)?;
        let metadata = if metadata.is_empty() { "{}" } else { metadata };
        match metadata.len() {
            length if length > METADATA_BYTES => {
                let problem = format!("metadata is {length} bytes, the limit is {METADATA_BYTES}");
                return Err(Error::invalid_argument(problem));
            }
            _ if !is_object(metadata) => return Err(Error::invalid_argument("metadata must be a JSON object")),
            _ => {}
        }
        let Some(others) = resolve(state, &user, others, usernames, "Cannot add self as friend.")? else {
            return Ok(());
        };
        if others.is_empty() {
            return Err(nobody());
        }
        for other in others {
            ask(state, &user, &username, &other, metadata);
        }
        Ok(())
    })
}

/// Asks or accepts somebody.
fn ask(state: &mut State, user: &str, username: &str, other: &str, metadata: &str) {
    if state.has_blocked(other, user) || !state.accounts.contains_key(other) {
        return;
    }
    let present = state.edges.get(&side(user, other)).map(|edge| edge.state);
    let (code, subject) = match present {
        None => {
            put(state, user, other, INVITE_SENT, metadata);
            put(state, other, user, INVITE_RECEIVED, "{}");
            (-2, format!("{username} wants to add you as a friend"))
        }
        Some(INVITE_RECEIVED) => {
            let asked = state.edges.get(&side(other, user)).map_or_else(|| "{}".into(), |edge| edge.metadata.clone());
            put(state, user, other, FRIEND, metadata);
            put(state, other, user, FRIEND, &asked);
            (-3, format!("{username} accepted your friend request"))
        }
        Some(_) => return,
    };
    let content = serde_json::json!({ "username": username }).to_string();
    let notification = super::notification(state, subject, content, code, user);
    state.notify(other, notification);
}

pub fn delete(user_id: &str, others: &[String], usernames: &[String]) -> Result<()> {
    let user = somebody(user_id)?;
    at_most_many("user", others.len() + usernames.len())?;
    let others = ids("user id", others)?;
    with(|state| {
        for other in resolve(state, &user, others, usernames, "Cannot delete self.")?.unwrap_or_default() {
            remove(state, &user, &other);
        }
        Ok(())
    })
}

pub fn block(user_id: &str, others: &[String], usernames: &[String]) -> Result<()> {
    let user = somebody(user_id)?;
    at_most_many("user", others.len() + usernames.len())?;
    let others = ids("user id", others)?;
    with(|state| {
        state.acting(&user)?;
        let Some(others) = resolve(state, &user, others, usernames, "Cannot block self.")? else { return Ok(()) };
        if others.is_empty() {
            return Err(nobody());
        }
        for other in others {
            if !state.accounts.contains_key(&other) || state.has_blocked(&user, &other) {
                continue;
            }
            remove(state, &user, &other);
            put(state, &user, &other, BLOCKED, "{}");
            let (low, high) = if user < other { (&user, &other) } else { (&other, &user) };
            state.streams.remove(&(4, low.clone(), high.clone(), String::new()));
            for session in state.sessions.values_mut() {
                let others = if session.user_id == user { &other } else { &user };
                if session.user_id == user || session.user_id == other {
                    session.follows.remove(others);
                }
            }
        }
        Ok(())
    })
}

/// Whom a call is about, each once; none where it names nobody at all.
fn resolve(
    state: &State,
    user: &str,
    others: Vec<String>,
    usernames: &[String],
    themselves: &str,
) -> Result<Option<Vec<String>>> {
    if others.is_empty() && usernames.is_empty() {
        return Ok(None);
    }
    let mut found = Vec::new();
    for id in others {
        match id {
            id if id == user => return Err(Error::invalid_argument(themselves)),
            id if id == NIL => return Err(Error::invalid_argument(format!("Invalid user ID '{id}'."))),
            id => found.push(id),
        }
    }
    for name in usernames {
        if name.is_empty() {
            return Err(Error::invalid_argument("Username must not be empty."));
        }
        match state.user_named(name) {
            Some(id) if id == user => return Err(Error::invalid_argument(themselves)),
            id => found.extend(id),
        }
    }
    let mut seen = BTreeSet::new();
    found.retain(|id| seen.insert(id.clone()));
    Ok(Some(found))
}

fn nobody() -> Error {
    Error::invalid_argument("No valid ID or username was provided.")
}

fn side(user: &str, other: &str) -> (String, String) {
    (user.to_owned(), other.to_owned())
}

fn put(state: &mut State, user: &str, other: &str, to: i32, metadata: &str) {
    let edge = Edge { state: to, metadata: metadata.to_owned(), update_time: state.second() };
    state.edges.insert(side(user, other), edge);
}

/// Removes the user's side, and with it the other's, but for a block of theirs.
fn remove(state: &mut State, user: &str, other: &str) {
    let Some(own) = state.edges.remove(&side(user, other)) else { return };
    if own.state != BLOCKED && !state.has_blocked(other, user) {
        state.edges.remove(&side(other, user));
    }
}
