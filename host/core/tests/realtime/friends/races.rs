//! Two users at once: whatever comes first, both sides agree.

use super::{edge, edge_count, to, told};
use crate::world::World;
use meadhall_core::caller::Actor;
use meadhall_core::friend::FriendState;
use meadhall_core::notification::code;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::sync::Arc;

const ROUNDS: usize = 60;
const STEPS: usize = 6;

/// A user who does this and that with another one.
async fn act(world: Arc<World>, user: Actor, other: Actor, mut random: StdRng) {
    let friends = &world.core.friends;
    for _ in 0..STEPS {
        match random.random_range(0..6) {
            0..=2 => friends.add(user.clone(), to(&[&other]), None).await.unwrap(),
            3 | 4 => friends.delete(user.user_id, to(&[&other])).await.unwrap(),
            _ => friends.block(user.clone(), to(&[&other])).await.unwrap(),
        }
    }
}

/// What each of two is to the other, which must be two sides of one thing.
async fn both_sides(world: &World, one: &Actor, other: &Actor) -> (Option<FriendState>, Option<FriendState>) {
    let state = async |one, other| edge(world, one, other).await.map(|edge| edge.state);
    let sides = (state(one, other).await, state(other, one).await);
    use FriendState::{Blocked, Friend, InviteReceived, InviteSent};
    let agreed = matches!(
        sides,
        (None, None)
            | (Some(Friend), Some(Friend))
            | (Some(InviteSent), Some(InviteReceived))
            | (Some(InviteReceived), Some(InviteSent))
            | (Some(Blocked), None | Some(Blocked))
            | (None, Some(Blocked))
    );
    assert!(agreed, "{sides:?}");
    let friends = u32::from(sides.0 == Some(Friend));
    assert_eq!((edge_count(world, one).await, edge_count(world, other).await), (friends, friends), "{sides:?}");
    sides
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_accept_block_and_delete_each_other_at_once_agree() {
    let world = Arc::new(World::new());
    let (ann, ben) = (world.user("ann").await, world.user("ben").await);
    let mut outcomes = std::collections::BTreeSet::new();
    for round in 0..ROUNDS {
        let random = |side: u64| StdRng::seed_from_u64(round as u64 * 2 + side);
        let one = tokio::spawn(act(world.clone(), ann.clone(), ben.clone(), random(0)));
        let other = tokio::spawn(act(world.clone(), ben.clone(), ann.clone(), random(1)));
        one.await.unwrap();
        other.await.unwrap();
        outcomes.insert(both_sides(&world, &ann, &ben).await);
    }
    assert!(outcomes.len() > 3, "they hardly met: {outcomes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_ask_each_other_at_once_are_friends_and_told_once_each() {
    let world = Arc::new(World::with(|config| config.outbox.messages = 10_000));
    let (ann, ben) = (world.user("ann").await, world.user("ben").await);
    let (at_ann, at_ben) = (world.client_of(&ann, false), world.client_of(&ben, false));
    for round in 1..=ROUNDS {
        let ask = |user: &Actor, other: &Actor| {
            let (world, user, other) = (world.clone(), user.clone(), other.clone());
            tokio::spawn(async move { world.core.friends.add(user, to(&[&other]), None).await })
        };
        let asked = [ask(&ann, &ben), ask(&ben, &ann), ask(&ann, &ben)];
        for asked in asked {
            asked.await.unwrap().unwrap();
        }
        let friends = (Some(FriendState::Friend), Some(FriendState::Friend));
        assert_eq!(both_sides(&world, &ann, &ben).await, friends);
        // Whoever came first asked, and the other one accepted.
        let told = [told(&at_ann), told(&at_ben)].concat();
        let count = |of: i32| told.iter().filter(|(code, ..)| *code == of).count();
        assert_eq!((count(code::FRIEND_REQUEST), count(code::FRIEND_ACCEPT)), (round, round));
        world.core.friends.delete(ann.user_id, to(&[&ben])).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_is_deleted_while_others_ask_leaves_no_edge() {
    let world = Arc::new(World::new());
    let ann = world.user("ann").await;
    for round in 0..ROUNDS {
        let ben = world.user(&format!("ben{round}")).await;
        let asking = {
            let (world, ann, ben) = (world.clone(), ann.clone(), ben.clone());
            tokio::spawn(async move {
                let friends = &world.core.friends;
                friends.add(ann.clone(), to(&[&ben]), None).await.unwrap();
                // Refused once the account is gone.
                let accepted = friends.add(ben.clone(), to(&[&ann]), None).await.is_ok();
                friends.add(ann.clone(), to(&[&ben]), None).await.unwrap();
                accepted
            })
        };
        let deleting = {
            let (world, ben) = (world.clone(), ben.user_id);
            tokio::spawn(async move { world.core.delete_account(ben).await })
        };
        asking.await.unwrap();
        deleting.await.unwrap().unwrap();
        assert_eq!(edge(&world, &ann, &ben).await, None, "round {round}");
        assert_eq!(edge_count(&world, &ann).await, 0, "round {round}");
        assert!(world.core.friends.list(ben.user_id, 10, None, None).await.unwrap().friends.is_empty());
    }
}
