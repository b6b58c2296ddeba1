//! Friends as wire messages.

use super::{user, whole_seconds};
use meadhall_core::friend::{Friend, FriendOfFriendPage, FriendPage};
use meadhall_protocol::api;

/// A page of a user's edges.
pub fn friend_list(page: FriendPage) -> api::FriendList {
    api::FriendList { friends: page.friends.into_iter().map(friend).collect(), cursor: page.cursor.unwrap_or_default() }
}

/// A page of the friends of a user's friends.
pub fn friends_of_friends_list(page: FriendOfFriendPage) -> api::FriendsOfFriendsList {
    let found = page.friends_of_friends.into_iter().map(|one| api::friends_of_friends_list::FriendOfFriend {
        referrer: one.referrer.to_string(),
        user: Some(user(one.user)),
    });
    api::FriendsOfFriendsList { friends_of_friends: found.collect(), cursor: page.cursor.unwrap_or_default() }
}

/// One edge of a user's.
pub fn friend(friend: Friend) -> api::Friend {
    api::Friend {
        user: Some(user(friend.user)),
        state: Some(friend.state as i32),
        update_time: whole_seconds(friend.update_time),
        metadata: friend.metadata,
    }
}
