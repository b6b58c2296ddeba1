//! Lists of edges: pages of a user's own, and of those that their friends have.

use super::{Friend, FriendError, FriendOfFriend, FriendOfFriendPage, FriendPage, FriendState, Friends};
use crate::account::{User, Users};
use crate::ids::UserId;
use crate::store::StoreError;
use crate::store::cursor::{self, Order};
use crate::store::friend::{self as rows, Side};
use crate::store::view::Reader;

/// How many friends of friends a page looks at: those that are left out cost as much as those that are listed.
const LOOKED_AT_MAX: usize = 500;

/// A place in the list of friends of friends: a friend, and a friend of theirs.
type Place = (UserId, UserId);

impl Friends {
    /// A user's edges, all or of one state, at most `limit` of them. The cursor is that of the page before; none and an
    /// empty one begin at the beginning.
    ///
    /// # Errors
    /// When the cursor is not of this list, or the store cannot be read.
    pub async fn list(
        &self,
        user: UserId,
        limit: usize,
        state: Option<FriendState>,
        cursor: Option<String>,
    ) -> Result<FriendPage, FriendError> {
        let (friends, cursor) = self.list_into(user, limit, state, cursor, Vec::with_capacity, Vec::push).await?;
        Ok(FriendPage { friends, cursor })
    }

    /// As [`Self::list`], into a page of the caller's: `start` makes it, for at most that many edges, and `each` puts one into
    /// it, both on the thread that reads. So a page of a thousand takes no more memory than what is made of it.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub async fn list_into<P: Send + 'static>(
        &self,
        user: UserId,
        limit: usize,
        state: Option<FriendState>,
        cursor: Option<String>,
        start: fn(usize) -> P,
        each: fn(&mut P, Friend),
    ) -> Result<(P, Option<String>), FriendError> {
        let users = self.users.clone();
        let page = self.store.read(move |reader| {
            let list = rows::list(user, state);
            let Some(found) = cursor::page(reader, &list, Order::Ascending, limit, cursor.as_deref())? else {
                return Ok(None);
            };
            let mut page = start(found.rows.len());
            for (key, value) in &found.rows {
                let (_, state, other, side) = rows::read(key, value)?;
                if let Some(mut user) = seen_by_others(&users, reader, other)? {
                    user.online &= state != FriendState::Blocked;
                    let Side { update_time, metadata } = side;
                    each(&mut page, Friend { user, state, update_time, metadata });
                }
            }
            Ok(Some((page, found.cursor)))
        });
        page.await?.ok_or(FriendError::InvalidCursor)
    }

    /// The friends of a user's friends, at most `limit` of them, without the user, the user's own friends, and those
    /// between whom and the user there is a block. Somebody who is a friend of several friends is there once for each.
    ///
    /// A page looks at a bounded number of users, so when most of them are left out it can hold fewer than `limit`, or
    /// none, and still have a cursor: the list ends where there is none.
    ///
    /// # Errors
    /// When the cursor is not of this list, or the store cannot be read.
    pub async fn list_of_friends(
        &self,
        user: UserId,
        limit: usize,
        cursor: Option<String>,
    ) -> Result<FriendOfFriendPage, FriendError> {
        let places = rows::places(user).range();
        let after = match cursor.as_deref() {
            None | Some("") => None,
            Some(text) => {
                let place = cursor::decode(&places, Order::Ascending, text);
                let place = place.and_then(|key| rows::read_place(&key));
                Some(place.ok_or(FriendError::InvalidCursor)?)
            }
        };
        let users = self.users.clone();
        let page = self.store.read(move |reader| {
            let (found, next) = friends_of_friends(&users, reader, user, limit, after)?;
            let cursor = next.map(|(friend, other)| {
                let place = rows::places(user).uuid(friend.uuid()).uuid(other.uuid());
                cursor::encode(&places, Order::Ascending, place.as_ref())
            });
            Ok(FriendOfFriendPage { friends_of_friends: found, cursor })
        });
        Ok(page.await?)
    }
}

/// A page, and the place that the next one begins behind.
fn friends_of_friends(
    users: &Users,
    reader: &Reader,
    user: UserId,
    limit: usize,
    after: Option<Place>,
) -> Result<(Vec<FriendOfFriend>, Option<Place>), StoreError> {
    let (mut found, mut last) = (Vec::new(), None);
    for (looked_at, pair) in rows::friends_of_friends(reader, user, after).enumerate() {
        let (referrer, other) = pair?;
        if looked_at == LOOKED_AT_MAX {
            return Ok((found, last));
        }
        if is_shown(reader, user, other)? {
            if found.len() == limit {
                return Ok((found, last));
            }
            found.extend(seen_by_others(users, reader, other)?.map(|user| FriendOfFriend { referrer, user }));
        }
        last = Some((referrer, other));
    }
    Ok((found, None))
}

/// Whether a friend's friend is somebody whom the user may want to get to know.
fn is_shown(reader: &Reader, user: UserId, other: UserId) -> Result<bool, StoreError> {
    Ok(other != user
        && !rows::is(reader, user, FriendState::Friend, other)?
        && !rows::has_blocked(reader, user, other)?
        && !rows::has_blocked(reader, other, user)?)
}

/// A user as lists show them.
fn seen_by_others(users: &Users, reader: &Reader, id: UserId) -> Result<Option<User>, StoreError> {
    Ok(users.read(reader, id)?.map(|user| User { edge_count: 0, ..user }))
}
