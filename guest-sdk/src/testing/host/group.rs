//! Groups: what they are. Who is in them is in `roster`.

mod roster;

pub use roster::{add, ban, demote, join, kick, leave, promote};

use super::account::too_long;
use super::json;
use crate::message::{Group, GroupList, GroupUser, GroupUserList, User, UserGroup, UserGroupList};
use crate::testing::checks::{at_most_many, id, ids, page, page_size, somebody, user_or_server};
use crate::testing::state::{Members, NIL, State, unsupported, with};
use crate::{Error, Result};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const SUPERADMIN: i32 = 0;
const ADMIN: i32 = 1;
const MEMBER: i32 = 2;
const JOIN_REQUEST: i32 = 3;
const BANNED: i32 = 4;

pub fn create(creator: &str, group: &str) -> Result<String> {
    let creator = somebody(creator)?;
    let mut fields: Map<String, Value> = serde_json::from_str(group)?;
    // In a new group, what is empty is what is not said; no count is the default one.
    fields.retain(|_, value| *value != "" && *value != 0);
    if !fields.contains_key("name") {
        return Err(Error::invalid_argument("Group name must be set."));
    }
    check(&fields)?;
    with(|state| {
        if !state.accounts.contains_key(&creator) {
            return Err(Error::not_found(format!("there is no user {creator}")));
        }
        if named(state, fields["name"].as_str().unwrap_or_default()).is_some() {
            return Err(Error::already_exists("Group name is in use."));
        }
        let (id, now) = (state.id(), state.second());
        let mut group = Group {
            id: id.clone(),
            creator_id: creator.clone(),
            lang_tag: "en".into(),
            metadata: "{}".into(),
            open: Some(false),
            edge_count: 1,
            max_count: 100,
            create_time: Some(now.clone()),
            update_time: Some(now),
            ..Group::default()
        };
        change(&mut group, fields);
        let states = BTreeMap::from([(creator, SUPERADMIN)]);
        state.groups.insert(id, Members { group: group.clone(), states });
        Ok(json(&group))
    })
}

pub fn update(actor: &str, group_id: &str, changes: &str) -> Result<()> {
    let (actor, group_id) = (user_or_server("actor", actor)?, id("group id", group_id)?);
    let mut fields: Map<String, Value> = serde_json::from_str(changes)?;
    fields.retain(|_, value| !value.is_null());
    if fields.is_empty() {
        return Err(Error::invalid_argument("Specify at least one field to update."));
    }
    for (name, problem) in [("name", "Group name cannot be empty."), ("lang_tag", "Group language cannot be empty.")] {
        if fields.get(name) == Some(&Value::from("")) {
            return Err(Error::invalid_argument(problem));
        }
    }
    if fields.get("max_count") == Some(&Value::from(0)) {
        return Err(Error::invalid_argument("Group max count must be >= 1 when set."));
    }
    check(&fields)?;
    with(|state| {
        let now = state.second();
        let found = state.groups.get(&group_id);
        let may =
            found.is_some_and(|group| actor == NIL || group.states.get(&actor).is_some_and(|rank| *rank <= ADMIN));
        if !may {
            return Err(Error::not_found("Group not found or you're not allowed to update."));
        }
        let name = fields.get("name").and_then(Value::as_str);
        if name.and_then(|name| named(state, name)).is_some_and(|other| other != group_id) {
            return Err(Error::invalid_argument("Group name is in use."));
        }
        let Some(Members { group, .. }) = state.groups.get_mut(&group_id) else { return Ok(()) };
        let max_count = fields.get("max_count").and_then(Value::as_i64).unwrap_or(group.max_count.into());
        if max_count < group.edge_count.into() {
            let problem = format!("group has {} members, its max count cannot be {max_count}", group.edge_count);
            return Err(Error::invalid_argument(problem));
        }
        change(group, fields);
        group.update_time = Some(now);
        Ok(())
    })
}

pub fn delete(actor: &str, group_id: &str) -> Result<()> {
    let (actor, group_id) = (user_or_server("actor", actor)?, id("group id", group_id)?);
    with(|state| {
        let found = state.groups.get(&group_id);
        if !found.is_some_and(|group| actor == NIL || group.states.get(&actor) == Some(&SUPERADMIN)) {
            return Err(Error::invalid_argument("Group not found or you're not allowed to delete."));
        }
        state.groups.remove(&group_id);
        state.streams.remove(&(3, group_id, String::new(), String::new()));
        Ok(())
    })
}

pub fn get(group_ids: &[impl AsRef<str>]) -> Result<String> {
    at_most_many("group id", group_ids.len())?;
    let mut wanted = ids("group id", group_ids)?;
    let mut seen = std::collections::BTreeSet::new();
    wanted.retain(|id| seen.insert(id.clone()));
    let groups = with(|state| wanted.iter().filter_map(|id| Some(state.groups.get(id)?.group.clone())).collect());
    Ok(json(&GroupList { groups, ..GroupList::default() }))
}

