//! Kills while groups change: after each, both sides of every place, the counts, the listings, the stored messages of
//! the channels and the notifications agree, and what was acknowledged is there.

use crate::child::open;
use crate::ledger::{Ledger, State, kill_again_and_again};
use meadhall_core::Core;
use meadhall_core::account::{Credential, LoginRequest};
use meadhall_core::caller::Actor;
use meadhall_core::group::{Group, GroupFilter, GroupState, GroupUpdate, NewGroup};
use meadhall_core::history::{ChannelMessage, MessageCode, PageRequest};
use meadhall_core::ids::{GroupId, UserId};
use meadhall_core::notification::code;
use meadhall_core::stream::{Stream, mode};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

const ROUNDS: u64 = 15;
const WRITERS: usize = 4;
/// Users of each writer, the first of which acts.
const USERS: usize = 4;
/// Everybody joins and leaves it, and only some find a place.
const SHARED: &str = "shared";

#[test]
fn both_sides_of_every_place_agree_after_kills_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger: Ledger = kill_again_and_again("groups", ROUNDS, folder.path());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build().unwrap();
    let lines = runtime.block_on(async { Hall::open(folder.path()).await.states().await });
    lines.iter().for_each(|line| ledger.read(line));
    assert!(ledger.things.len() >= WRITERS * (USERS + 1), "{ledger:?}");
    assert!(ledger.compared > ROUNDS as usize * 5, "only {} states were compared", ledger.compared);
}

