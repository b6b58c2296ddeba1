//! Random operations of several users, against a plain model.

use super::edge_count;
use crate::world::{Client, World};
use meadhall_core::account::Targets;
use meadhall_core::caller::Actor;
use meadhall_core::friend::{Friend, FriendError, FriendState};
use meadhall_core::ids::UserId;
use meadhall_core::notification::code;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const USERS: usize = 5;

/// Somebody who may be meant.
#[derive(Clone, Copy, Debug)]
enum Target {
    Id(usize),
    Name(usize),
    UnknownId,
    UnknownName,
}

#[derive(Clone, Copy, Debug)]
enum Verb {
    Add(Option<u8>),
    Delete,
    Block,
}

type Step = (usize, Verb, Vec<Target>);

fn step() -> impl Strategy<Value = Step> {
    let target = prop_oneof![
        8 => (0..USERS).prop_map(Target::Id),
        3 => (0..USERS).prop_map(Target::Name),
        1 => Just(Target::UnknownId),
        1 => Just(Target::UnknownName),
    ];
    let verb = prop_oneof![
        5 => prop::option::of(any::<u8>()).prop_map(Verb::Add),
        2 => Just(Verb::Delete),
        1 => Just(Verb::Block),
    ];
    (0..USERS, verb, prop::collection::vec(target, 0..4))
}

/// What should be: each user's edges, and what each user was told.
#[derive(Debug, Default)]
struct Model {
    edges: BTreeMap<(usize, usize), (FriendState, String)>,
    told: BTreeMap<usize, Vec<(i32, usize)>>,
}

impl Model {
    fn state(&self, user: usize, other: usize) -> Option<FriendState> {
        self.edges.get(&(user, other)).map(|(state, _)| *state)
    }

