//! Friends: what each operation does on both sides, what others are told, and the lists.

mod lists;
mod model;
mod races;

use crate::world::{Client, World};
use meadhall_core::account::Targets;
use meadhall_core::caller::Actor;
use meadhall_core::friend::{Friend, FriendError, FriendState};
use meadhall_core::ids::UserId;
use meadhall_core::notification::code;
use meadhall_core::stream::{Stream, mode};
use uuid::Uuid;

/// The users with these ids.
fn to(users: &[&Actor]) -> Targets {
    Targets { ids: users.iter().map(|user| user.user_id).collect(), usernames: Vec::new() }
}

/// The users with these names.
fn named(names: &[&str]) -> Targets {
    Targets { ids: Vec::new(), usernames: names.iter().map(|name| (*name).to_owned()).collect() }
}

/// A user's edges: who it is by name, and what they are.
async fn edges(world: &World, user: &Actor) -> Vec<(String, FriendState)> {
    let page = world.core.friends.list(user.user_id, 1000, None, None).await.unwrap();
    assert_eq!(page.cursor, None);
    let mut edges: Vec<_> = page.friends.into_iter().map(|friend| (friend.user.username, friend.state)).collect();
    edges.sort();
    edges
}

/// What one user sees of another.
async fn edge(world: &World, user: &Actor, other: &Actor) -> Option<Friend> {
    let page = world.core.friends.list(user.user_id, 1000, None, None).await.unwrap();
    page.friends.into_iter().find(|friend| friend.user.id == other.user_id)
}

/// How many friends a user's account says that there are.
async fn edge_count(world: &World, user: &Actor) -> u32 {
    let found = world.core.accounts.users(vec![user.user_id], Vec::new()).await.unwrap();
    found.first().map_or(0, |user| user.edge_count)
}

/// What a client was told of friends so far: code, sender and subject of each notification.
fn told(client: &Client) -> Vec<(i32, UserId, String)> {
    let of_friends = |code: i32| [code::FRIEND_REQUEST, code::FRIEND_ACCEPT].contains(&code);
    let told = client.notifications().into_iter().filter(|told| of_friends(told.code));
    told.map(|told| (told.code, told.sender_id, told.subject)).collect()
}

#[tokio::test]
async fn an_invitation_is_accepted_and_ended() {
    let world = World::new();
    let (ann, ben) = (world.user("ann").await, world.user("ben").await);
    let friends = &world.core.friends;
    let (at_ann, at_ben) = (world.client_of(&ann, false), world.client_of(&ben, false));

    let tavern = "{ \"from\" :\"tavern\", \"from\": 1}";
    friends.add(ann.clone(), to(&[&ben]), Some(tavern.into())).await.unwrap();
    friends.add(ann.clone(), to(&[&ben]), Some("{\"again\":true}".into())).await.unwrap();
    assert_eq!(edges(&world, &ann).await, [("ben".into(), FriendState::InviteSent)]);
    assert_eq!(edges(&world, &ben).await, [("ann".into(), FriendState::InviteReceived)]);
    assert_eq!((edge_count(&world, &ann).await, edge_count(&world, &ben).await), (0, 0));
    let request = (code::FRIEND_REQUEST, ann.user_id, "ann wants to add you as a friend".to_owned());
    assert_eq!(told(&at_ben), std::slice::from_ref(&request), "a repeated invitation tells nobody");

    world.clock.set(meadhall_core::clock::Timestamp::from_nanos(1_800_000_000_999_999_999));
    friends.add(ben.clone(), named(&["ann"]), None).await.unwrap();
    let (of_ann, of_ben) = (edge(&world, &ann, &ben).await.unwrap(), edge(&world, &ben, &ann).await.unwrap());
    assert_eq!((of_ann.state, of_ben.state), (FriendState::Friend, FriendState::Friend));
    assert_eq!((&*of_ann.metadata, &*of_ben.metadata), (tavern, "{}"), "it is kept on the asker's side, as sent");
    assert_eq!((of_ann.update_time.nanos(), of_ben.update_time), (1_800_000_000_000_000_000, of_ann.update_time));
    assert_eq!(of_ann.user.edge_count, 0, "lists leave it out");
    assert_eq!((edge_count(&world, &ann).await, edge_count(&world, &ben).await), (1, 1));
    assert_eq!(told(&at_ann), [(code::FRIEND_ACCEPT, ben.user_id, "ben accepted your friend request".into())]);
    friends.add(ben.clone(), to(&[&ann]), None).await.unwrap();
    assert_eq!(told(&at_ben), [request]);

    friends.delete(ben.user_id, to(&[&ann])).await.unwrap();
    friends.delete(ben.user_id, to(&[&ann])).await.unwrap();
    assert_eq!((edges(&world, &ann).await, edges(&world, &ben).await), (vec![], vec![]));
    assert_eq!((edge_count(&world, &ann).await, edge_count(&world, &ben).await), (0, 0));
}

