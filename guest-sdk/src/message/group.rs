//! Messages about groups.

use super::{Timestamp, User, messages};

messages! {
    /// A group.
    Group {
        /// A UUID.
        id: String,
        /// Who made it, a UUID.
        creator_id: String,
        /// Its name, which no other group has.
        name: String,
        /// What it is about.
        description: String,
        /// The language, such as `en`.
        lang_tag: String,
        /// What the game keeps with the group, a JSON object.
        metadata: String,
        /// Where the picture is.
        avatar_url: String,
        /// Whether everybody may join; otherwise they ask.
        open: Option<bool>,
        /// How many members it has.
        edge_count: i32,
        /// How many there may be.
        max_count: i32,
        /// When it was made.
        create_time: Option<Timestamp>,
        /// When it was last changed.
        update_time: Option<Timestamp>,
    }

    /// One page of groups.
    GroupList {
        /// The groups.
        groups: Vec<Group>,
        /// Where the next page begins; empty when this is the last.
        cursor: String,
    }

    /// A user of a group.
    GroupUser {
        /// The user.
        user: Option<User>,
        /// 0 for a superadmin, 1 for an admin, 2 for a member, 3 for one who asks to join, 4 for one who is banned.
        state: Option<i32>,
    }

    /// One page of a group's users.
    GroupUserList {
        /// The users, by state.
        group_users: Vec<GroupUser>,
        /// Where the next page begins; empty when this is the last.
        cursor: String,
    }

    /// A group of a user.
    UserGroup {
        /// The group.
        group: Option<Group>,
        /// The user's state there, as in [`GroupUser`].
        state: Option<i32>,
    }

    /// One page of a user's groups.
    UserGroupList {
        /// The groups, by state.
        user_groups: Vec<UserGroup>,
        /// Where the next page begins; empty when this is the last.
        cursor: String,
    }

    /// Making a group.
    CreateGroupRequest {
        /// Its name, 1 to 255 bytes.
        name: String,
        /// What it is about.
        description: String,
        /// The language; `en` when empty.
        lang_tag: String,
        /// Where the picture is.
        avatar_url: String,
        /// Whether everybody may join; otherwise they ask.
        open: bool,
        /// How many members there may be; 100 when absent.
        max_count: i32,
    }

    /// Changing a group: what is absent stays.
    UpdateGroupRequest {
        /// Which.
        group_id: String,
        /// Its name.
        name: Option<String>,
        /// What it is about.
        description: Option<String>,
        /// The language.
        lang_tag: Option<String>,
        /// Where the picture is.
        avatar_url: Option<String>,
        /// Whether everybody may join.
        open: Option<bool>,
    }

    /// Deleting a group.
    DeleteGroupRequest {
        /// Which.
        group_id: String,
    }

    /// Joining a group, or asking to.
    JoinGroupRequest {
        /// Which.
        group_id: String,
    }

    /// Leaving a group.
    LeaveGroupRequest {
        /// Which.
        group_id: String,
    }

    /// Adding users to a group, or accepting those who have asked.
    AddGroupUsersRequest {
        /// Which group.
        group_id: String,
        /// Whom.
        user_ids: Vec<String>,
    }

    /// Taking users out of a group, or refusing those who have asked.
    KickGroupUsersRequest {
        /// Which group.
        group_id: String,
        /// Whom.
        user_ids: Vec<String>,
    }

    /// Taking users out of a group for good.
    BanGroupUsersRequest {
        /// Which group.
        group_id: String,
        /// Whom.
        user_ids: Vec<String>,
    }

    /// Raising users of a group by one rank.
    PromoteGroupUsersRequest {
        /// Which group.
        group_id: String,
        /// Whom.
        user_ids: Vec<String>,
    }

    /// Lowering users of a group by one rank.
    DemoteGroupUsersRequest {
        /// Which group.
        group_id: String,
        /// Whom.
        user_ids: Vec<String>,
    }

    /// Reading groups.
    ListGroupsRequest {
        /// The whole name, or its beginning and a `%`. Stands alone.
        name: String,
        /// Where to go on, from an earlier page.
        cursor: String,
        /// How many, 1 to 100; absent means 1.
        limit: Option<i32>,
        /// Of this language.
        lang_tag: String,
        /// With at most so many members.
        members: Option<i32>,
        /// Only open ones, or only closed ones.
        open: Option<bool>,
    }

    /// Reading the users of a group.
    ListGroupUsersRequest {
        /// Which.
        group_id: String,
        /// How many, 1 to 100; absent means 100.
        limit: Option<i32>,
        /// Those of one state; absent means all.
        state: Option<i32>,
        /// Where to go on, from an earlier page.
        cursor: String,
    }

    /// Reading the groups of a user.
    ListUserGroupsRequest {
        /// Whose.
        user_id: String,
        /// How many, 1 to 100; absent means 100.
        limit: Option<i32>,
        /// Those of one state; absent means all.
        state: Option<i32>,
        /// Where to go on, from an earlier page.
        cursor: String,
    }
}
