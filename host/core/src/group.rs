//! Groups: users with a name, a chat channel of their own, and ranks.
//!
//! A group is made, changed and deleted here; `members` is who is in it, `list` how it is found. All checks are made in
//! the write that changes something, so that of what happens at once one thing happens first.

mod types;
mod error;
pub(crate) mod check;
mod roster;
mod members;
mod list;
#[cfg(test)]
mod tests;

pub use error::GroupError;
pub use types::{Group, GroupFilter, GroupPage, GroupState, GroupUpdate, GroupUserPage, NewGroup, UserGroupPage};

use crate::account::Users;
use crate::clock::{Environment, Timestamp};
use crate::history::History;
use crate::ids::{GroupId, UserId};
use crate::notification::Notifications;
use crate::store::group::{self as rows, GroupRow, PutError};
use crate::store::{Store, StoreError, Txn, account};
use crate::stream::{Stream, mode};
use roster::Roster;
use std::sync::Arc;

/// How many members a group may have when it was not said.
const MAX_COUNT: u32 = 100;

/// The groups.
#[derive(Debug)]
pub struct Groups {
    store: Store,
    env: Environment,
    users: Users,
    notifications: Notifications,
    history: Arc<History>,
}

impl Groups {
    /// The groups in a store. Changes of members are told in the groups' channels, through `history`.
    pub(crate) fn new(
        store: Store,
        env: Environment,
        users: Users,
        notifications: Notifications,
        history: Arc<History>,
    ) -> Self {
        Self { store, env, users, notifications, history }
    }

    /// Makes a group, whose superadmin is `creator`.
    ///
    /// # Errors
    /// When something given is not valid, the name is taken, or there is no such user.
    pub async fn create(&self, creator: UserId, new: NewGroup) -> Result<Group, GroupError> {
        check::new(&new)?;
        let (id, row) = (GroupId::new(self.env.uuid()), GroupRow::new(creator, new, self.env.now()));
        let made = self.store.write(move |txn| {
            if account::get(txn, creator)?.is_none() {
                return Err(GroupError::UserNotFound(creator));
            }
            rows::set_place(txn, id, creator, None, Some(GroupState::Superadmin))?;
            rows::put(txn, id, &row).map_err(|error| match error {
                PutError::NameTaken => GroupError::NameTaken,
                PutError::Store(error) => error.into(),
            })?;
            Ok(Group::of_row(id, row))
        });
        made.await?
    }

    /// Changes a group; for its superadmins and admins, and the server.
    ///
    /// # Errors
    /// When nothing is given, something is not valid, the name is taken, there is no such group, or the actor may not.
    pub async fn update(&self, actor: UserId, group: GroupId, update: GroupUpdate) -> Result<(), GroupError> {
        check::update(&update)?;
        let now = self.env.now();
        let changed = self.store.write(move |txn| {
            let mut row = rows::get(txn, group)?.ok_or(GroupError::MayNotUpdate)?;
            if !has_rank(txn, actor, group, GroupState::Admin)? {
                return Err(GroupError::MayNotUpdate);
            }
            row.change(update)?;
            row.update_time = now.seconds();
            rows::put(txn, group, &row).map_err(|error| match error {
                PutError::NameTaken => GroupError::NewNameTaken,
                PutError::Store(error) => error.into(),
            })
        });
        changed.await?
    }

    /// Deletes a group and closes its channel; for its superadmins, and the server. Its history stays where it is, and
    /// nobody can read it.
    ///
    /// # Errors
    /// When there is no such group, or the actor may not.
    pub async fn delete(&self, actor: UserId, group: GroupId) -> Result<(), GroupError> {
        let channel = Stream::about(mode::GROUP, group.uuid());
        let deleted = self.history.alter(channel, move |txn, happenings| {
            if rows::get(txn, group)?.is_none() || !has_rank(txn, actor, group, GroupState::Superadmin)? {
                return Err(GroupError::MayNotDelete);
            }
            delete_rows(txn, group)?;
            happenings.close();
            Ok(())
        });
        deleted.await
    }
}

/// Whether a user has this rank in a group or a higher one. The server has every rank.
fn has_rank(txn: &Txn, user: UserId, group: GroupId, rank: GroupState) -> Result<bool, StoreError> {
    Ok(user.is_nil() || rows::place(txn, group, user)?.is_some_and(|place| place <= rank))
}

fn delete_rows(txn: &mut Txn, group: GroupId) -> Result<(), StoreError> {
    rows::delete_members(txn, group)?;
    rows::delete(txn, group)
}

/// Takes a user out of all groups, as part of deleting the user, whose presences end with their sockets. A group whose
/// last superadmin this was gets a new one: whoever is next in rank, and then by id. One that nobody is left in is
/// deleted. Nothing is said in the channels: whoever is gone is not to be shown there.
///
/// # Errors
/// When the disk cannot be read.
pub(crate) fn delete_all(txn: &mut Txn, user: UserId) -> Result<(), StoreError> {
    for (group, place) in rows::places_of_user(txn, user)? {
        let Some(mut roster) = Roster::open(txn, group)? else { continue };
        if place == GroupState::Superadmin && roster.is_last_superadmin(user)? {
            match rows::first_heir(roster.txn, group, user)? {
                Some((heir, rank)) => roster.put(heir, Some(rank), Some(GroupState::Superadmin))?,
                None => {
                    delete_rows(txn, group)?;
                    continue;
                }
            }
        }
        roster.put(user, Some(place), None)?;
        let unchanged = Timestamp::from_seconds(roster.row.update_time);
        roster.store(unchanged)?;
    }
    Ok(())
}

impl GroupRow {
    fn new(creator: UserId, new: NewGroup, now: Timestamp) -> Self {
        let or = |text: String, default: &str| if text.is_empty() { default.to_owned() } else { text };
        Self {
            creator_id: creator.uuid(),
            name: new.name,
            description: new.description,
            lang_tag: or(new.lang_tag, "en"),
            metadata: or(new.metadata, "{}"),
            avatar_url: new.avatar_url,
            open: new.open,
            edge_count: 1,
            request_count: 0,
            max_count: if new.max_count == 0 { MAX_COUNT } else { new.max_count },
            create_time: now.seconds(),
            update_time: now.seconds(),
        }
    }

    fn change(&mut self, update: GroupUpdate) -> Result<(), GroupError> {
        let texts = [
            (&mut self.name, update.name),
            (&mut self.description, update.description),
            (&mut self.lang_tag, update.lang_tag),
            (&mut self.metadata, update.metadata),
            (&mut self.avatar_url, update.avatar_url),
        ];
        for (field, value) in texts {
            if let Some(value) = value {
                *field = value;
            }
        }
        self.open = update.open.unwrap_or(self.open);
        self.max_count = update.max_count.unwrap_or(self.max_count);
        if self.max_count < self.edge_count {
            return Err(GroupError::MaxCountBelowMembers { members: self.edge_count, max_count: self.max_count });
        }
        Ok(())
    }
}

impl Group {
    fn of_row(id: GroupId, row: GroupRow) -> Self {
        Self {
            id,
            creator_id: UserId::new(row.creator_id),
            name: row.name,
            description: row.description,
            lang_tag: row.lang_tag,
            metadata: row.metadata,
            avatar_url: row.avatar_url,
            open: row.open,
            edge_count: row.edge_count,
            max_count: row.max_count,
            create_time: Timestamp::from_seconds(row.create_time),
            update_time: Timestamp::from_seconds(row.update_time),
        }
    }
}