pub fn list(filter: &str, limit: u32, cursor: &str) -> Result<String> {
    let limit = page_size(limit)?;
    let filter: Map<String, Value> = serde_json::from_str(filter)?;
    if filter.contains_key("name") && filter.len() > 1 {
        return Err(Error::invalid_argument("name filter cannot be combined with any other filter"));
    }
    let mut groups: Vec<Group> = with(|state| state.groups.values().map(|members| members.group.clone()).collect());
    groups.retain(|group| filter.iter().all(|(name, value)| fits(group, name, value)));
    if filter.contains_key("name") {
        groups.sort_by_key(|group| group.name.to_lowercase());
    } else {
        groups.sort_by_key(|group| std::cmp::Reverse((group.edge_count, group.id.clone())));
    }
    let (groups, cursor) = page(groups, limit, cursor, "Cursor is invalid.")?;
    Ok(json(&GroupList { groups, cursor, ..GroupList::default() }))
}

fn fits(group: &Group, filter: &str, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    match filter {
        "name" => match text.strip_suffix('%') {
            Some(prefix) => group.name.to_lowercase().starts_with(&prefix.to_lowercase()),
            None => group.name == text,
        },
        "open" => group.open == value.as_bool(),
        "lang_tag" => group.lang_tag == text,
        "members" => value.as_i64().is_some_and(|most| i64::from(group.edge_count) <= most),
        other => unsupported(&format!("a filter {other:?} of groups")),
    }
}

pub fn users(group_id: &str, limit: u32, state: Option<u32>, cursor: &str) -> Result<String> {
    let (group_id, limit, wanted) = (id("group id", group_id)?, page_size(limit)?, place(state)?);
    with(|state| {
        let mut members: Vec<_> =
            state.groups.get(&group_id).into_iter().flat_map(|members| members.states.iter()).collect();
        members.retain(|(_, place)| wanted.map_or(**place != BANNED, |wanted| **place == wanted));
        members.sort_by_key(|(user, place)| (**place, (*user).clone()));
        let users = members.into_iter().filter_map(|(user, place)| {
            let user = User { edge_count: 0, ..state.user(user)? };
            Some(GroupUser { user: Some(user), state: Some(*place), ..GroupUser::default() })
        });
        let (group_users, cursor) = page(users.collect(), limit, cursor, "Cursor is invalid.")?;
        Ok(json(&GroupUserList { group_users, cursor, ..GroupUserList::default() }))
    })
}

pub fn of_user(user_id: &str, limit: u32, state: Option<u32>, cursor: &str) -> Result<String> {
    let (user, limit, wanted) = (somebody(user_id)?, page_size(limit)?, place(state)?);
    with(|state| {
        let places = state.groups.values().filter_map(|it| Some((*it.states.get(&user)?, it.group.clone())));
        let mut places: Vec<_> = places.collect();
        places.retain(|(place, _)| *place != BANNED && wanted.is_none_or(|wanted| *place == wanted));
        places.sort_by_key(|(place, group)| (*place, group.id.clone()));
        let groups = places.into_iter().map(|(place, group)| UserGroup {
            group: Some(group),
            state: Some(place),
            ..UserGroup::default()
        });
        let (user_groups, cursor) = page(groups.collect(), limit, cursor, "Cursor is invalid.")?;
        Ok(json(&UserGroupList { user_groups, cursor, ..UserGroupList::default() }))
    })
}

fn place(number: Option<u32>) -> Result<Option<i32>> {
    match number {
        Some(number @ 5..) => Err(Error::invalid_argument(format!("group state {number} must be 0 to 4"))),
        number => Ok(number.and_then(|number| i32::try_from(number).ok())),
    }
}

fn check(fields: &Map<String, Value>) -> Result<()> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let name = text("name");
    if name.len() > 255 {
        return Err(Error::invalid_argument(format!("group name is {} bytes, the limit is 255", name.len())));
    }
    if name.chars().any(char::is_control) {
        return Err(Error::invalid_argument("group name must not contain control characters"));
    }
    for (field, limit) in [("description", 255), ("lang_tag", 18), ("avatar_url", 512)] {
        too_long(field, text(field), limit)?;
    }
    let metadata = fields.get("metadata").map(Value::to_string).unwrap_or_default();
    too_long("metadata", &metadata, 16 << 10)
}

fn change(group: &mut Group, fields: Map<String, Value>) {
    for (name, value) in fields {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match name.as_str() {
            "name" => group.name = text,
            "description" => group.description = text,
            "lang_tag" => group.lang_tag = text,
            "metadata" => group.metadata = text,
            "avatar_url" => group.avatar_url = text,
            "open" => group.open = value.as_bool(),
            "max_count" => {
                group.max_count = value.as_i64().and_then(|count| i32::try_from(count).ok()).unwrap_or(i32::MAX)
            }
            other => unsupported(&format!("the field {other:?} of a group")),
        }
    }
}

/// The group of this name.
fn named(state: &State, name: &str) -> Option<String> {
    state.groups.values().find(|members| members.group.name == name).map(|members| members.group.id.clone())
}
