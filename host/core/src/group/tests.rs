//! Tests of groups on a real store: a random walk against a plain model, what happens at once, and the rules one by one.

mod model;
mod rules;
mod together;

use super::*;
use crate::account::{Credential, LoginRequest};
use crate::caller::Actor;
use crate::clock::ManualClock;
use crate::outbox::OutboxLimits;
use crate::password::LoginLimits;
use crate::store::StoreConfig;
use crate::{Config, Core};
use std::time::Duration;
use tempfile::TempDir;

/// A core in a temporary folder, with some users.
struct World {
    core: Arc<Core>,
    users: Vec<Actor>,
    _dir: TempDir,
}

impl World {
    async fn new(users: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = Config {
            node: "node".into(),
            data_dir: dir.path().to_owned(),
            store: StoreConfig { sync_interval_ms: 0, cache_capacity: 16 << 20 },
            outbox: OutboxLimits { messages: 64, bytes: 1 << 20, write_wait: Duration::from_secs(5) },
            event_queue_size: 100,
            event_queue_workers: 1,
            single_socket: false,
            password_hashes_at_once: 1,
            password_hashes_waiting: 1,
            login_limits: LoginLimits::default(),
        };
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_700_000_000)));
        let core = Core::open(config, Environment::seeded(clock, 11)).unwrap();
        let mut made = Vec::with_capacity(users);
        for number in 0..users {
            let username = format!("user{number}");
            let credential = Credential::Custom(format!("custom-of-{username}"));
            let login = LoginRequest { credential, create: true, username: username.clone(), address: None };
            let user_id = core.accounts.authenticate(login).await.unwrap().user_id;
            made.push(Actor { user_id, username: username.into() });
        }
        Self { core, users: made, _dir: dir }
    }

    fn groups(&self) -> &Groups {
        &self.core.groups
    }

    fn id(&self, user: usize) -> UserId {
        self.users[user].user_id
    }

    /// A group of the first user's.
    async fn group(&self, name: &str, open: bool, max_count: u32) -> GroupId {
        let new = NewGroup { name: name.into(), open, max_count, ..NewGroup::default() };
        self.groups().create(self.id(0), new).await.unwrap().id
    }

    /// Everybody's place in a group, as the list tells, in its order.
    async fn places(&self, group: GroupId) -> Vec<(UserId, GroupState)> {
        let mut places = Vec::new();
        for state in GroupState::ALL {
            let page = self.groups().users(group, 1000, Some(state), None).await.unwrap();
            places.extend(page.users.into_iter().map(|(user, state)| (user.id, state)));
        }
        places
    }

    /// Takes a user out of all groups, as deleting an account does.
    async fn delete_all(&self, user: UserId) {
        self.core.store.write(move |txn| delete_all(txn, user)).await.unwrap().unwrap();
    }

    /// The stored messages of a group's channel: what they tell, and about whom.
    async fn messages(&self, group: GroupId) -> Vec<(crate::history::MessageCode, UserId)> {
        let range = crate::store::history::Range { from: None, ascending: true, limit: 1000, moment: None };
        let stream = Stream::about(mode::GROUP, group.uuid());
        let read = self.core.store.read(move |reader| crate::store::history::page(reader, &stream, range)).await;
        read.unwrap().into_iter().map(|message| (message.code, message.sender_id)).collect()
    }
}
