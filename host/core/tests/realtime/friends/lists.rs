//! Lists: their order, their pages, and the cursors between those.

use super::{named, to};
use crate::world::World;
use meadhall_core::account::Targets;
use meadhall_core::caller::Actor;
use meadhall_core::friend::{FriendError, FriendState};
use meadhall_core::ids::UserId;
use std::collections::BTreeSet;
use uuid::Uuid;

/// All pages of a list, and how many there were.
async fn pages(
    world: &World,
    user: &Actor,
    limit: usize,
    state: Option<FriendState>,
) -> (Vec<(FriendState, UserId)>, usize) {
    let (mut all, mut count, mut cursor) = (Vec::new(), 0, None);
    loop {
        let page = world.core.friends.list(user.user_id, limit, state, cursor).await.unwrap();
        assert!(page.friends.len() == limit || page.cursor.is_none(), "only the last page is short");
        all.extend(page.friends.into_iter().map(|friend| (friend.state, friend.user.id)));
        count += 1;
        match page.cursor {
            Some(next) => cursor = Some(next),
            None => return (all, count),
        }
    }
}

/// All pages of the friends of friends: referrer and user.
async fn strangers(world: &World, user: &Actor, limit: usize) -> Vec<(UserId, UserId)> {
    let (mut all, mut cursor) = (Vec::new(), Some(String::new()));
    while let Some(at) = cursor {
        let page = world.core.friends.list_of_friends(user.user_id, limit, Some(at)).await.unwrap();
        assert!(page.friends_of_friends.len() <= limit);
        for found in &page.friends_of_friends {
            assert_eq!(found.user.edge_count, 0, "lists leave it out");
        }
        all.extend(page.friends_of_friends.into_iter().map(|found| (found.referrer, found.user.id)));
        cursor = page.cursor;
    }
    all
}

/// `count` users, whose names begin so.
async fn users(world: &World, prefix: &str, count: usize) -> Vec<Actor> {
    let mut users = Vec::new();
    for number in 0..count {
        users.push(world.user(&format!("{prefix}{number}")).await);
    }
    users
}

/// Makes friends of one user and some others.
async fn befriend(world: &World, user: &Actor, others: &[Actor]) {
    let others: Vec<_> = others.iter().collect();
    world.core.friends.add(user.clone(), to(&others), None).await.unwrap();
    for other in others {
        world.core.friends.add(other.clone(), to(&[user]), None).await.unwrap();
    }
}

#[tokio::test]
async fn pages_follow_each_other_by_state_and_id() {
    let world = World::new();
    let ann = world.user("ann").await;
    let others = users(&world, "other", 12).await;
    befriend(&world, &ann, &others[..5]).await;
    world.core.friends.add(ann.clone(), to(&[&others[5], &others[6]]), None).await.unwrap();
    for other in &others[7..9] {
        world.core.friends.add(other.clone(), to(&[&ann]), None).await.unwrap();
    }
    world.core.friends.block(ann.clone(), to(&[&others[9], &others[10]])).await.unwrap();
    // A block that is held on the user is on no list of theirs.
    world.core.friends.block(others[11].clone(), to(&[&ann])).await.unwrap();
    let mut expected: Vec<_> = [(0..5, FriendState::Friend), (5..7, FriendState::InviteSent)]
        .into_iter()
        .chain([(7..9, FriendState::InviteReceived), (9..11, FriendState::Blocked)])
        .flat_map(|(range, state)| others[range].iter().map(move |other| (state, other.user_id)))
        .collect();
    expected.sort();
    for limit in 1..=13 {
        let (all, count) = pages(&world, &ann, limit, None).await;
        assert_eq!(all, expected, "{limit} a page");
        assert_eq!(count, expected.len().div_ceil(limit), "no page is empty");
        for state in FriendState::ALL {
            let of_state: Vec<_> = expected.iter().copied().filter(|(of, _)| *of == state).collect();
            assert_eq!(pages(&world, &ann, limit, Some(state)).await.0, of_state, "{state:?}, {limit} a page");
        }
    }
}

#[tokio::test]
async fn a_page_goes_on_behind_a_row_that_is_gone() {
    let world = World::new();
    let ann = world.user("ann").await;
    let others = users(&world, "other", 4).await;
    befriend(&world, &ann, &others).await;
    let list = async |cursor| world.core.friends.list(ann.user_id, 2, None, cursor).await.unwrap();
    let first = list(None).await;
    let gone = first.friends[1].user.id;
    world.core.friends.delete(ann.user_id, Targets { ids: vec![gone], usernames: Vec::new() }).await.unwrap();
    let second = list(first.cursor).await;
    assert_eq!((second.friends.len(), second.cursor), (2, None));
}

