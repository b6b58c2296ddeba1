//! Accounts, friends, groups, statuses, notifications and read markers: every function of those interfaces, by its name.

use meadhall_guest::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What to do.
#[derive(Deserialize)]
#[serde(tag = "call")]
pub(crate) enum Call {
    #[serde(rename = "users.get")]
    UsersGet {
        #[serde(flatten)]
        whom: People,
    },
    #[serde(rename = "account.get")]
    AccountGet { user_id: String },
    #[serde(rename = "account.update")]
    AccountUpdate {
        user_id: String,
        username: Option<String>,
        display_name: Option<String>,
        metadata: Option<Map<String, Value>>,
    },
    #[serde(rename = "account.delete")]
    AccountDelete { user_id: String },
    #[serde(rename = "account.ban")]
    AccountBan { user_id: String },
    #[serde(rename = "account.unban")]
    AccountUnban { user_id: String },
    #[serde(rename = "account.export")]
    AccountExport { user_id: String },
    #[serde(rename = "friend.list")]
    FriendList { user_id: String, limit: u32, state: Option<u8>, cursor: Option<String> },
    #[serde(rename = "friend.list_of_friends")]
    FriendListOfFriends { user_id: String, limit: u32, cursor: Option<String> },
    #[serde(rename = "friend.add")]
    FriendAdd {
        user_id: String,
        #[serde(flatten)]
        whom: People,
        #[serde(default)]
        metadata: Value,
    },
    #[serde(rename = "friend.delete")]
    FriendDelete {
        user_id: String,
        #[serde(flatten)]
        whom: People,
    },
    #[serde(rename = "friend.block")]
    FriendBlock {
        user_id: String,
        #[serde(flatten)]
        whom: People,
    },
    #[serde(rename = "group.create")]
    GroupCreate {
        creator: String,
        name: String,
        #[serde(default)]
        open: bool,
        #[serde(default)]
        max_count: u32,
        #[serde(default)]
        metadata: Map<String, Value>,
    },
    #[serde(rename = "group.update")]
    GroupUpdate {
        actor: Option<String>,
        group_id: String,
        name: Option<String>,
        max_count: Option<u32>,
        metadata: Option<Map<String, Value>>,
    },
    #[serde(rename = "group.delete")]
    GroupDelete { actor: Option<String>, group_id: String },
    #[serde(rename = "group.get")]
    GroupGet { ids: Vec<String> },
    #[serde(rename = "group.list")]
    GroupList { name: Option<String>, open: Option<bool>, limit: u32, cursor: Option<String> },
    #[serde(rename = "group.users")]
    GroupUsers { group_id: String, limit: u32, state: Option<u8>, cursor: Option<String> },
    #[serde(rename = "group.of_user")]
    GroupOfUser { user_id: String, limit: u32, state: Option<u8>, cursor: Option<String> },
    #[serde(rename = "group.join")]
    GroupJoin { user_id: String, group_id: String },
    #[serde(rename = "group.leave")]
    GroupLeave { user_id: String, group_id: String },
    #[serde(rename = "group.add")]
    GroupAdd { actor: Option<String>, group_id: String, user_ids: Vec<String> },
    #[serde(rename = "group.kick")]
    GroupKick { actor: Option<String>, group_id: String, user_ids: Vec<String> },
    #[serde(rename = "group.ban")]
    GroupBan { actor: Option<String>, group_id: String, user_ids: Vec<String> },
    #[serde(rename = "group.promote")]
    GroupPromote { actor: Option<String>, group_id: String, user_ids: Vec<String> },
    #[serde(rename = "group.demote")]
    GroupDemote { actor: Option<String>, group_id: String, user_ids: Vec<String> },
    #[serde(rename = "notification.list")]
    NotificationList { user_id: String, limit: u32, cursor: Option<String> },
    #[serde(rename = "notification.delete")]
    NotificationDelete { user_id: String, ids: Vec<String> },
    #[serde(rename = "status.follow")]
    StatusFollow {
        session_id: String,
        #[serde(flatten)]
        whom: People,
    },
    #[serde(rename = "status.unfollow")]
    StatusUnfollow { session_id: String, ids: Vec<String> },
    #[serde(rename = "status.update")]
    StatusUpdate { session_id: String, status: Option<String> },
    #[serde(rename = "status.online")]
    StatusOnline { ids: Vec<String> },
    #[serde(rename = "status.list")]
    StatusList { ids: Vec<String> },
    #[serde(rename = "channel.get")]
    ChannelGet { channel_id: String, message_id: String },
    #[serde(rename = "channel.list_from")]
    ChannelListFrom { channel_id: String, from_ms: i64, limit: u32, forward: bool },
    #[serde(rename = "channel.read_marker")]
    ChannelReadMarker { user_id: String, channel_id: String },
    #[serde(rename = "channel.mark_read")]
    ChannelMarkRead { user_id: String, channel_id: String, message_id: Option<String> },
    #[serde(rename = "channel.read_markers")]
    ChannelReadMarkers { user_id: String, limit: u32, cursor: Option<String> },
}

/// Users, by id, by name or both.
#[derive(Deserialize)]
pub(crate) struct People {
    #[serde(default)]
    ids: Vec<String>,
    #[serde(default)]
    usernames: Vec<String>,
}

impl From<People> for Whom {
    fn from(people: People) -> Self {
        Self { ids: people.ids, usernames: people.usernames }
    }
}

