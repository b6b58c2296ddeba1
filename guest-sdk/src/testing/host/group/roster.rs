//! Who is in a group: superadmins manage everybody, admins those below them, others nobody, the server everybody.

use super::{ADMIN, BANNED, JOIN_REQUEST, MEMBER, SUPERADMIN};
use crate::testing::checks::{id, ids, somebody, user_or_server};
use crate::testing::host::channel;
use crate::testing::state::{Members, NIL, State, with};
use crate::{Error, Result};
use std::collections::BTreeSet;

// What is written into a group's channel.
const JOINED: i32 = 3;
const ADDED: i32 = 4;
const LEFT: i32 = 5;
const KICKED: i32 = 6;
const PROMOTED: i32 = 7;
const OUT_FOR_GOOD: i32 = 8;
const DEMOTED: i32 = 9;

pub fn join(user_id: &str, group_id: &str) -> Result<()> {
    let (user, group_id) = (somebody(user_id)?, id("group id", group_id)?);
    with(|state| {
        let username = state.acting(&user)?;
        let group = state.groups.get(&group_id).ok_or_else(|| Error::not_found("Group not found."))?;
        let (open, place) = (group.group.open == Some(true), group.states.get(&user).copied());
        match place {
            None if !open => {
                move_to(state, &group_id, &user, Some(JOIN_REQUEST), None)?;
                tell_managers(state, &group_id, &user, &username);
                Ok(())
            }
            None | Some(JOIN_REQUEST) if open => move_to(state, &group_id, &user, Some(MEMBER), Some(JOINED)),
            _ => Ok(()),
        }
    })
}

pub fn leave(user_id: &str, group_id: &str) -> Result<()> {
    let (user, group_id) = (somebody(user_id)?, id("group id", group_id)?);
    with(|state| {
        state.acting(&user)?;
        let group = state.groups.get(&group_id).ok_or_else(|| Error::not_found("Group not found."))?;
        let place = group.states.get(&user).copied();
        if matches!(place, None | Some(BANNED)) {
            return Ok(());
        }
        if is_last_superadmin(group, &user) {
            return Err(Error::invalid_argument("Cannot leave group when you are the last superadmin."));
        }
        let news = place.filter(|place| *place <= MEMBER).map(|_| LEFT);
        move_to(state, &group_id, &user, None, news)
    })
}

pub fn add(actor: &str, group_id: &str, user_ids: &[String]) -> Result<()> {
    manage(actor, group_id, user_ids, |state, deed, user, place| {
        if !matches!(place, None | Some(JOIN_REQUEST)) {
            return Ok(());
        }
        if !state.accounts.contains_key(user) {
            return Err(Error::not_found(format!("there is no user {user}")));
        }
        move_to(state, deed.group, user, Some(MEMBER), Some(ADDED))?;
        let name = state.groups[deed.group].group.name.clone();
        let content = serde_json::json!({ "group_id": deed.group, "name": name }).to_string();
        let subject = format!("You've been added to group {name}");
        let notification = crate::testing::host::notification(state, subject, content, -4, deed.actor);
        state.notify(user, notification);
        Ok(())
    })
}

pub fn kick(actor: &str, group_id: &str, user_ids: &[String]) -> Result<()> {
    manage(actor, group_id, user_ids, |state, deed, user, place| match place {
        Some(JOIN_REQUEST | BANNED) => move_to(state, deed.group, user, None, None),
        Some(_) => move_to(state, deed.group, user, None, Some(KICKED)),
        None => Ok(()),
    })
}

pub fn ban(actor: &str, group_id: &str, user_ids: &[String]) -> Result<()> {
    manage(actor, group_id, user_ids, |state, deed, user, place| match place {
        Some(JOIN_REQUEST) => move_to(state, deed.group, user, Some(BANNED), None),
        None | Some(BANNED) => Ok(()),
        Some(_) => move_to(state, deed.group, user, Some(BANNED), Some(OUT_FOR_GOOD)),
    })
}

pub fn promote(actor: &str, group_id: &str, user_ids: &[String]) -> Result<()> {
    manage(actor, group_id, user_ids, |state, deed, user, place| match place {
        Some(MEMBER | ADMIN) => move_to(state, deed.group, user, place.map(|place| place - 1), Some(PROMOTED)),
        _ => Ok(()),
    })
}

