//! A group while a write changes who is in it: the one place where its counts, its capacity and its last superadmin
//! are looked after.

use super::{GroupError, GroupState};
use crate::caller::Actor;
use crate::clock::Timestamp;
use crate::ids::{GroupId, UserId};
use crate::store::group::{self as rows, GroupRow, PutError};
use crate::store::{StoreError, Txn, account};

/// Join requests that a group keeps, so that strangers cannot fill the disk with them.
pub(super) const REQUESTS_MAX: u32 = 1000;

/// The places in one group. Its row is stored by [`Roster::store`], last.
#[derive(Debug)]
pub(super) struct Roster<'a> {
    pub(super) txn: &'a mut Txn,
    pub(super) id: GroupId,
    pub(super) row: GroupRow,
    changed: bool,
}

impl<'a> Roster<'a> {
    /// The places in a group; none when there is no such group.
    pub(super) fn open(txn: &'a mut Txn, id: GroupId) -> Result<Option<Self>, StoreError> {
        Ok(rows::get(txn, id)?.map(|row| Self { txn, id, row, changed: false }))
    }

    pub(super) fn place(&self, user: UserId) -> Result<Option<GroupState>, StoreError> {
        rows::place(self.txn, self.id, user)
    }

    /// Whether a user is the only superadmin.
    pub(super) fn is_last_superadmin(&self, user: UserId) -> Result<bool, StoreError> {
        Ok(rows::superadmins(self.txn, self.id, 2)? == [user])
    }

    /// Moves a user from the place they have to another one.
    ///
    /// # Errors
    /// When the group is full, has too many join requests, or would lose its last superadmin.
    pub(super) fn change(
        &mut self,
        user: UserId,
        from: Option<GroupState>,
        to: Option<GroupState>,
    ) -> Result<(), GroupError> {
        let is_in = |state: Option<GroupState>| state.is_some_and(GroupState::is_member);
        if is_in(to) && !is_in(from) && self.row.edge_count >= self.row.max_count {
            return Err(GroupError::Full);
        }
        if to == Some(GroupState::JoinRequest) && self.row.request_count >= REQUESTS_MAX {
            return Err(GroupError::TooManyRequests(self.row.request_count));
        }
        if from == Some(GroupState::Superadmin) && self.is_last_superadmin(user)? {
            return Err(GroupError::LastSuperadmin(user));
        }
        Ok(self.put(user, from, to)?)
    }

    /// The same without its conditions.
    pub(super) fn put(
        &mut self,
        user: UserId,
        from: Option<GroupState>,
        to: Option<GroupState>,
    ) -> Result<(), StoreError> {
        self.changed = true;
        self.row.count(from, to);
        rows::set_place(self.txn, self.id, user, from, to)
    }

    /// Those who manage the group.
    pub(super) fn managers(&self) -> Result<Vec<UserId>, StoreError> {
        let managers = rows::all_members(self.txn, self.id, &[GroupState::Superadmin, GroupState::Admin])?;
        Ok(managers.into_iter().map(|(user, _)| user).collect())
    }

    /// A user as messages in the group's channel name them.
    ///
    /// # Errors
    /// When there is no such user.
    pub(super) fn user(&self, user: UserId) -> Result<Actor, GroupError> {
        let account = account::get(self.txn, user)?.ok_or(GroupError::UserNotFound(user))?;
        Ok(Actor { user_id: user, username: account.username.into() })
    }

    /// Stores what has changed of the group itself: nothing when nobody has moved.
    pub(super) fn store(mut self, now: Timestamp) -> Result<(), StoreError> {
        if !self.changed {
            return Ok(());
        }
        self.row.update_time = now.seconds();
        // Its name is what it was.
        match rows::put(self.txn, self.id, &self.row) {
            Err(PutError::Store(error)) => Err(error),
            Ok(()) | Err(PutError::NameTaken) => Ok(()),
        }
    }
}
