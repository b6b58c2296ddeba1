//! Kills while friends are made, lost and blocked: after each, both sides of every edge, the counts and the
//! notifications agree, and what was acknowledged is there.

use crate::child::open;
use crate::ledger::{Ledger, State, kill_again_and_again};
use meadhall_core::Core;
use meadhall_core::account::{Credential, LoginRequest, Targets};
use meadhall_core::caller::Actor;
use meadhall_core::friend::FriendState;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

const ROUNDS: u64 = 15;
const WRITERS: usize = 5;

/// What each of two is to the other.
type Sides = [Option<FriendState>; 2];

#[test]
fn both_sides_of_every_edge_agree_after_kills_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger: Ledger = kill_again_and_again("friends", ROUNDS, folder.path());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build().unwrap();
    let pairs = runtime.block_on(async { Hall::open(folder.path()).await.pairs().await });
    for (writer, pair) in pairs.iter().enumerate() {
        pair.lines("state", writer).iter().for_each(|line| ledger.read(line));
    }
    assert_eq!(ledger.things.len(), WRITERS * 2, "{ledger:?}");
    assert!(ledger.compared > ROUNDS as usize * 5, "only {} states were compared", ledger.compared);
}

/// Tells what is there, and then writes until it is killed.
pub(crate) async fn child(folder: &Path, round: u64) {
    println!("opening");
    let hall = Arc::new(Hall::open(folder).await);
    // What does not agree ends a child, and the parent is to hear why.
    std::panic::set_hook(Box::new(|panic| println!("broken {} .", panic.to_string().replace('\n', " "))));
    let mut writers = Vec::new();
    for (writer, pair) in hall.pairs().await.into_iter().enumerate() {
        pair.lines("state", writer).iter().for_each(|line| println!("{line}"));
        let random = StdRng::seed_from_u64(round * 100 + writer as u64);
        writers.push(tokio::spawn(work(hall.clone(), writer, pair, random)));
    }
    for writer in writers {
        writer.await.unwrap();
    }
}

/// A core and its users: each writer has one of its own, and all of them know the star.
struct Hall {
    core: Arc<Core>,
    users: Vec<Actor>,
    star: Actor,
}

/// What is between a writer's user and the star, and how often either was told of it.
#[derive(Clone, Debug)]
struct Pair {
    sides: Sides,
    told: u64,
}

impl Pair {
    /// Both as one number, so that a change of one without the other is seen: they are one write.
    fn state(&self) -> State {
        let side = |side: Option<FriendState>| side.map_or(0, |state| state as u64 + 1);
        let number = self.told * 100 + side(self.sides[0]) * 10 + side(self.sides[1]);
        (number > 0).then_some(number)
    }

    /// A line of the ledger for the pair, and one for whether the two are friends.
    fn lines(&self, word: &str, writer: usize) -> [String; 2] {
        let friends = (self.sides[0] == Some(FriendState::Friend)).then_some(1);
        [("pair", self.state()), ("friends", friends)].map(|(thing, state)| {
            let state = state.map_or("none".into(), |number| number.to_string());
            format!("{word} {thing}-{writer} {state} .")
        })
    }

    /// What is there once one of the two has done something.
    fn after(&self, verb: Verb, actor: usize) -> Self {
        use FriendState::{Blocked, Friend, InviteReceived, InviteSent};
        let (mine, theirs) = (self.sides[actor], self.sides[1 - actor]);
        let (mine, theirs, told) = match (verb, mine, theirs) {
            (Verb::Add, None, None) => (Some(InviteSent), Some(InviteReceived), 1),
            (Verb::Add, Some(InviteReceived), _) => (Some(Friend), Some(Friend), 1),
            (Verb::Add, ..) => (mine, theirs, 0),
            (Verb::Delete, _, Some(Blocked)) => (None, theirs, 0),
            (Verb::Delete, ..) => (None, None, 0),
            (Verb::Block, _, Some(Blocked)) => (Some(Blocked), theirs, 0),
            (Verb::Block, ..) => (Some(Blocked), None, 0),
        };
        let sides = if actor == 0 { [mine, theirs] } else { [theirs, mine] };
        Self { sides, told: self.told + told }
    }
}

#[derive(Clone, Copy, Debug)]
enum Verb {
    Add,
    Delete,
    Block,
}