/// Tells what is there, and then writes until it is killed.
pub(crate) async fn child(folder: &Path, round: u64) {
    println!("opening");
    let hall = Arc::new(Hall::open(folder).await);
    // What does not agree ends a child, and the parent is to hear why.
    std::panic::set_hook(Box::new(|panic| println!("broken {} .", panic.to_string().replace('\n', " "))));
    hall.states().await.iter().for_each(|line| println!("{line}"));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let random = StdRng::seed_from_u64(round * 100 + writer as u64);
            tokio::spawn(work(hall.clone(), writer, random))
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

/// A core and its users.
struct Hall {
    core: Arc<Core>,
    users: Vec<Vec<Actor>>,
    shared: GroupId,
}

impl Hall {
    async fn open(folder: &Path) -> Self {
        let core = open(folder);
        let mut users = Vec::new();
        for writer in 0..WRITERS {
            let mut own = Vec::new();
            for number in 0..USERS {
                own.push(log_in(&core, format!("user-{writer}-{number}")).await);
            }
            users.push(own);
        }
        let mut hall = Self { core, users, shared: GroupId::NIL };
        // Its owner is nobody's own user, so that nobody else ever leads it.
        let owner = log_in(&hall.core, "owner".into()).await;
        hall.shared = match hall.named(SHARED).await {
            Some(group) => group.id,
            None => hall.create(owner.user_id, SHARED, 6).await,
        };
        hall
    }

    async fn create(&self, creator: UserId, name: &str, max_count: u32) -> GroupId {
        let new = NewGroup { name: name.into(), open: true, max_count, ..NewGroup::default() };
        self.core.groups.create(creator, new).await.unwrap().id
    }

    async fn list(&self, filter: GroupFilter) -> Vec<Group> {
        self.core.groups.list(filter, 1000, None).await.unwrap().groups
    }

    async fn named(&self, name: &str) -> Option<Group> {
        self.list(GroupFilter { name: Some(name.into()), ..GroupFilter::default() }).await.pop()
    }

    /// Everybody's place in a group.
    async fn places(&self, group: GroupId) -> BTreeMap<UserId, GroupState> {
        let mut places = BTreeMap::new();
        for state in GroupState::ALL {
            for (user, found) in self.core.groups.users(group, 1000, Some(state), None).await.unwrap().users {
                assert_eq!(found, state);
                assert_eq!(places.insert(user.id, state), None, "two places of {} in {group}", user.username);
            }
        }
        places
    }

    /// A line for each thing that can be there, when all of it agrees.
    async fn states(&self) -> Vec<String> {
        self.check().await;
        let mut lines = Vec::new();
        for writer in 0..WRITERS {
            let own = match self.named(&own_name(writer)).await {
                Some(group) => self.places(group.id).await,
                None => BTreeMap::new(),
            };
            for number in 1..USERS {
                let place = own.get(&self.users[writer][number].user_id);
                lines.push(line("state", &thing(writer, number), place.map(|place| *place as u64)));
            }
            let brief = self.named(&brief_name(writer)).await;
            let members = brief.map(|group| u64::from(group.edge_count));
            lines.push(line("state", &brief_name(writer), members));
            let language = self.named(&own_name(writer)).await.filter(|group| group.lang_tag == "de").map(|_| 1);
            lines.push(line("state", &format!("language-{writer}"), language));
        }
        lines
    }

    async fn check(&self) {
        let groups = self.list(GroupFilter { name: Some("%".into()), ..GroupFilter::default() }).await;
        let mut both_sides = BTreeSet::new();
        for group in &groups {
            let places = self.places(group.id).await;
            let members = places.values().filter(|state| state.is_member()).count();
            assert_eq!(group.edge_count as usize, members, "the count of {group:?}");
            assert!(group.edge_count <= group.max_count, "{group:?}");
            assert!(places.values().any(|state| *state == GroupState::Superadmin), "nobody leads {group:?}");
            self.check_told(group, &places).await;
            both_sides.extend(places.iter().map(|(user, state)| (*user, group.id, *state)));
        }
        let mut other_side = BTreeSet::new();
        let owner = log_in(&self.core, "owner".into()).await;
        for user in self.users.iter().flatten().chain([&owner]) {
            for state in GroupState::ALL {
                let page = self.core.groups.of_user(user.user_id, 1000, Some(state), None).await.unwrap();
                other_side.extend(page.groups.iter().map(|(group, state)| (user.user_id, group.id, *state)));
            }
        }
        assert_eq!(other_side, both_sides);
        self.check_listings(&groups).await;
    }

    /// The stored messages and notifications tell how the places became what they are.
    async fn check_told(&self, group: &Group, places: &BTreeMap<UserId, GroupState>) {
        let (mut told, mut added) = (BTreeMap::from([(group.creator_id, 0)]), BTreeMap::new());
        for message in self.messages(group).await {
            let user = message.sender_id;
            let place = told.get(&user).copied();
            match (message.code, place) {
                (MessageCode::GroupJoin | MessageCode::GroupAdd, None) => _ = told.insert(user, 2),
                (MessageCode::GroupLeave | MessageCode::GroupKick, Some(_)) => _ = told.remove(&user),
                (MessageCode::GroupBan, Some(_)) => _ = told.remove(&user),
                (MessageCode::GroupPromote, Some(rank @ 1..)) => _ = told.insert(user, rank - 1),
                (MessageCode::GroupDemote, Some(rank @ ..2)) => _ = told.insert(user, rank + 1),
                (code, place) => panic!("{code:?} of a user who is {place:?} in {group:?}"),
            }
            if message.code == MessageCode::GroupAdd {
                *added.entry(user).or_insert(0) += 1;
            }
        }
        let members = places.iter().filter(|(_, state)| state.is_member());
        let members: BTreeMap<_, _> = members.map(|(user, state)| (*user, *state as u8)).collect();
        assert_eq!(told, members, "the messages of {group:?}");
        for user in self.users.iter().flatten() {
            let expected = added.get(&user.user_id).copied().unwrap_or_default();
            assert_eq!(self.notified(user.user_id, group.id).await, expected, "{user:?} in {group:?}");
        }
    }

    async fn messages(&self, group: &Group) -> Vec<ChannelMessage> {
        let stream = Stream::about(mode::GROUP, group.id.uuid());
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let request = PageRequest { stream: stream.clone(), limit: 100, forward: true, from: None, cursor };
            let page = self.core.chat.list(group.creator_id, request).await.unwrap();
            all.extend(page.messages);
            cursor = page.next_cursor;
            if cursor.is_none() {
                return all;
            }
        }
    }

    /// How often a user was told to have been added to a group.
    async fn notified(&self, user: UserId, group: GroupId) -> usize {
        let (mut count, mut cursor) = (0, None);
        loop {
            let page = self.core.notifications.list(user, 100, cursor).await.unwrap();
            let id = group.to_string();
            let is_of_group = page.notifications.iter().filter(|one| one.content.contains(&id));
            count += is_of_group.filter(|one| one.code == code::GROUP_ADD).count();
            if page.notifications.is_empty() {
                return count;
            }
            cursor = Some(page.cacheable_cursor);
        }
    }

    async fn check_listings(&self, groups: &[Group]) {
        for open in [None, Some(true), Some(false)] {
            for language in [None, Some("en"), Some("de")] {
                let filter = GroupFilter { open, lang_tag: language.map(str::to_owned), ..GroupFilter::default() };
                let listed = self.list(filter).await;
                assert!(listed.is_sorted_by_key(|group| std::cmp::Reverse(group.edge_count)), "{listed:?}");
                let listed: Vec<_> = listed.iter().map(|group| group.id).collect();
                let is_asked = |group: &&Group| {
                    open.is_none_or(|open| open == group.open) && language.is_none_or(|tag| tag == group.lang_tag)
                };
                let expected: BTreeSet<_> = groups.iter().filter(is_asked).map(|group| group.id).collect();
                assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), expected, "{open:?} {language:?}");
                assert_eq!(listed.len(), expected.len(), "a group is listed twice");
            }
        }
    }
}

