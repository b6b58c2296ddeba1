//! What groups are made of.

use crate::account::User;
use crate::clock::Timestamp;
use crate::ids::{GroupId, UserId};

/// A user's place in a group. The numbers are public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum GroupState {
    /// Owns it; there is always at least one.
    Superadmin = 0,
    /// Manages members.
    Admin = 1,
    /// Is in it.
    Member = 2,
    /// Asks to be.
    JoinRequest = 3,
    /// Must not be.
    Banned = 4,
}

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Which.
    pub id: GroupId,
    /// Who made it.
    pub creator_id: UserId,
    /// Unique, 1 to 255 bytes.
    pub name: String,
    /// Empty for none.
    pub description: String,
    /// Such as `en`.
    pub lang_tag: String,
    /// A JSON object.
    pub metadata: String,
    /// Empty for none.
    pub avatar_url: String,
    /// Whether everybody may join; otherwise they ask.
    pub open: bool,
    /// How many members: superadmins, admins and members.
    pub edge_count: u32,
    /// How many there may be.
    pub max_count: u32,
    /// A whole second.
    pub create_time: Timestamp,
    /// A whole second.
    pub update_time: Timestamp,
}

/// A group to make. What is empty gets its default.
#[derive(Clone, Debug, Default)]
pub struct NewGroup {
    /// 1 to 255 bytes, not taken.
    pub name: String,
    /// At most 255 characters.
    pub description: String,
    /// At most 18 characters; `en` when empty.
    pub lang_tag: String,
    /// A JSON object of at most 16,384 characters; plugins only. `{}` when empty.
    pub metadata: String,
    /// At most 512 characters.
    pub avatar_url: String,
    /// Whether everybody may join.
    pub open: bool,
    /// 0 for the default, 100.
    pub max_count: u32,
}

/// What to change in a group: what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupUpdate {
    /// 1 to 255 bytes, not taken.
    pub name: Option<String>,
    /// At most 255 characters.
    pub description: Option<String>,
    /// 1 to 18 characters.
    pub lang_tag: Option<String>,
    /// A JSON object of at most 16,384 characters; plugins only.
    pub metadata: Option<String>,
    /// At most 512 characters.
    pub avatar_url: Option<String>,
    /// Whether everybody may join.
    pub open: Option<bool>,
    /// Not below the member count; plugins only.
    pub max_count: Option<u32>,
}

/// Which groups to list. The name stands alone; the others combine.
#[derive(Clone, Debug, Default)]
pub struct GroupFilter {
    /// The whole name in any case, or its beginning when it ends with `%`.
    pub name: Option<String>,
    /// Only open ones, or only closed ones.
    pub open: Option<bool>,
    /// Exactly this language.
    pub lang_tag: Option<String>,
    /// At most so many members.
    pub members: Option<u32>,
}

/// One page of groups.
#[derive(Clone, Debug, Default)]
pub struct GroupPage {
    /// The groups: by name where the filter is a name, otherwise those with the most members first.
    pub groups: Vec<Group>,
    /// Where the next page begins; none when this is the last.
    pub cursor: Option<String>,
}

/// One page of a group's users, by state and then by user id.
#[derive(Clone, Debug, Default)]
pub struct GroupUserPage {
    /// The users (their count of friends is left out), each with their place.
    pub users: Vec<(User, GroupState)>,
    /// Where the next page begins; none when this is the last.
    pub cursor: Option<String>,
}

/// One page of a user's groups, by state and then by group id. Those that banned the user are left out.
#[derive(Clone, Debug, Default)]
pub struct UserGroupPage {
    /// The groups, each with the user's place.
    pub groups: Vec<(Group, GroupState)>,
    /// Where the next page begins; none when this is the last.
    pub cursor: Option<String>,
}

impl GroupState {
    /// All of them, in their order.
    pub const ALL: [Self; 5] = [Self::Superadmin, Self::Admin, Self::Member, Self::JoinRequest, Self::Banned];

    /// The state with a public number.
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|state| *state as i32 == number)
    }

    /// Whether it is one of those who are in the group.
    pub fn is_member(self) -> bool {
        self <= Self::Member
    }
}
