//! Friends: edges between two users, and who has blocked whom.
//!
//! An edge has two sides that always agree: both are friends, or one has invited the other. A block has one side, and
//! takes the place of what was between the two. What a call finds and what it changes is one write, so of two users who
//! do something at once one comes first, everywhere.

mod error;
mod list;

pub use error::FriendError;

use crate::account::{Targets, User, Users};
use crate::caller::Actor;
use crate::clock::{Environment, Timestamp};
use crate::history::History;
use crate::ids::UserId;
use crate::json;
use crate::notification::{NewNotification, Notifications, code};
use crate::session::Sessions;
use crate::status::Followers;
use crate::store::account::{self as accounts, Unique};
use crate::store::friend::{self as rows, Side};
use crate::store::view::Rows;
use crate::store::{Store, StoreError, Txn};
use crate::stream::Stream;
use std::collections::HashSet;
use std::sync::Arc;

/// Bytes of an edge's metadata.
pub const METADATA_LEN_MAX: usize = 4096;

/// What another user is to a user. The numbers are public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum FriendState {
    /// A friend.
    Friend = 0,
    /// Asked to be one.
    InviteSent = 1,
    /// Asks to be one.
    InviteReceived = 2,
    /// Blocked by the user; the other side has no row.
    Blocked = 3,
}

impl FriendState {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Friend, Self::InviteSent, Self::InviteReceived, Self::Blocked];

    /// The state of a public number.
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|state| *state as i32 == number)
    }

    /// What the user is to the other one; none for a block, which the other side does not see.
    pub(crate) fn reverse(self) -> Option<Self> {
        match self {
            Self::Friend => Some(Self::Friend),
            Self::InviteSent => Some(Self::InviteReceived),
            Self::InviteReceived => Some(Self::InviteSent),
            Self::Blocked => None,
        }
    }
}

/// One side of an edge, with the user on the other one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Friend {
    /// The other user. Their count of friends is left out (0), and a blocked one is never online.
    pub user: User,
    /// What they are.
    pub state: FriendState,
    /// When the edge changed last, in whole seconds.
    pub update_time: Timestamp,
    /// A JSON object: what the user of this side gave when they asked or accepted.
    pub metadata: String,
}

/// One page of a user's edges, by state and then by user id.
#[derive(Clone, Debug, Default)]
pub struct FriendPage {
    /// The edges.
    pub friends: Vec<Friend>,
    /// Where the next page begins; none when this is the last.
    pub cursor: Option<String>,
}

/// A friend of a friend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FriendOfFriend {
    /// The friend whose friend it is.
    pub referrer: UserId,
    /// The user. Their count of friends is left out (0).
    pub user: User,
}

/// One page of the friends of a user's friends, by the ids of the friend and of the friend's friend.
#[derive(Clone, Debug, Default)]
pub struct FriendOfFriendPage {
    /// The users.
    pub friends_of_friends: Vec<FriendOfFriend>,
    /// Where the next page begins; none when this is the last.
    pub cursor: Option<String>,
}

/// The edges between users.
#[derive(Debug)]
pub struct Friends {
    store: Store,
    env: Environment,
    users: Users,
    notifications: Notifications,
    history: Arc<History>,
    online: Online,
}

/// Who is connected, and who sees whose status.
#[derive(Clone, Debug)]
pub(crate) struct Online {
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) followers: Followers,
}

impl Friends {
    /// The edges in a store. `history` is where a block closes a direct channel, `online` where it hides a status.
    pub(crate) fn new(
        store: Store,
        env: Environment,
        users: Users,
        notifications: Notifications,
        history: Arc<History>,
        online: Online,
    ) -> Self {
        Self { store, env, users, notifications, history, online }
    }