    fn step(&mut self, (user, verb, targets): &Step) -> Result<(), FriendError> {
        let user = *user;
        let others = targets.iter().filter_map(|target| match target {
            Target::Id(other) | Target::Name(other) => Some(*other),
            Target::UnknownId | Target::UnknownName => None,
        });
        let others: BTreeSet<_> = others.collect();
        if others.contains(&user) {
            return Err(match verb {
                Verb::Add(_) => FriendError::AddSelf,
                Verb::Delete => FriendError::DeleteSelf,
                Verb::Block => FriendError::BlockSelf,
            });
        }
        let only_unknown = !targets.is_empty() && targets.iter().all(|target| matches!(target, Target::UnknownName));
        if only_unknown && !matches!(verb, Verb::Delete) {
            return Err(FriendError::NoTarget);
        }
        for other in others {
            match verb {
                Verb::Add(metadata) => self.add(user, other, metadata.map_or("{}".into(), metadata_of)),
                Verb::Delete => self.delete(user, other),
                Verb::Block => {
                    if self.state(user, other) != Some(FriendState::Blocked) {
                        self.delete(user, other);
                        self.edges.insert((user, other), (FriendState::Blocked, "{}".into()));
                    }
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, user: usize, other: usize, metadata: String) {
        match (self.state(user, other), self.state(other, user)) {
            (None, None) => {
                self.edges.insert((user, other), (FriendState::InviteSent, metadata));
                self.edges.insert((other, user), (FriendState::InviteReceived, "{}".into()));
                self.told.entry(other).or_default().push((code::FRIEND_REQUEST, user));
            }
            (Some(FriendState::InviteReceived), _) => {
                self.edges.insert((user, other), (FriendState::Friend, metadata));
                self.edges.entry((other, user)).and_modify(|(state, _)| *state = FriendState::Friend);
                self.told.entry(other).or_default().push((code::FRIEND_ACCEPT, user));
            }
            _ => {}
        }
    }

    fn delete(&mut self, user: usize, other: usize) {
        self.edges.remove(&(user, other));
        if self.state(other, user) != Some(FriendState::Blocked) {
            self.edges.remove(&(other, user));
        }
    }

    /// A user's edges, all or of one state.
    fn edges_of(&self, user: usize, state: Option<FriendState>) -> BTreeMap<usize, (FriendState, String)> {
        let wanted = |((of, _), (is, _)): &(&(usize, usize), &(FriendState, String))| {
            *of == user && state.is_none_or(|state| state == *is)
        };
        self.edges.iter().filter(wanted).map(|((_, other), edge)| (*other, edge.clone())).collect()
    }

    fn friends(&self, user: usize) -> Vec<usize> {
        (0..USERS).filter(|other| self.state(user, *other) == Some(FriendState::Friend)).collect()
    }

    /// The pairs of a friend and a friend's friend.
    fn friends_of_friends(&self, user: usize) -> BTreeSet<(usize, usize)> {
        let pairs = self
            .friends(user)
            .into_iter()
            .flat_map(|friend| self.friends(friend).into_iter().map(move |other| (friend, other)));
        let shown = |other: usize| {
            let blocked = self.state(other, user) == Some(FriendState::Blocked);
            let state = self.state(user, other);
            other != user && !blocked && !matches!(state, Some(FriendState::Friend | FriendState::Blocked))
        };
        pairs.filter(|(_, other)| shown(*other)).collect()
    }
}

fn metadata_of(number: u8) -> String {
    format!("{{ \"n\" : {number} }}")
}

/// The users, and a socket of each.
struct Table {
    world: World,
    users: Vec<Actor>,
    clients: Vec<Client>,
}

impl Table {
    async fn new() -> Self {
        let world = World::with(|config| config.outbox.messages = 10_000);
        let mut users = Vec::new();
        for name in ["ann", "ben", "cat", "dan", "eva"] {
            users.push(world.user(name).await);
        }
        let clients = users.iter().map(|user| world.client_of(user, false)).collect();
        Self { world, users, clients }
    }

    async fn step(&self, (user, verb, targets): &Step) -> Result<(), FriendError> {
        let mut meant = Targets::default();
        for target in targets {
            match *target {
                Target::Id(other) => meant.ids.push(self.users[other].user_id),
                Target::Name(other) => meant.usernames.push(self.users[other].username.as_ref().into()),
                Target::UnknownId => meant.ids.push(UserId::new(Uuid::from_u128(1))),
                Target::UnknownName => meant.usernames.push("nobody".into()),
            }
        }
        let user = self.users[*user].clone();
        match verb {
            Verb::Add(metadata) => self.world.core.friends.add(user, meant, metadata.map(metadata_of)).await,
            Verb::Delete => self.world.core.friends.delete(user.user_id, meant).await,
            Verb::Block => self.world.core.friends.block(user, meant).await,
        }
    }

    fn number(&self, id: UserId) -> usize {
        self.users.iter().position(|user| user.user_id == id).unwrap()
    }

    /// Everything that can be seen is as the model has it.
    async fn check(&self, model: &Model) {
        for (number, user) in self.users.iter().enumerate() {
            for state in std::iter::once(None).chain(FriendState::ALL.map(Some)) {
                let page = self.world.core.friends.list(user.user_id, 100, state, None).await.unwrap();
                let edge = |friend: Friend| (self.number(friend.user.id), (friend.state, friend.metadata));
                let edges: BTreeMap<_, _> = page.friends.into_iter().map(edge).collect();
                assert_eq!(edges, model.edges_of(number, state), "{user:?} {state:?}");
            }
            let page = self.world.core.friends.list_of_friends(user.user_id, 100, None).await.unwrap();
            let pairs = page.friends_of_friends.iter().map(|one| (self.number(one.referrer), self.number(one.user.id)));
            assert_eq!(pairs.collect::<BTreeSet<_>>(), model.friends_of_friends(number), "{user:?}");
            assert_eq!(edge_count(&self.world, user).await as usize, model.friends(number).len(), "{user:?}");
            let told = model.told.get(&number).cloned().unwrap_or_default();
            assert_eq!(self.told(number), told, "{user:?}");
            let stored = self.stored(number).await;
            assert_eq!(stored, told, "what was told is stored");
        }
    }

    async fn stored(&self, user: usize) -> Vec<(i32, usize)> {
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let page = self.world.core.notifications.list(self.users[user].user_id, 100, cursor).await.unwrap();
            if page.notifications.is_empty() {
                return all;
            }
            all.extend(page.notifications.iter().map(|one| (one.code, self.number(one.sender_id))));
            cursor = Some(page.cacheable_cursor);
        }
    }

    fn told(&self, user: usize) -> Vec<(i32, usize)> {
        let told = self.clients[user].notifications();
        told.iter().map(|told| (told.code, self.number(told.sender_id))).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_operation_does_what_the_model_says(steps in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (table, mut model) = (Table::new().await, Model::default());
            for step in &steps {
                assert_eq!(table.step(step).await, model.step(step), "{step:?}");
                table.check(&model).await;
            }
        });
    }
}