impl Call {
    /// Does it, and returns what comes of it as JSON; null where nothing does.
    pub(crate) fn run(self) -> Result<Value> {
        match self {
            Self::UsersGet { whom } if whom.usernames.is_empty() => json(users::by_id(&whom.ids)),
            Self::UsersGet { whom } => json(users::by_username(&whom.usernames)),
            Self::AccountGet { user_id } => json(account::get(&user_id)),
            Self::AccountUpdate { user_id, username, display_name, metadata } => {
                let changes = account::Changes { username, display_name, metadata, ..account::Changes::default() };
                json(account::update(&user_id, &changes))
            }
            Self::AccountDelete { user_id } => json(account::delete(&user_id)),
            Self::AccountBan { user_id } => json(account::ban(&user_id)),
            Self::AccountUnban { user_id } => json(account::unban(&user_id)),
            Self::AccountExport { user_id } => json(account::export(&user_id)),
            Self::FriendList { user_id, limit, state, cursor } => {
                json(friend::list(&user_id, limit, state.map(friend_state).transpose()?, cursor.as_deref()))
            }
            Self::FriendListOfFriends { user_id, limit, cursor } => {
                json(friend::list_of_friends(&user_id, limit, cursor.as_deref()))
            }
            Self::FriendAdd { user_id, whom, metadata } => json(friend::add(&user_id, whom.into(), &metadata)),
            Self::FriendDelete { user_id, whom } => json(friend::delete(&user_id, whom.into())),
            Self::FriendBlock { user_id, whom } => json(friend::block(&user_id, whom.into())),
            Self::NotificationList { user_id, limit, cursor } => {
                json(notification::list(&user_id, limit, cursor.as_deref()))
            }
            Self::NotificationDelete { user_id, ids } => json(notification::delete(&user_id, &ids)),
            Self::StatusFollow { session_id, whom } => json(status::follow(&session_id, whom.into())),
            Self::StatusUnfollow { session_id, ids } => json(status::unfollow(&session_id, &ids)),
            Self::StatusUpdate { session_id, status } => json(status::update(&session_id, status.as_deref())),
            Self::StatusOnline { ids } => json(status::online(&ids)),
            Self::StatusList { ids } => json(status::list(&ids)),
            Self::ChannelGet { channel_id, message_id } => json(channel::get(&channel_id, &message_id)),
            Self::ChannelListFrom { channel_id, from_ms, limit, forward } => {
                json(channel::list_from(&channel_id, from_ms, limit, forward))
            }
            Self::ChannelReadMarker { user_id, channel_id } => json(channel::read_marker(&user_id, &channel_id)),
            Self::ChannelMarkRead { user_id, channel_id, message_id } => {
                json(channel::mark_read(&user_id, &channel_id, message_id.as_deref()))
            }
            Self::ChannelReadMarkers { user_id, limit, cursor } => {
                json(channel::read_markers(&user_id, limit, cursor.as_deref()))
            }
            of_groups => of_groups.run_on_groups(),
        }
    }

    fn run_on_groups(self) -> Result<Value> {
        match self {
            Self::GroupCreate { creator, name, open, max_count, metadata } => {
                json(group::create(&creator, &NewGroup { name, open, max_count, metadata, ..NewGroup::default() }))
            }
            Self::GroupUpdate { actor, group_id, name, max_count, metadata } => {
                let changes = GroupChanges { name, max_count, metadata, ..GroupChanges::default() };
                json(group::update(by(&actor), &group_id, &changes))
            }
            Self::GroupDelete { actor, group_id } => json(group::delete(by(&actor), &group_id)),
            Self::GroupGet { ids } => json(group::get(&ids)),
            Self::GroupList { name, open, limit, cursor } => {
                json(group::list(&GroupFilter { name, open, ..GroupFilter::default() }, limit, cursor.as_deref()))
            }
            Self::GroupUsers { group_id, limit, state, cursor } => {
                json(group::users(&group_id, limit, state.map(group_state).transpose()?, cursor.as_deref()))
            }
            Self::GroupOfUser { user_id, limit, state, cursor } => {
                json(group::of_user(&user_id, limit, state.map(group_state).transpose()?, cursor.as_deref()))
            }
            Self::GroupJoin { user_id, group_id } => json(group::join(&user_id, &group_id)),
            Self::GroupLeave { user_id, group_id } => json(group::leave(&user_id, &group_id)),
            Self::GroupAdd { actor, group_id, user_ids } => json(group::add(by(&actor), &group_id, &user_ids)),
            Self::GroupKick { actor, group_id, user_ids } => json(group::kick(by(&actor), &group_id, &user_ids)),
            Self::GroupBan { actor, group_id, user_ids } => json(group::ban(by(&actor), &group_id, &user_ids)),
            Self::GroupPromote { actor, group_id, user_ids } => json(group::promote(by(&actor), &group_id, &user_ids)),
            Self::GroupDemote { actor, group_id, user_ids } => json(group::demote(by(&actor), &group_id, &user_ids)),
            _ => Err(Error::internal("this is no call about groups")),
        }
    }
}

fn json(done: Result<impl serde::Serialize>) -> Result<Value> {
    Ok(serde_json::to_value(done?)?)
}

fn by(actor: &Option<String>) -> By<'_> {
    actor.as_deref().map_or(By::Server, By::User)
}

fn friend_state(number: u8) -> Result<FriendState> {
    use FriendState::{Blocked, Friend, InviteReceived, InviteSent};
    let states = [Friend, InviteSent, InviteReceived, Blocked];
    states.get(usize::from(number)).copied().ok_or_else(|| Error::invalid_argument(format!("no state: {number}")))
}

fn group_state(number: u8) -> Result<GroupState> {
    use GroupState::{Admin, Banned, JoinRequest, Member, Superadmin};
    let states = [Superadmin, Admin, Member, JoinRequest, Banned];
    states.get(usize::from(number)).copied().ok_or_else(|| Error::invalid_argument(format!("no state: {number}")))
}