/// Changes its own group, whose every change it knows the outcome of, the shared one, and one that does not last.
async fn work(hall: Arc<Hall>, writer: usize, mut random: StdRng) {
    let groups = &hall.core.groups;
    let chief = &hall.users[writer][0];
    let own = match hall.named(&own_name(writer)).await {
        Some(group) => group.id,
        None => hall.create(chief.user_id, &own_name(writer), 0).await,
    };
    for step in 0_u64.. {
        let number = random.random_range(1..USERS);
        let user = &hall.users[writer][number];
        match step % 5 {
            0 => {
                let open = random.random_bool(0.5);
                let thing = format!("language-{writer}");
                let german = random.random_bool(0.5);
                let next = german.then_some(1);
                println!("{}", line("try", &thing, next));
                let lang_tag = Some(if german { "de" } else { "en" }.to_owned());
                let update = GroupUpdate { lang_tag, open: Some(open), ..GroupUpdate::default() };
                groups.update(chief.user_id, own, update).await.unwrap();
                println!("{}", line("ack", &thing, next));
            }
            1 => live_briefly(&hall, writer).await,
            2 => drop(groups.join(user.clone(), hall.shared).await),
            3 => groups.leave(user.clone(), hall.shared).await.unwrap(),
            _ => {
                let place = hall.places(own).await.get(&user.user_id).copied();
                move_on(&hall, own, chief, (user, &thing(writer, number)), place, random.random_bool(0.3)).await;
            }
        }
    }
}

/// Gives a user the next place.
async fn move_on(
    hall: &Hall,
    group: GroupId,
    chief: &Actor,
    (user, thing): (&Actor, &str),
    place: Option<GroupState>,
    harshly: bool,
) {
    let groups = &hall.core.groups;
    let (by, users) = (chief.clone(), vec![user.user_id]);
    let next = match place {
        None => Some(GroupState::Member),
        Some(GroupState::Member) if harshly => Some(GroupState::Banned),
        Some(GroupState::Member) => Some(GroupState::Admin),
        Some(GroupState::Admin) if harshly => Some(GroupState::Member),
        Some(GroupState::Admin) => Some(GroupState::Superadmin),
        Some(_) => None,
    };
    let next_number = next.map(|state| state as u64);
    println!("{}", line("try", thing, next_number));
    match (place, next) {
        (None, _) => groups.add(by, group, users).await,
        (_, None) => groups.kick(by, group, users).await,
        (_, Some(GroupState::Banned)) => groups.ban(by, group, users).await,
        (Some(from), Some(to)) if to < from => groups.promote(by, group, users).await,
        _ => groups.demote(by, group, users).await,
    }
    .unwrap();
    println!("{}", line("ack", thing, next_number));
}

/// The next step of a group that is made, joined, and deleted again.
async fn live_briefly(hall: &Hall, writer: usize) {
    let (groups, name, users) = (&hall.core.groups, brief_name(writer), &hall.users[writer]);
    let found = hall.named(&name).await;
    let next: State = match &found {
        None => Some(1),
        Some(group) if group.edge_count == 1 => Some(USERS as u64),
        Some(_) => None,
    };
    println!("{}", line("try", &name, next));
    match found {
        None => drop(hall.create(users[0].user_id, &name, 0).await),
        Some(group) if next.is_none() => groups.delete(users[0].user_id, group.id).await.unwrap(),
        Some(group) => {
            let others = users[1..].iter().map(|user| user.user_id).collect();
            groups.add(Actor::server(), group.id, others).await.unwrap();
        }
    }
    println!("{}", line("ack", &name, next));
}

async fn log_in(core: &Core, username: String) -> Actor {
    let credential = Credential::Custom(format!("custom-of-{username}"));
    let login = LoginRequest { credential, create: true, username: username.clone(), address: None };
    Actor { user_id: core.accounts.authenticate(login).await.unwrap().user_id, username: username.into() }
}

fn line(word: &str, thing: &str, state: State) -> String {
    format!("{word} {thing} {} .", state.map_or("none".into(), |state| state.to_string()))
}

fn own_name(writer: usize) -> String {
    format!("own-{writer}")
}

fn brief_name(writer: usize) -> String {
    format!("brief-{writer}")
}

fn thing(writer: usize, number: usize) -> String {
    format!("place-{writer}-{number}")
}
