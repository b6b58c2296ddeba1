//! Groups as wire messages.

use super::{user, whole_seconds};
use meadhall_core::group::{Group, GroupPage, GroupUserPage, UserGroupPage};
use meadhall_protocol::api;

/// A group, as everybody sees it.
pub fn group(group: &Group) -> api::Group {
    api::Group {
        id: group.id.to_string(),
        creator_id: group.creator_id.to_string(),
        name: group.name.clone(),
        description: group.description.clone(),
        lang_tag: group.lang_tag.clone(),
        metadata: group.metadata.clone(),
        avatar_url: group.avatar_url.clone(),
        open: Some(group.open),
        edge_count: i32::try_from(group.edge_count).unwrap_or(i32::MAX),
        max_count: i32::try_from(group.max_count).unwrap_or(i32::MAX),
        create_time: whole_seconds(group.create_time),
        update_time: whole_seconds(group.update_time),
    }
}

/// A page of groups.
pub fn group_list(page: &GroupPage) -> api::GroupList {
    api::GroupList { groups: page.groups.iter().map(group).collect(), cursor: page.cursor.clone().unwrap_or_default() }
}

/// A page of a group's users.
pub fn group_user_list(page: GroupUserPage) -> api::GroupUserList {
    let users = page
        .users
        .into_iter()
        .map(|(one, state)| api::group_user_list::GroupUser { user: Some(user(one)), state: Some(state as i32) });
    api::GroupUserList { group_users: users.collect(), cursor: page.cursor.unwrap_or_default() }
}

/// A page of a user's groups.
pub fn user_group_list(page: &UserGroupPage) -> api::UserGroupList {
    let groups = page
        .groups
        .iter()
        .map(|(one, state)| api::user_group_list::UserGroup { group: Some(group(one)), state: Some(*state as i32) });
    api::UserGroupList { user_groups: groups.collect(), cursor: page.cursor.clone().unwrap_or_default() }
}