#[tokio::test]
async fn both_ask_and_are_friends_also_by_name_and_id_at_once() {
    let world = World::new();
    let (ann, ben, cat) = (world.user("ann").await, world.user("ben").await, world.user("cat").await);
    let friends = &world.core.friends;
    let at_ben = world.client_of(&ben, false);
    let both =
        Targets { ids: vec![ben.user_id, ben.user_id], usernames: vec!["cat".into(), "ben".into(), "nobody".into()] };
    friends.add(ann.clone(), both, None).await.unwrap();
    assert_eq!(told(&at_ben).len(), 1, "whoever is named twice is asked once");
    friends.add(ben.clone(), to(&[&ann]), Some("{\"b\":1}".into())).await.unwrap();
    assert_eq!(edge(&world, &ben, &ann).await.unwrap().metadata, "{\"b\":1}");
    let expected = [("ben".into(), FriendState::Friend), ("cat".into(), FriendState::InviteSent)];
    assert_eq!(edges(&world, &ann).await, expected);
    friends.delete(cat.user_id, named(&["ann", "nobody"])).await.unwrap();
    assert_eq!(edges(&world, &cat).await, []);
}

#[tokio::test]
async fn a_block_ends_what_was_between_two_and_hides_both() {
    let world = World::new();
    let (ann, ben, cat) = (world.user("ann").await, world.user("ben").await, world.user("cat").await);
    let friends = &world.core.friends;
    friends.add(ann.clone(), to(&[&ben, &cat]), None).await.unwrap();
    friends.add(ben.clone(), to(&[&ann]), None).await.unwrap();
    let clients = [&ann, &ben, &cat].map(|user| world.client_of(user, true));
    let [at_ann, at_ben, at_cat] = &clients;
    for one in &clients {
        for other in [&ann, &ben, &cat] {
            world.core.followers.follow(&one.session, other.user_id);
        }
    }
    let direct = Stream::direct(ben.user_id, ann.user_id);
    at_ann.join(&direct, true).await;
    at_ben.join(&direct, true).await;
    at_ann.pushes();
    let seen = (at_ann.pushes().len(), at_ben.pushes().len());

    friends.block(ann.clone(), to(&[&ben])).await.unwrap();
    assert_eq!(
        edges(&world, &ann).await,
        [("ben".into(), FriendState::Blocked), ("cat".into(), FriendState::InviteSent)]
    );
    assert_eq!(edges(&world, &ben).await, []);
    assert_eq!((edge_count(&world, &ann).await, edge_count(&world, &ben).await), (0, 0));
    assert_eq!(world.core.tracker.count(&direct), 0, "the direct channel is closed");
    assert_eq!((at_ann.pushes().len(), at_ben.pushes().len()), seen, "nobody is told");
    let followers = |star: &Actor| {
        let mut ids: Vec<_> = world.core.followers.of(star.user_id).iter().map(|fan| fan.user_id()).collect();
        ids.sort();
        ids
    };
    let sorted = |users: [&Actor; 2]| {
        let mut ids = users.map(|user| user.user_id);
        ids.sort();
        ids.to_vec()
    };
    assert_eq!(followers(&ann), sorted([&ann, &cat]));
    assert_eq!(followers(&ben), sorted([&ben, &cat]));
    assert_eq!(followers(&cat).len(), 3);
    assert!(!edge(&world, &ann, &ben).await.unwrap().user.online, "a blocked user is shown offline");
    assert!(edge(&world, &ann, &cat).await.unwrap().user.online);

    for (one, other) in [(&ben, &ann), (&ann, &ben)] {
        friends.add(one.clone(), to(&[other]), None).await.unwrap();
    }
    friends.delete(ben.user_id, to(&[&ann])).await.unwrap();
    assert_eq!(edges(&world, &ben).await, []);
    assert_eq!(edge(&world, &ann, &ben).await.unwrap().state, FriendState::Blocked, "the other's block stays");
    assert_eq!((told(at_ann).len(), told(at_ben).len(), told(at_cat).len()), (0, 0, 0));

    friends.block(ben.clone(), named(&["ann"])).await.unwrap();
    friends.delete(ann.user_id, to(&[&ben])).await.unwrap();
    assert_eq!((edges(&world, &ann).await.len(), edges(&world, &ben).await.len()), (1, 1));
    friends.add(ann.clone(), to(&[&ben]), None).await.unwrap();
    assert_eq!(edge(&world, &ann, &ben).await, None, "ben blocks ann");
    friends.delete(ben.user_id, to(&[&ann])).await.unwrap();
    friends.add(ann.clone(), to(&[&ben]), None).await.unwrap();
    assert_eq!(edge(&world, &ben, &ann).await.unwrap().state, FriendState::InviteReceived);
}

