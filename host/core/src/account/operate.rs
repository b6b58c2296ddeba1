//! What operators and plugins do to accounts: disabling, enabling and deleting them.

use super::{AccountError, put, rows};
use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::notification::code;
use crate::push::{Push, PushEvent};
use crate::session::CloseReason;
use crate::store::account::{AccountRow, Unique};
use crate::store::{Txn, read_marker};
use crate::{Core, friend, group, notification, storage};
use std::sync::Arc;

/// The notification to the sockets of a user who is banned, before they close.
const BANNED: &str = "banned";

impl Core {
    /// The user of an id or, where no account has it, of a name.
    ///
    /// # Errors
    /// When there is none, or the disk fails.
    pub async fn find_account(&self, id_or_name: String) -> Result<UserId, AccountError> {
        let found = self.store.read(move |reader| {
            let id = id_or_name.parse().ok();
            match id.map(|id| rows::exists(reader, id)).transpose()? {
                Some(true) => Ok(id),
                _ => rows::find(reader, &Unique::Username(id_or_name)),
            }
        });
        found.await?.ok_or(AccountError::NotFound)
    }

    /// Disables an account: its user cannot log in, none of their tokens counts, and their sockets are told (code -8) and
    /// closed. Nothing changes when it is disabled already.
    ///
    /// # Errors
    /// When there is no such account, or the disk fails.
    pub async fn ban(&self, user: UserId) -> Result<(), AccountError> {
        let now = self.env.now();
        let revoke = self.revocations.ban(user, now);
        let banned = self.store.write(move |txn| {
            if set_disabled(txn, user, Some(now))? {
                revoke(txn)?;
            }
            Ok::<_, AccountError>(())
        });
        banned.await??;
        for session in self.sessions.of_user(user) {
            let told = self.notifications.transient(user, BANNED, code::BANNED);
            session.outbox.push(Arc::new(Push::new(PushEvent::Notification(told))));
            session.close(CloseReason::Disconnected { detail: None });
        }
        Ok(())
    }

    /// Enables an account again. Its user logs in anew: no token from before counts. Nothing changes when it is not
    /// disabled.
    ///
    /// # Errors
    /// When there is no such account, or the disk fails.
    pub async fn unban(&self, user: UserId) -> Result<(), AccountError> {
        let revoke = self.revocations.unban(user, self.env.now());
        let enabled = self.store.write(move |txn| {
            if set_disabled(txn, user, None)? {
                revoke(txn)?;
            }
            Ok(())
        });
        enabled.await?
    }

    /// Deletes an account with its credentials, friends, groups, notifications, storage objects and read markers, all in
    /// one write, and closes its sockets. Messages stay, with the name they were sent under. No token of the user counts
    /// any more: that is remembered until `tokens_until`, when all of them have expired.
    ///
    /// # Errors
    /// When there is no such account, or the disk fails: nothing is changed.
    pub async fn delete_account(&self, user: UserId, tokens_until: Timestamp) -> Result<(), AccountError> {
        let revoke = self.revocations.end(user, tokens_until);
        let deleted = self.store.write(move |txn| {
            if !rows::exists(txn, user)? {
                return Err(AccountError::NotFound);
            }
            friend::delete_all(txn, user)?;
            group::delete_all(txn, user)?;
            notification::delete_all(txn, user)?;
            storage::delete_all(txn, user)?;
            read_marker::delete_all(txn, user)?;
            put(txn, user, None)?;
            Ok(revoke(txn)?)
        });
        deleted.await??;
        for session in self.sessions.of_user(user) {
            session.close(CloseReason::Disconnected { detail: None });
        }
        Ok(())
    }
}

/// Disables or enables an account; false when it was so already.
fn set_disabled(txn: &mut Txn, user: UserId, since: Option<Timestamp>) -> Result<bool, AccountError> {
    let row = rows::get(txn, user)?.ok_or(AccountError::NotFound)?;
    if row.disable_time.is_some() == since.is_some() {
        return Ok(false);
    }
    put(txn, user, Some(&AccountRow { disable_time: since.map(Timestamp::seconds), ..row }))?;
    Ok(true)
}
