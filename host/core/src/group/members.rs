//! Who is in a group: how that changes, who may change it, and who is told.
//!
//! Each change is one write, with its messages in the group's channel and its notifications: what it finds is still so
//! when it changes it. Of several users in one call either all are changed or none is; one for whom there is nothing to
//! change is passed over. Superadmins manage everybody, admins those below them, others nobody, and the server
//! everybody. Nobody manages themselves: leaving is the way.

use super::roster::Roster;
use super::{GroupError, GroupState, Groups};
use crate::caller::Actor;
use crate::history::{Happenings, MessageCode};
use crate::ids::{GroupId, UserId};
use crate::notification::{NewNotification, Notifications, code};
use crate::store::StoreError;
use crate::stream::{Stream, mode};
use serde_json::json;
use std::collections::HashSet;

/// Users that one call may be about: all of them are one write.
const USERS_MAX: usize = 1000;

/// A change of a group's members while it is made.
struct Change<'a> {
    roster: Roster<'a>,
    happenings: &'a mut Happenings,
    notifications: &'a Notifications,
    actor: Actor,
    /// The actor's own place; none for the server.
    rank: Option<GroupState>,
}

/// What is done to each user.
type Deed = fn(&mut Change<'_>, UserId, Option<GroupState>) -> Result<(), GroupError>;

impl Groups {
    /// Joins an open group, or asks to join a closed one, of which its superadmins and admins are notified. Nothing
    /// happens for one who is in it, who has asked, or who is banned. Who has asked joins once the group is open.
    ///
    /// # Errors
    /// When there is no such group or user, the group is full, or has 1,000 requests.
    pub async fn join(&self, actor: Actor, group: GroupId) -> Result<(), GroupError> {
        let (notifications, now) = (self.notifications.clone(), self.env.now());
        let joined = self.history.alter(channel(group), move |txn, happenings| {
            let mut roster = Roster::open(txn, group)?.ok_or(GroupError::NotFound)?;
            let user = roster.user(actor.user_id)?;
            let place = roster.place(user.user_id)?;
            match place {
                None if !roster.row.open => {
                    roster.change(user.user_id, None, Some(GroupState::JoinRequest))?;
                    tell_managers(&mut roster, &notifications, &user)?;
                }
                None | Some(GroupState::JoinRequest) if roster.row.open => {
                    roster.change(user.user_id, place, Some(GroupState::Member))?;
                    happenings.message(roster.txn, user, MessageCode::GroupJoin)?;
                }
                _ => return Ok(()),
            }
            Ok(roster.store(now)?)
        });
        joined.await
    }

    /// Leaves a group, or takes a request back. Nothing happens for one who is not in it; a ban stays.
    ///
    /// # Errors
    /// When there is no such group, or the user is its last superadmin.
    pub async fn leave(&self, actor: Actor, group: GroupId) -> Result<(), GroupError> {
        let now = self.env.now();
        let left = self.history.alter(channel(group), move |txn, happenings| {
            let mut roster = Roster::open(txn, group)?.ok_or(GroupError::NotFound)?;
            let user = actor.user_id;
            let place = roster.place(user)?;
            if matches!(place, None | Some(GroupState::Banned)) {
                return Ok(());
            }
            roster.change(user, place, None).map_err(|error| match error {
                GroupError::LastSuperadmin(_) => GroupError::LastSuperadminLeaves,
                other => other,
            })?;
            if place.is_some_and(GroupState::is_member) {
                let about = roster.user(user).unwrap_or(actor);
                happenings.message(roster.txn, about, MessageCode::GroupLeave)?;
                happenings.evict(user, true);
            }
            Ok(roster.store(now)?)
        });
        left.await
    }

    /// Adds users, or accepts their requests; each is notified. Those who are in it or banned are passed over.
    ///
    /// # Errors
    /// When there is no such group or user, the actor may not, or the group is full.
    pub async fn add(&self, actor: Actor, group: GroupId, users: Vec<UserId>) -> Result<(), GroupError> {
        self.manage(actor, group, users, |change, user, place| {
            if !matches!(place, None | Some(GroupState::JoinRequest)) {
                return Ok(());
            }
            // Also where there is no account, so that nobody is in a group who is nobody.
            change.roster.user(user)?;
            change.move_to(user, place, Some(GroupState::Member), Some(MessageCode::GroupAdd))?;
            change.tell_added(user)
        })
        .await
    }

    /// Takes users out, refuses their requests, and lifts bans.
    ///
    /// # Errors
    /// When there is no such group, the actor may not, or the server takes its last superadmin out.
    pub async fn kick(&self, actor: Actor, group: GroupId, users: Vec<UserId>) -> Result<(), GroupError> {
        self.manage(actor, group, users, |change, user, place| match place {
            Some(GroupState::JoinRequest | GroupState::Banned) => change.move_to(user, place, None, None),
            Some(_) => change.take_out(user, place, None, MessageCode::GroupKick),
            None => Ok(()),
        })
        .await
    }

    /// Takes users out for good: joining has no effect for them until a kick lifts the ban. Those who neither are in it
    /// nor ask to be are passed over.
    ///
    /// # Errors
    /// As [`Self::kick`].
    pub async fn ban(&self, actor: Actor, group: GroupId, users: Vec<UserId>) -> Result<(), GroupError> {
        self.manage(actor, group, users, |change, user, place| match place {
            Some(GroupState::JoinRequest) => change.move_to(user, place, Some(GroupState::Banned), None),
            None | Some(GroupState::Banned) => Ok(()),
            Some(_) => change.take_out(user, place, Some(GroupState::Banned), MessageCode::GroupBan),
        })
        .await
    }

    /// Raises users by one rank: members to admins, admins to superadmins. An admin raises members only, and a request
    /// is no rank: accepting it is adding the user.
    ///
    /// # Errors
    /// When there is no such group, or the actor may not.
    pub async fn promote(&self, actor: Actor, group: GroupId, users: Vec<UserId>) -> Result<(), GroupError> {
        self.manage(actor, group, users, |change, user, place| {
            let higher = match place {
                Some(GroupState::Member) => GroupState::Admin,
                Some(GroupState::Admin) => GroupState::Superadmin,
                _ => return Ok(()),
            };
            change.move_to(user, place, Some(higher), Some(MessageCode::GroupPromote))
        })
        .await
    }

    /// Lowers users by one rank: superadmins to admins, admins to members.
    ///
    /// # Errors
    /// When there is no such group, the actor may not, or the server lowers its last superadmin.
    pub async fn demote(&self, actor: Actor, group: GroupId, users: Vec<UserId>) -> Result<(), GroupError> {
        self.manage(actor, group, users, |change, user, place| {
            let lower = match place {
                Some(GroupState::Superadmin) => GroupState::Admin,
                Some(GroupState::Admin) => GroupState::Member,
                _ => return Ok(()),
            };
            change.move_to(user, place, Some(lower), Some(MessageCode::GroupDemote))
        })
        .await
    }

    /// Does something to each of some users, in the name of somebody who may.
    async fn manage(&self, actor: Actor, group: GroupId, users: Vec<UserId>, deed: Deed) -> Result<(), GroupError> {
        if users.is_empty() {
            return Ok(());
        }
        if users.len() > USERS_MAX {
            return Err(GroupError::TooManyUsers(users.len()));
        }
        let (notifications, now) = (self.notifications.clone(), self.env.now());
        let done = self.history.alter(channel(group), move |txn, happenings| {
            let roster = Roster::open(txn, group)?.ok_or(GroupError::MayNotManage)?;
            let rank = match roster.place(actor.user_id)? {
                _ if actor.user_id.is_nil() => None,
                Some(rank) if rank <= GroupState::Admin => Some(rank),
                _ => return Err(GroupError::MayNotManage),
            };
            let mut change = Change { roster, happenings, notifications: &notifications, actor, rank };
            let mut seen = HashSet::from([change.actor.user_id]);
            for user in users.into_iter().filter(|user| seen.insert(*user)) {
                let place = change.roster.place(user)?;
                if place.is_none_or(|place| change.outranks(place)) {
                    deed(&mut change, user, place)?;
                }
            }
            Ok(change.roster.store(now)?)
        });
        done.await
    }
}

impl Change<'_> {
    fn outranks(&self, place: GroupState) -> bool {
        match self.rank {
            None | Some(GroupState::Superadmin) => true,
            Some(rank) => rank < place,
        }
    }

    /// Gives a user another place, and tells of it in the channel where that is news.
    fn move_to(
        &mut self,
        user: UserId,
        from: Option<GroupState>,
        to: Option<GroupState>,
        news: Option<MessageCode>,
    ) -> Result<(), GroupError> {
        self.roster.change(user, from, to)?;
        if let Some(news) = news {
            let about = self.roster.user(user)?;
            self.happenings.message(self.roster.txn, about, news)?;
        }
        Ok(())
    }

    /// Takes a user out of the group and its channel, who still hears of it.
    fn take_out(
        &mut self,
        user: UserId,
        from: Option<GroupState>,
        to: Option<GroupState>,
        news: MessageCode,
    ) -> Result<(), GroupError> {
        self.move_to(user, from, to, Some(news))?;
        self.happenings.evict(user, true);
        Ok(())
    }

    fn tell_added(&mut self, user: UserId) -> Result<(), GroupError> {
        let name = &self.roster.row.name;
        let notification = NewNotification {
            user_id: user,
            subject: format!("You've been added to group {name}"),
            content: json!({"group_id": self.roster.id.to_string(), "name": name}).to_string(),
            code: code::GROUP_ADD,
            sender_id: self.actor.user_id,
            persistent: true,
        };
        Ok(self.notifications.post(self.roster.txn, notification)?)
    }
}

/// Tells those who manage a group that somebody wants to join it.
fn tell_managers(roster: &mut Roster<'_>, notifications: &Notifications, user: &Actor) -> Result<(), StoreError> {
    let Actor { user_id, username } = user;
    for manager in roster.managers()? {
        let notification = NewNotification {
            user_id: manager,
            subject: format!("User {username} wants to join your group"),
            content: json!({"group_id": roster.id.to_string(), "username": **username}).to_string(),
            code: code::GROUP_JOIN_REQUEST,
            sender_id: *user_id,
            persistent: true,
        };
        notifications.post(roster.txn, notification)?;
    }
    Ok(())
}

fn channel(group: GroupId) -> Stream {
    Stream::about(mode::GROUP, group.uuid())
}