#[tokio::test]
async fn blocking_again_changes_nothing() {
    let world = World::new();
    let (ann, ben) = (world.user("ann").await, world.user("ben").await);
    let friends = &world.core.friends;
    friends.block(ann.clone(), to(&[&ben])).await.unwrap();
    let blocked = edge(&world, &ann, &ben).await;
    let at_ann = world.client_of(&ann, false);
    let direct = Stream::direct(ann.user_id, ben.user_id);
    world.clock.set(meadhall_core::clock::Timestamp::from_seconds(1_800_000_000));
    at_ann.join(&direct, true).await;
    friends.block(ann.clone(), to(&[&ben])).await.unwrap();
    assert_eq!(edge(&world, &ann, &ben).await, blocked);
    assert_eq!(world.core.tracker.count(&direct), 1);
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    let world = World::new();
    let (ann, ben) = (world.user("ann").await, world.user("ben").await);
    let gone = Actor { user_id: UserId::new(Uuid::from_u128(9)), username: "gone".into() };
    let server = Actor::server();
    let friends = &world.core.friends;
    let with = |ids: &[&Actor], names: &[&str]| Targets { usernames: named(names).usernames, ..to(ids) };
    let nil = FriendError::InvalidUserId("00000000-0000-0000-0000-000000000000".into());
    let cases = [
        (with(&[&ben, &ann], &[]), FriendError::AddSelf),
        (with(&[&ben], &["ben", "ann"]), FriendError::AddSelf),
        (with(&[&ann], &[""]), FriendError::AddSelf),
        (with(&[&ben, &server], &[]), nil),
        (with(&[&ben], &[""]), FriendError::EmptyUsername),
        (with(&[], &["nobody"]), FriendError::NoTarget),
    ];
    for (targets, error) in cases {
        let (add, delete, block) = match error {
            FriendError::AddSelf => (FriendError::AddSelf, Err(FriendError::DeleteSelf), FriendError::BlockSelf),
            FriendError::NoTarget => (FriendError::NoTarget, Ok(()), FriendError::NoTarget),
            other => (other.clone(), Err(other.clone()), other),
        };
        assert_eq!(friends.add(ann.clone(), targets.clone(), None).await, Err(add), "{targets:?}");
        assert_eq!(friends.delete(ann.user_id, targets.clone()).await, delete, "{targets:?}");
        assert_eq!(friends.block(ann.clone(), targets.clone()).await, Err(block), "{targets:?}");
    }
    let longest = format!("{{\"text\":\"{}\"}}", "x".repeat(4096 - 11));
    for (metadata, error) in [
        ("[1]".to_owned(), FriendError::InvalidMetadata),
        ("hello".to_owned(), FriendError::InvalidMetadata),
        (format!(" {longest}"), FriendError::MetadataTooLong(4097)),
    ] {
        assert_eq!(friends.add(ann.clone(), to(&[&ben]), Some(metadata)).await, Err(error));
    }
    for nobody in [&gone, &server] {
        assert_eq!(friends.add(nobody.clone(), to(&[&ben]), None).await, Err(FriendError::AccountNotFound));
        assert_eq!(friends.block(nobody.clone(), to(&[&ben])).await, Err(FriendError::AccountNotFound));
        assert_eq!(friends.delete(nobody.user_id, to(&[&ben])).await, Ok(()));
    }
    for nothing in [Targets::default(), to(&[&gone])] {
        assert_eq!(friends.add(ann.clone(), nothing.clone(), None).await, Ok(()));
        assert_eq!(friends.delete(ann.user_id, nothing.clone()).await, Ok(()));
        assert_eq!(friends.block(ann.clone(), nothing).await, Ok(()));
    }
    assert_eq!((edges(&world, &ann).await, edges(&world, &ben).await), (vec![], vec![]));
    friends.add(ann.clone(), to(&[&ben]), Some(longest.clone())).await.unwrap();
    assert_eq!(edge(&world, &ann, &ben).await.unwrap().metadata, longest);
}

