//! Lists of groups, of a group's users, and of a user's groups: each a range of rows, read page by page.

use super::{Group, GroupError, GroupFilter, GroupPage, GroupState, GroupUserPage, Groups, UserGroupPage};
use crate::account::User;
use crate::ids::{GroupId, UserId};
use crate::store::StoreError;
use crate::store::cursor::{Order, page};
use crate::store::group as rows;
use crate::store::key::KeyRange;
use crate::store::view::Reader;

impl Groups {
    /// Groups by name or by what they are.
    ///
    /// # Errors
    /// When the filter has a name and something else, or the cursor is not of this list.
    pub async fn list(
        &self,
        filter: GroupFilter,
        limit: usize,
        cursor: Option<String>,
    ) -> Result<GroupPage, GroupError> {
        let (list, order) = list_of(&filter)?;
        let read = self.store.read(move |reader| {
            let Some(page) = page(reader, &list, order, limit, cursor.as_deref())? else { return Ok(None) };
            let ids = page.rows.iter().map(|(key, _)| rows::of_index(key));
            let groups = ids.filter_map(|id| id.and_then(|id| group(reader, id)).transpose());
            Ok(Some(GroupPage { groups: groups.collect::<Result<_, _>>()?, cursor: page.cursor }))
        });
        read.await?.ok_or(GroupError::InvalidCursor)
    }

    /// The users of a group, all members and requests or those of one state. A group that is not there has none.
    ///
    /// # Errors
    /// When the cursor is not of this list.
    pub async fn users(
        &self,
        group: GroupId,
        limit: usize,
        state: Option<GroupState>,
        cursor: Option<String>,
    ) -> Result<GroupUserPage, GroupError> {
        let accounts = self.users.clone();
        let read = self.store.read(move |reader| {
            let list = rows::member_list(group, state);
            let Some(page) = page(reader, &list, Order::Ascending, limit, cursor.as_deref())? else { return Ok(None) };
            let mut users = Vec::with_capacity(page.rows.len());
            for (key, _) in &page.rows {
                let (user, state) = rows::member_of(key)?;
                if let Some(user) = accounts.read(reader, user)? {
                    users.push((User { edge_count: 0, ..user }, state));
                }
            }
            Ok(Some(GroupUserPage { users, cursor: page.cursor }))
        });
        read.await?.ok_or(GroupError::InvalidCursor)
    }

    /// The groups of a user, all or those of one state. All are those that the user is in or asks to be in.
    ///
    /// # Errors
    /// When the cursor is not of this list.
    pub async fn of_user(
        &self,
        user: UserId,
        limit: usize,
        state: Option<GroupState>,
        cursor: Option<String>,
    ) -> Result<UserGroupPage, GroupError> {
        let read = self.store.read(move |reader| {
            let list = rows::user_group_list(user, state);
            let Some(page) = page(reader, &list, Order::Ascending, limit, cursor.as_deref())? else { return Ok(None) };
            let mut groups = Vec::with_capacity(page.rows.len());
            for (key, _) in &page.rows {
                let (id, state) = rows::user_group_of(key)?;
                groups.extend(group(reader, id)?.map(|group| (group, state)));
            }
            Ok(Some(UserGroupPage { groups, cursor: page.cursor }))
        });
        read.await?.ok_or(GroupError::InvalidCursor)
    }

    /// Groups by id, each once, in the order asked for; unknown ones are left out.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn get(&self, ids: Vec<GroupId>) -> Result<Vec<Group>, GroupError> {
        let read = self.store.read(move |reader| {
            let mut seen = std::collections::HashSet::new();
            let ids = ids.into_iter().filter(|id| seen.insert(*id));
            ids.filter_map(|id| group(reader, id).transpose()).collect()
        });
        Ok(read.await?)
    }
}

/// The rows of a filter. Those with the most members come first, so that each range is read from its end.
fn list_of(filter: &GroupFilter) -> Result<(KeyRange, Order), GroupError> {
    let GroupFilter { name, open, lang_tag, members } = filter;
    let Some(name) = name else {
        return Ok((rows::with(*open, lang_tag.as_deref(), *members), Order::Descending));
    };
    if open.is_some() || lang_tag.is_some() || members.is_some() {
        return Err(GroupError::NameFilterNotAlone);
    }
    let list = match name.strip_suffix('%') {
        Some(prefix) => rows::with_name_prefix(prefix),
        None => rows::with_name(name),
    };
    Ok((list, Order::Ascending))
}

fn group(reader: &Reader, id: GroupId) -> Result<Option<Group>, StoreError> {
    Ok(rows::get(reader, id)?.map(|row| Group::of_row(id, row)))
}