    /// Asks users to be friends, and accepts those who have asked; each of them is told. All of them, or none when this
    /// is refused. `metadata` is kept on the side of whoever asks or accepts; none is `{}`. Nothing happens to a friend,
    /// to one who is asked already, to an unknown id, and where one of the two has blocked the other.
    ///
    /// # Errors
    /// When the actor, the server or an empty name is among the targets, no name is anybody's and no id was given, the
    /// metadata is no JSON object or too long, the actor has no account, or the store failed.
    pub async fn add(&self, actor: Actor, targets: Targets, metadata: Option<String>) -> Result<(), FriendError> {
        let metadata = metadata.filter(|text| !text.is_empty()).unwrap_or_else(|| "{}".into());
        check_metadata(&metadata)?;
        if is_nobody(&targets) {
            return Ok(());
        }
        let (env, notifications) = (self.env.clone(), self.notifications.clone());
        let added = self.store.write(move |txn| {
            let others = resolve(txn, actor.user_id, &targets, FriendError::AddSelf)?;
            if others.is_empty() {
                return Err(FriendError::NoTarget);
            }
            check_account(txn, actor.user_id)?;
            let side = Side { update_time: env.now().whole_second(), metadata };
            for other in others {
                if let Some(added) = add(txn, actor.user_id, other, &side)? {
                    notifications.post(txn, added.notification(&actor, other))?;
                }
            }
            Ok(())
        });
        added.await?
    }

    /// Ends friendships, takes invitations back, refuses them, and ends blocks of the user's own: all of them, or none
    /// when this is refused. What is not there is no error, and a block that the other one holds stays.
    ///
    /// # Errors
    /// When the user, the server or an empty name is among the targets, or the store failed.
    pub async fn delete(&self, user: UserId, targets: Targets) -> Result<(), FriendError> {
        if is_nobody(&targets) {
            return Ok(());
        }
        let deleted = self.store.write(move |txn| {
            for other in resolve(txn, user, &targets, FriendError::DeleteSelf)? {
                if let Some((state, _)) = rows::find(txn, user, other)? {
                    rows::remove(txn, user, state, other)?;
                }
            }
            Ok(())
        });
        deleted.await?
    }

    /// Blocks users: ends what was between the two, closes their direct channel, and neither sees the other's status any
    /// more. Only the blocker has a row of it. Targets are blocked one after another, each of them whole or not at all:
    /// each takes its turn in a direct channel of its own, so that no message sequenced after the block arrives. What
    /// the targets are is checked before the first of them. Nothing happens to one who is blocked already, and to an
    /// unknown id.
    ///
    /// # Errors
    /// When the actor, the server or an empty name is among the targets, or no name is anybody's and no id was given:
    /// nothing is changed. When the actor has no account, or the store failed: those before are blocked.
    pub async fn block(&self, actor: Actor, targets: Targets) -> Result<(), FriendError> {
        if is_nobody(&targets) {
            return Ok(());
        }
        let user = actor.user_id;
        let others = self.store.read(move |reader| Ok(resolve(reader, user, &targets, FriendError::BlockSelf)));
        let others = others.await??;
        if others.is_empty() {
            return Err(FriendError::NoTarget);
        }
        for other in others {
            let (env, online) = (self.env.clone(), self.online.clone());
            let blocked = self.history.alter(Stream::direct(user, other), move |txn, happenings| {
                check_account(txn, user)?;
                if block(txn, user, other, env.now().whole_second())? {
                    happenings.close();
                    txn.on_commit(move |durable| {
                        if durable.is_ok() {
                            online.part(user, other);
                        }
                    });
                }
                Ok::<_, FriendError>(())
            });
            blocked.await?;
        }
        Ok(())
    }
}

/// Removes all edges of a user on both sides and the blocks that others hold on the user, as part of deleting the user.
/// The others' counts of friends follow.
pub(crate) fn delete_all(txn: &mut Txn, user: UserId) -> Result<(), StoreError> {
    rows::remove_all(txn, user)
}

/// Whether a text can be an edge's metadata.
pub(crate) fn check_metadata(metadata: &str) -> Result<(), FriendError> {
    match metadata.len() {
        length if length > METADATA_LEN_MAX => Err(FriendError::MetadataTooLong(length)),
        _ if json::is_object(metadata) => Ok(()),
        _ => Err(FriendError::InvalidMetadata),
    }
}