#[tokio::test]
async fn a_user_who_was_renamed_is_still_themselves() {
    let world = World::new();
    let (ann, ben) = (world.user("ann").await, world.user("ben").await);
    let rename = |username: &str| meadhall_core::account::AccountUpdate {
        username: Some(username.into()),
        ..meadhall_core::account::AccountUpdate::default()
    };
    world.core.accounts.update(ann.user_id, rename("anna")).await.unwrap();
    world.core.accounts.update(ben.user_id, rename("ann")).await.unwrap();
    let friends = &world.core.friends;
    assert_eq!(friends.add(ann.clone(), named(&["anna"]), None).await, Err(FriendError::AddSelf));
    friends.add(ann.clone(), named(&["ann"]), None).await.unwrap();
    assert_eq!(edge(&world, &ann, &ben).await.unwrap().state, FriendState::InviteSent);
}

#[tokio::test]
async fn a_deleted_account_leaves_no_edge_and_no_block() {
    let world = World::new();
    let (ann, ben, cat) = (world.user("ann").await, world.user("ben").await, world.user("cat").await);
    let dan = world.user("dan").await;
    let friends = &world.core.friends;
    friends.add(ann.clone(), to(&[&ben, &cat]), None).await.unwrap();
    friends.add(ben.clone(), to(&[&ann]), None).await.unwrap();
    friends.block(dan.clone(), to(&[&ann, &ben])).await.unwrap();
    friends.block(ann.clone(), to(&[&dan])).await.unwrap();
    world.core.delete_account(ann.user_id, meadhall_core::clock::Timestamp::from_nanos(i64::MAX)).await.unwrap();
    assert_eq!((edges(&world, &ben).await, edge_count(&world, &ben).await), (vec![], 0));
    assert_eq!(edges(&world, &cat).await, []);
    assert_eq!(edges(&world, &dan).await, [("ben".into(), FriendState::Blocked)]);
    assert!(friends.list(ann.user_id, 10, None, None).await.unwrap().friends.is_empty());
}

#[tokio::test]
async fn edges_outlive_a_restart() {
    let world = World::new();
    let (ann, ben) = (world.user("ann").await, world.user("ben").await);
    world.core.friends.add(ann.clone(), to(&[&ben]), None).await.unwrap();
    world.core.friends.add(ben.clone(), to(&[&ann]), None).await.unwrap();
    let before = (edge(&world, &ann, &ben).await, edge_count(&world, &ann).await);
    let world = world.restart().await;
    assert_eq!((edge(&world, &ann, &ben).await, edge_count(&world, &ann).await), before);
}

#[tokio::test]
async fn a_friend_is_shown_online_while_they_have_a_status() {
    let world = World::new();
    let (ann, ben) = (world.user("ann").await, world.user("ben").await);
    world.core.friends.add(ann.clone(), to(&[&ben]), None).await.unwrap();
    assert!(!edge(&world, &ann, &ben).await.unwrap().user.online);
    let client = world.client_of(&ben, true);
    assert!(edge(&world, &ann, &ben).await.unwrap().user.online);
    world.core.tracker.leave(&Stream::about(mode::STATUS, ben.user_id.uuid()), ben.user_id, client.session.id());
    assert!(!edge(&world, &ann, &ben).await.unwrap().user.online);
}