pub fn demote(actor: &str, group_id: &str, user_ids: &[String]) -> Result<()> {
    manage(actor, group_id, user_ids, |state, deed, user, place| match place {
        Some(SUPERADMIN | ADMIN) => move_to(state, deed.group, user, place.map(|place| place + 1), Some(DEMOTED)),
        _ => Ok(()),
    })
}

/// Who does something, and in which group.
struct Deed<'a> {
    actor: &'a str,
    group: &'a str,
}

type Act = fn(&mut State, &Deed<'_>, &str, Option<i32>) -> Result<()>;

/// Does something to each of the users whom the actor outranks, or to none.
fn manage(actor: &str, group_id: &str, user_ids: &[String], act: Act) -> Result<()> {
    let (group_id, users) = (id("group id", group_id)?, ids("user id", user_ids)?);
    let actor = user_or_server("actor", actor)?;
    with(|state| {
        state.acting(&actor)?;
        if users.is_empty() {
            return Ok(());
        }
        let may_not = || Error::not_found("Group not found or permission denied.");
        let group = state.groups.get(&group_id).ok_or_else(may_not)?;
        let rank = match group.states.get(&actor) {
            _ if actor == NIL => SUPERADMIN,
            Some(&rank) if rank <= ADMIN => rank,
            _ => return Err(may_not()),
        };
        let before = (state.groups.clone(), state.channels.clone(), state.notifications.clone(), state.streams.clone());
        let mut seen = BTreeSet::from([actor.clone()]);
        for user in users.into_iter().filter(|user| seen.insert(user.clone())) {
            let place = state.groups[&group_id].states.get(&user).copied();
            if place.is_none_or(|place| rank == SUPERADMIN || rank < place) {
                let done = act(state, &Deed { actor: &actor, group: &group_id }, &user, place);
                if let Err(error) = done {
                    (state.groups, state.channels, state.notifications, state.streams) = before;
                    return Err(error);
                }
            }
        }
        Ok(())
    })
}

/// Gives a user another place in a group, and writes it into the group's channel where there is news.
fn move_to(state: &mut State, group_id: &str, user: &str, to: Option<i32>, news: Option<i32>) -> Result<()> {
    let now = state.second();
    let username = state.acting(user).unwrap_or_default();
    let Some(members) = state.groups.get_mut(group_id) else { return Ok(()) };
    let was_in = members.states.get(user).is_some_and(|place| *place <= MEMBER);
    let is_in = to.is_some_and(|place| place <= MEMBER);
    if is_in && !was_in && members.group.edge_count >= members.group.max_count {
        return Err(Error::invalid_argument("Group is full."));
    }
    if is_last_superadmin(members, user) && to != Some(SUPERADMIN) {
        return Err(Error::failed_precondition(format!("user {user} is the last superadmin of the group")));
    }
    match to {
        Some(place) => members.states.insert(user.to_owned(), place),
        None => members.states.remove(user),
    };
    members.group.edge_count += i32::from(is_in) - i32::from(was_in);
    members.group.update_time = Some(now);
    let stream = (3, group_id.to_owned(), String::new(), String::new());
    if let Some(code) = news {
        channel::publish(state, &stream, user, &username, "{}", code, true);
    }
    if was_in && !is_in {
        crate::testing::host::stream::remove(state, &stream, |member| member.user_id == user);
    }
    Ok(())
}

fn is_last_superadmin(members: &Members, user: &str) -> bool {
    let superadmins = members.states.values().filter(|place| **place == SUPERADMIN).count();
    members.states.get(user) == Some(&SUPERADMIN) && superadmins == 1
}

fn tell_managers(state: &mut State, group_id: &str, user: &str, username: &str) {
    let managers = state.groups[group_id].states.iter().filter(|(_, place)| **place <= ADMIN);
    let managers: Vec<String> = managers.map(|(manager, _)| manager.clone()).collect();
    for manager in managers {
        let content = serde_json::json!({ "group_id": group_id, "username": username }).to_string();
        let subject = format!("User {username} wants to join your group");
        let notification = crate::testing::host::notification(state, subject, content, -5, user);
        state.notify(&manager, notification);
    }
}