#[tokio::test]
async fn a_cursor_is_of_one_list_only() {
    let world = World::new();
    let (ann, ben) = (world.user("ann").await, world.user("ben").await);
    let others = users(&world, "other", 3).await;
    befriend(&world, &ann, &others).await;
    befriend(&world, &ben, &others).await;
    let friends = &world.core.friends;
    let all = friends.list(ann.user_id, 1, None, None).await.unwrap().cursor.unwrap();
    let of_state = friends.list(ann.user_id, 1, Some(FriendState::Friend), None).await.unwrap().cursor.unwrap();
    befriend(&world, &others[0], &users(&world, "far", 2).await).await;
    let of_friends = friends.list_of_friends(ann.user_id, 1, None).await.unwrap().cursor.unwrap();
    assert!(friends.list(ann.user_id, 1, None, Some(all.clone())).await.is_ok());
    assert!(friends.list_of_friends(ann.user_id, 1, Some(of_friends.clone())).await.is_ok());
    let foreign = [
        (ben.user_id, None, &all),
        (ann.user_id, Some(FriendState::Friend), &all),
        (ann.user_id, None, &of_state),
        (ann.user_id, Some(FriendState::Blocked), &of_state),
        (ann.user_id, None, &of_friends),
        (ann.user_id, Some(FriendState::Friend), &of_friends),
    ];
    let invalid = FriendError::InvalidCursor;
    for (user, state, cursor) in foreign {
        assert_eq!(friends.list(user, 1, state, Some(cursor.clone())).await.unwrap_err(), invalid, "{state:?}");
    }
    for (user, cursor) in [(ben.user_id, &of_friends), (ann.user_id, &all), (ann.user_id, &of_state)] {
        assert_eq!(friends.list_of_friends(user, 1, Some(cursor.clone())).await.unwrap_err(), invalid);
    }
    for junk in ["rubbish", "=", "AAAA", "ä", &all[1..], &"A".repeat(10_000)] {
        assert_eq!(friends.list(ann.user_id, 1, None, Some(junk.into())).await.unwrap_err(), invalid, "{junk}");
        assert_eq!(friends.list_of_friends(ann.user_id, 1, Some(junk.into())).await.unwrap_err(), invalid, "{junk}");
    }
}

#[tokio::test]
async fn friends_of_friends_are_strangers_without_a_block() {
    let world = World::new();
    let ann = world.user("ann").await;
    let near = users(&world, "near", 3).await;
    let far = users(&world, "far", 4).await;
    befriend(&world, &ann, &near).await;
    // The first two are friends of each other too, and both know far0.
    befriend(&world, &near[0], &[near[1].clone(), far[0].clone(), far[1].clone(), far[2].clone()]).await;
    befriend(&world, &near[1], &[far[0].clone()]).await;
    world.core.friends.add(near[2].clone(), to(&[&far[3]]), None).await.unwrap();
    let friends = &world.core.friends;
    let sorted = |pairs: &[(usize, usize)]| {
        let pairs = pairs.iter().map(|(friend, other)| (near[*friend].user_id, far[*other].user_id));
        pairs.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    for limit in 1..6 {
        let all = strangers(&world, &ann, limit).await;
        assert_eq!(all, sorted(&[(0, 0), (0, 1), (0, 2), (1, 0)]), "{limit} a page");
    }
    friends.block(ann.clone(), to(&[&far[1]])).await.unwrap();
    friends.block(far[2].clone(), named(&["ann"])).await.unwrap();
    assert_eq!(strangers(&world, &ann, 10).await, sorted(&[(0, 0), (1, 0)]));
    befriend(&world, &ann, &[far[0].clone()]).await;
    assert_eq!(strangers(&world, &ann, 10).await, [], "far0 is a friend now, and knows only friends");
    assert_eq!(strangers(&world, &far[3], 10).await, [], "an invitation is no friendship");
}

#[tokio::test]
async fn a_page_of_friends_of_friends_has_a_cursor_only_when_there_is_more() {
    let world = World::new();
    let (ann, ben) = (world.user("ann").await, world.user("ben").await);
    befriend(&world, &ann, std::slice::from_ref(&ben)).await;
    befriend(&world, &ben, &users(&world, "far", 2).await).await;
    let page = world.core.friends.list_of_friends(ann.user_id, 2, None).await.unwrap();
    assert_eq!((page.friends_of_friends.len(), page.cursor), (2, None));
}

#[tokio::test]
async fn a_user_among_their_own_crowd_gets_short_pages_that_end() {
    let world = World::new();
    // 24 friends who are all friends of each other, so that 600 are looked at and only the last two may be shown.
    let crowd = users(&world, "crowd", 25).await;
    for (number, user) in crowd.iter().enumerate() {
        befriend(&world, user, &crowd[number + 1..]).await;
    }
    let last = crowd.iter().skip(1).max_by_key(|user| user.user_id).unwrap();
    let far = users(&world, "far", 2).await;
    befriend(&world, last, &far).await;
    let first = world.core.friends.list_of_friends(crowd[0].user_id, 10, None).await.unwrap();
    assert!(first.friends_of_friends.is_empty() && first.cursor.is_some(), "{first:?}");
    let found: BTreeSet<_> = strangers(&world, &crowd[0], 10).await.into_iter().collect();
    assert_eq!(found, far.iter().map(|user| (last.user_id, user.user_id)).collect());
}

#[tokio::test]
async fn lists_of_nobody_are_empty() {
    let world = World::new();
    for nobody in [UserId::NIL, UserId::new(Uuid::max())] {
        let page = world.core.friends.list(nobody, 10, None, Some(String::new())).await.unwrap();
        assert_eq!((page.friends, page.cursor), (vec![], None));
        let page = world.core.friends.list_of_friends(nobody, 10, None).await.unwrap();
        assert_eq!((page.friends_of_friends, page.cursor), (vec![], None));
    }
}