/// What adding somebody was.
#[derive(Clone, Copy, Debug)]
enum Added {
    Invited,
    Accepted,
}

impl Added {
    /// What the other one is told.
    fn notification(self, actor: &Actor, other: UserId) -> NewNotification {
        let name = &actor.username;
        let (code, subject) = match self {
            Self::Invited => (code::FRIEND_REQUEST, format!("{name} wants to add you as a friend")),
            Self::Accepted => (code::FRIEND_ACCEPT, format!("{name} accepted your friend request")),
        };
        NewNotification {
            user_id: other,
            subject,
            content: serde_json::json!({ "username": &**name }).to_string(),
            code,
            sender_id: actor.user_id,
            persistent: true,
        }
    }
}

impl Online {
    /// Neither of two users sees the other's status any more.
    fn part(&self, one: UserId, other: UserId) {
        for (fan, star) in [(one, other), (other, one)] {
            for session in self.sessions.of_user(fan) {
                self.followers.unfollow(&session, star);
            }
        }
    }
}

fn is_nobody(targets: &Targets) -> bool {
    targets.ids.is_empty() && targets.usernames.is_empty()
}

/// The users that are meant, each once, in the order given; names that nobody has are left out.
fn resolve(
    rows: &impl Rows,
    user: UserId,
    targets: &Targets,
    themselves: FriendError,
) -> Result<Vec<UserId>, FriendError> {
    let mut found = Vec::with_capacity(targets.ids.len() + targets.usernames.len());
    for id in &targets.ids {
        match *id {
            id if id == user => return Err(themselves),
            id if id.is_nil() => return Err(FriendError::InvalidUserId(id.to_string())),
            id => found.push(id),
        }
    }
    for name in &targets.usernames {
        if name.is_empty() {
            return Err(FriendError::EmptyUsername);
        }
        match accounts::find(rows, &Unique::Username(name.clone()))? {
            Some(id) if id == user => return Err(themselves),
            found_id => found.extend(found_id),
        }
    }
    let mut seen = HashSet::with_capacity(found.len());
    found.retain(|id| seen.insert(*id));
    Ok(found)
}

fn check_account(txn: &Txn, user: UserId) -> Result<(), FriendError> {
    if accounts::exists(txn, user)? { Ok(()) } else { Err(FriendError::AccountNotFound) }
}

/// Asks or accepts somebody; none when nothing changes.
fn add(txn: &mut Txn, user: UserId, other: UserId, side: &Side) -> Result<Option<Added>, StoreError> {
    if rows::has_blocked(txn, other, user)? || !accounts::exists(txn, other)? {
        return Ok(None);
    }
    match rows::find(txn, user, other)? {
        None => {
            rows::put(txn, user, FriendState::InviteSent, other, side)?;
            rows::put(txn, other, FriendState::InviteReceived, user, &Side::plain(side.update_time))?;
            Ok(Some(Added::Invited))
        }
        Some((FriendState::InviteReceived, _)) => {
            let asked = rows::find(txn, other, user)?.map(|(_, theirs)| theirs.metadata);
            let metadata = asked.unwrap_or_else(|| "{}".into());
            rows::remove(txn, user, FriendState::InviteReceived, other)?;
            rows::put(txn, user, FriendState::Friend, other, side)?;
            rows::put(txn, other, FriendState::Friend, user, &Side { update_time: side.update_time, metadata })?;
            Ok(Some(Added::Accepted))
        }
        Some((FriendState::Friend | FriendState::InviteSent | FriendState::Blocked, _)) => Ok(None),
    }
}

/// Blocks somebody; false when nothing changes.
fn block(txn: &mut Txn, user: UserId, other: UserId, now: Timestamp) -> Result<bool, StoreError> {
    if !accounts::exists(txn, other)? {
        return Ok(false);
    }
    match rows::find(txn, user, other)? {
        Some((FriendState::Blocked, _)) => return Ok(false),
        Some((state, _)) => rows::remove(txn, user, state, other)?,
        None => {}
    }
    rows::put(txn, user, FriendState::Blocked, other, &Side::plain(now))?;
    Ok(true)
}
