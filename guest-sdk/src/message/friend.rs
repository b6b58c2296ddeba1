//! Messages about friends.

use super::{Timestamp, User, messages};

messages! {
    /// A user, and what they are to another one.
    Friend {
        /// The user.
        user: Option<User>,
        /// 0 for a friend, 1 for one who is invited, 2 for one who invites, 3 for one who is blocked.
        state: Option<i32>,
        /// When it changed last.
        update_time: Option<Timestamp>,
        /// A JSON object, as text.
        metadata: String,
    }

    /// One page of a user's edges.
    FriendList {
        /// The edges, by state.
        friends: Vec<Friend>,
        /// Where the next page begins; empty when this is the last.
        cursor: String,
    }

    /// A friend of a friend.
    FriendOfFriend {
        /// The friend whose friend it is, a UUID.
        referrer: String,
        /// The user.
        user: Option<User>,
    }

    /// One page of the friends of a user's friends.
    FriendsOfFriendsList {
        /// The users.
        friends_of_friends: Vec<FriendOfFriend>,
        /// Where the next page begins; empty when this is the last.
        cursor: String,
    }

    /// Asking users to be friends, or accepting those who have asked.
    AddFriendsRequest {
        /// By id.
        ids: Vec<String>,
        /// By user name.
        usernames: Vec<String>,
        /// A JSON object, as text; empty for none.
        metadata: String,
    }

    /// Blocking users.
    BlockFriendsRequest {
        /// By id.
        ids: Vec<String>,
        /// By user name.
        usernames: Vec<String>,
    }

    /// Ending friendships, invitations and blocks.
    DeleteFriendsRequest {
        /// By id.
        ids: Vec<String>,
        /// By user name.
        usernames: Vec<String>,
    }

    /// Reading one's edges.
    ListFriendsRequest {
        /// How many, 1 to 1000; absent means 1000.
        limit: Option<i32>,
        /// Those of one state; absent means all.
        state: Option<i32>,
        /// Where to go on, from an earlier page.
        cursor: String,
    }

    /// Reading the friends of one's friends.
    ListFriendsOfFriendsRequest {
        /// How many; absent means the default.
        limit: Option<i32>,
        /// Where to go on, from an earlier page.
        cursor: String,
    }
}