impl Hall {
    async fn open(folder: &Path) -> Self {
        let core = open(folder);
        let mut users = Vec::new();
        for writer in 0..WRITERS {
            users.push(log_in(&core, format!("writer-{writer}")).await);
        }
        let star = log_in(&core, "star-of-all".into()).await;
        Self { core, users, star }
    }

    /// What is between each writer's user and the star, when all of it agrees.
    async fn pairs(&self) -> Vec<Pair> {
        let of_star = self.edges(&self.star).await;
        let told_star = self.told(&self.star).await;
        let mut pairs = Vec::new();
        for user in &self.users {
            let edges = self.edges(user).await;
            let side = edges.get(&self.star.username).copied();
            assert_eq!(edges.len(), usize::from(side.is_some()), "{user:?} knows only the star");
            let other = of_star.get(&user.username).copied();
            assert!(agree(side, other), "{user:?}: {side:?}, {other:?}");
            let told = self.told(user).await.values().sum::<u64>() + told_star.get(&user.username).unwrap_or(&0);
            pairs.push(Pair { sides: [side, other], told });
        }
        pairs
    }

    /// A user's edges by name, when there are as many friends as their account says.
    async fn edges(&self, user: &Actor) -> BTreeMap<Arc<str>, FriendState> {
        let page = self.core.friends.list(user.user_id, 1000, None, None).await.unwrap();
        let count = page.friends.len();
        let edges: BTreeMap<Arc<str>, _> =
            page.friends.into_iter().map(|friend| (friend.user.username.into(), friend.state)).collect();
        assert_eq!(edges.len(), count, "two edges to one user");
        let friends = edges.values().filter(|state| **state == FriendState::Friend).count();
        let account = self.core.accounts.users(vec![user.user_id], Vec::new()).await.unwrap();
        assert_eq!(account[0].edge_count as usize, friends, "the count of {user:?}");
        edges
    }

    /// How many notifications of each sender a user has.
    async fn told(&self, user: &Actor) -> BTreeMap<Arc<str>, u64> {
        let (mut told, mut cursor) = (BTreeMap::new(), None);
        loop {
            let page = self.core.notifications.list(user.user_id, 100, cursor).await.unwrap();
            if page.notifications.is_empty() {
                return told;
            }
            for notification in page.notifications {
                let everybody = self.users.iter().chain([&self.star]);
                let sender = everybody.clone().find(|user| user.user_id == notification.sender_id).unwrap();
                *told.entry(sender.username.clone()).or_default() += 1;
            }
            cursor = Some(page.cacheable_cursor);
        }
    }
}

/// Whether two sides are sides of one thing.
fn agree(one: Option<FriendState>, other: Option<FriendState>) -> bool {
    use FriendState::{Blocked, Friend, InviteReceived, InviteSent};
    match (one, other) {
        (Some(Blocked) | None, Some(Blocked) | None) => true,
        (Some(one), Some(other)) => {
            [(Friend, Friend), (InviteSent, InviteReceived), (InviteReceived, InviteSent)].contains(&(one, other))
        }
        _ => false,
    }
}

/// Does this and that between a writer's user and the star, as either of them.
async fn work(hall: Arc<Hall>, writer: usize, mut pair: Pair, mut random: StdRng) {
    loop {
        let actor = random.random_range(0..2);
        let verb = match random.random_range(0..8) {
            0..=4 => Verb::Add,
            5 | 6 => Verb::Delete,
            _ => Verb::Block,
        };
        let both = [&hall.users[writer], &hall.star];
        let (user, other) = (both[actor].clone(), both[1 - actor].user_id);
        let targets = Targets { ids: vec![other], usernames: Vec::new() };
        let next = pair.after(verb, actor);
        next.lines("try", writer).iter().for_each(|line| println!("{line}"));
        let friends = &hall.core.friends;
        match verb {
            Verb::Add => friends.add(user, targets, None).await,
            Verb::Delete => friends.delete(user.user_id, targets).await,
            Verb::Block => friends.block(user, targets).await,
        }
        .unwrap();
        next.lines("ack", writer).iter().for_each(|line| println!("{line}"));
        pair = next;
    }
}

async fn log_in(core: &Core, name: String) -> Actor {
    let credential = Credential::Device(format!("device-of-{name}"));
    let login = LoginRequest { credential, create: true, username: name, address: None };
    let login = core.accounts.authenticate(login).await.unwrap();
    Actor { user_id: login.user_id, username: login.username.into() }
}
