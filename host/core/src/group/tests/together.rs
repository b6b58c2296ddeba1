//! What several do at once has one outcome.

use super::*;
use crate::history::MessageCode;
use std::collections::HashSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_joins_at_once_ten_find_a_place() {
    let world = Arc::new(World::new(51).await);
    let group = world.group("guild", true, 11).await;
    let joins: Vec<_> = world.users[1..]
        .iter()
        .cloned()
        .map(|user| {
            let world = world.clone();
            tokio::spawn(async move { (user.user_id, world.groups().join(user, group).await) })
        })
        .collect();
    let mut joined = HashSet::new();
    for join in joins {
        match join.await.unwrap() {
            (user, Ok(())) => assert!(joined.insert(user)),
            (_, refused) => assert_eq!(refused, Err(GroupError::Full)),
        }
    }
    assert_eq!(joined.len(), 10);
    let places = world.places(group).await;
    assert_eq!(places[0], (world.id(0), GroupState::Superadmin));
    let members = places[1..].iter().map(|(user, state)| {
        assert_eq!(*state, GroupState::Member);
        *user
    });
    assert_eq!(members.collect::<HashSet<_>>(), joined);
    assert_eq!(world.groups().get(vec![group]).await.unwrap()[0].edge_count, 11);
    let told = world.messages(group).await;
    assert!(told.iter().all(|(code, _)| *code == MessageCode::GroupJoin));
    assert_eq!(told.len(), 10, "each who joined is told of once");
    assert_eq!(told.into_iter().map(|(_, user)| user).collect::<HashSet<_>>(), joined);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn superadmins_who_lower_each_other_and_leave_at_once_leave_one() {
    let world = Arc::new(World::new(4).await);
    for round in 0..10 {
        let group = world.group(&format!("guild {round}"), true, 0).await;
        let others: Vec<_> = world.users[1..].iter().map(|user| user.user_id).collect();
        world.groups().add(Actor::server(), group, others.clone()).await.unwrap();
        for _ in 0..2 {
            world.groups().promote(Actor::server(), group, others.clone()).await.unwrap();
        }
        let mut tasks = Vec::new();
        for user in 0..4 {
            let (actor, other) = (world.users[user].clone(), world.id((user + 1) % 4));
            let (leaves, demotes) = (world.clone(), world.clone());
            let leaver = actor.clone();
            tasks.push(tokio::spawn(async move { leaves.groups().leave(leaver, group).await }));
            tasks.push(tokio::spawn(async move { demotes.groups().demote(actor, group, vec![other]).await }));
        }
        for task in tasks {
            let outcome = task.await.unwrap();
            let allowed = [Ok(()), Err(GroupError::LastSuperadminLeaves), Err(GroupError::MayNotManage)];
            assert!(allowed.contains(&outcome), "{outcome:?}");
        }
        let places = world.places(group).await;
        let superadmins = places.iter().filter(|(_, state)| *state == GroupState::Superadmin).count();
        assert!(superadmins >= 1, "{places:?}");
        let count = world.groups().get(vec![group]).await.unwrap()[0].edge_count;
        assert_eq!(count as usize, places.len());
    }
}
