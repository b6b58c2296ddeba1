//! Random operations by several users on a few groups, against a plain model: each has the same outcome, and after each
//! every list is what the model says.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

const USERS: usize = 5;
const GROUPS: usize = 3;
const NAMES: [&str; 4] = ["Alpha", "alpha", "alphabet", "beta"];
const LANGUAGES: [&str; 2] = ["de", "en"];

#[derive(Clone, Copy, Debug)]
enum Deed {
    Add,
    Kick,
    Ban,
    Promote,
    Demote,
}

#[derive(Clone, Debug)]
enum Operation {
    Create { user: usize, group: usize, name: usize, language: usize, open: bool, max: u32 },
    Update { actor: Option<usize>, group: usize, name: Option<usize>, open: Option<bool>, max: Option<u32> },
    Delete { actor: Option<usize>, group: usize },
    Join { user: usize, group: usize },
    Leave { user: usize, group: usize },
    Manage { deed: Deed, actor: Option<usize>, group: usize, users: Vec<usize> },
    DeleteUser { user: usize },
}

fn operation() -> impl Strategy<Value = Operation> {
    let (user, group, name) = (0..USERS, 0..GROUPS, 0..NAMES.len());
    // The server now and then.
    let actor = prop::option::weighted(0.85, 0..USERS);
    let deed = prop::sample::select(vec![Deed::Add, Deed::Kick, Deed::Ban, Deed::Promote, Deed::Demote]);
    prop_oneof![
        3 => (user.clone(), group.clone(), name.clone(), 0..2usize, any::<bool>(), 0..4u32).prop_map(
            |(user, group, name, language, open, max)| Operation::Create { user, group, name, language, open, max }
        ),
        2 => (actor.clone(), group.clone(), prop::option::of(name), any::<Option<bool>>(), prop::option::of(1..4u32))
            .prop_map(|(actor, group, name, open, max)| Operation::Update { actor, group, name, open, max }),
        1 => (actor.clone(), group.clone()).prop_map(|(actor, group)| Operation::Delete { actor, group }),
        8 => (user.clone(), group.clone()).prop_map(|(user, group)| Operation::Join { user, group }),
        3 => (user.clone(), group.clone()).prop_map(|(user, group)| Operation::Leave { user, group }),
        16 => (deed, actor, group, prop::collection::vec(0..USERS, 0..4))
            .prop_map(|(deed, actor, group, users)| Operation::Manage { deed, actor, group, users }),
        1 => user.prop_map(|user| Operation::DeleteUser { user }),
    ]
}

/// A group as the rules say it is: users by number, states by number.
#[derive(Clone, Debug)]
struct Plain {
    id: GroupId,
    name: &'static str,
    language: &'static str,
    open: bool,
    max: usize,
    places: BTreeMap<usize, u8>,
}

impl Plain {
    fn members(&self) -> usize {
        self.places.values().filter(|state| **state <= 2).count()
    }

    fn superadmins(&self) -> usize {
        self.places.values().filter(|state| **state == 0).count()
    }

    /// What a user may: 0 everything, 1 manage those below, above that nothing.
    fn rank(&self, actor: Option<usize>) -> u8 {
        actor.map_or(0, |actor| self.places.get(&actor).copied().unwrap_or(9))
    }
}

#[derive(Default)]
struct Model {
    groups: [Option<Plain>; GROUPS],
}

impl Model {
    fn is_taken(&self, name: &str) -> bool {
        self.groups.iter().flatten().any(|group| group.name == name)
    }

    fn update(
        &mut self,
        actor: Option<usize>,
        group: usize,
        (name, open, max): (Option<usize>, Option<bool>, Option<u32>),
    ) -> Result<(), GroupError> {
        if (name, open, max) == (None, None, None) {
            return Err(GroupError::NothingToUpdate);
        }
        let mut plain = self.groups[group].clone().ok_or(GroupError::MayNotUpdate)?;
        if plain.rank(actor) > 1 {
            return Err(GroupError::MayNotUpdate);
        }
        let max = max.map_or(plain.max, |max| max as usize);
        if max < plain.members() {
            let (members, max_count) = (plain.members() as u32, max as u32);
            return Err(GroupError::MaxCountBelowMembers { members, max_count });
        }
        if let Some(name) = name.map(|name| NAMES[name]).filter(|name| *name != plain.name) {
            if self.is_taken(name) {
                return Err(GroupError::NewNameTaken);
            }
            plain.name = name;
        }
        plain.open = open.unwrap_or(plain.open);
        plain.max = max;
        self.groups[group] = Some(plain);
        Ok(())
    }

    fn delete(&mut self, actor: Option<usize>, group: usize) -> Result<(), GroupError> {
        match &self.groups[group] {
            Some(plain) if plain.rank(actor) == 0 => self.groups[group] = None,
            _ => return Err(GroupError::MayNotDelete),
        }
        Ok(())
    }

    fn join(&mut self, user: usize, group: usize) -> Result<(), GroupError> {
        let plain = self.groups[group].as_mut().ok_or(GroupError::NotFound)?;
        match (plain.places.get(&user), plain.open) {
            (None, false) => _ = plain.places.insert(user, 3),
            (None | Some(3), true) if plain.members() >= plain.max => return Err(GroupError::Full),
            (None | Some(3), true) => _ = plain.places.insert(user, 2),
            _ => {}
        }
        Ok(())
    }

    fn leave(&mut self, user: usize, group: usize) -> Result<(), GroupError> {
        let plain = self.groups[group].as_mut().ok_or(GroupError::NotFound)?;
        match plain.places.get(&user) {
            Some(0) if plain.superadmins() == 1 => return Err(GroupError::LastSuperadminLeaves),
            None | Some(4) => {}
            Some(_) => _ = plain.places.remove(&user),
        }
        Ok(())
    }

    fn manage(
        &mut self,
        deed: Deed,
        actor: Option<usize>,
        group: usize,
        users: &[usize],
        id: impl Fn(usize) -> UserId,
    ) -> Result<(), GroupError> {
        if users.is_empty() {
            return Ok(());
        }
        let mut plain = self.groups[group].clone().ok_or(GroupError::MayNotManage)?;
        let rank = plain.rank(actor);
        if rank > 1 {
            return Err(GroupError::MayNotManage);
        }
        let mut done = Vec::new();
        for user in users.iter().copied() {
            let place = plain.places.get(&user).copied();
            let out_of_reach = rank == 1 && place.is_some_and(|place| place <= 1);
            if actor == Some(user) || done.contains(&user) || out_of_reach {
                continue;
            }
            done.push(user);
            let becomes = match (deed, place) {
                (Deed::Add, None | Some(3)) if plain.members() >= plain.max => return Err(GroupError::Full),
                (Deed::Add, None | Some(3)) => Some(2),
                (Deed::Kick, Some(_)) => None,
                (Deed::Ban, Some(0..=3)) => Some(4),
                (Deed::Promote, Some(state @ 1..=2)) => Some(state - 1),
                (Deed::Demote, Some(state @ 0..=1)) => Some(state + 1),
                _ => continue,
            };
            if place == Some(0) && plain.superadmins() == 1 {
                return Err(GroupError::LastSuperadmin(id(user)));
            }
            match becomes {
                Some(state) => plain.places.insert(user, state),
                None => plain.places.remove(&user),
            };
        }
        self.groups[group] = Some(plain);
        Ok(())
    }

    fn delete_user(&mut self, user: usize, id: impl Fn(usize) -> UserId) {
        for slot in &mut self.groups {
            let Some(plain) = slot else { continue };
            plain.places.remove(&user);
            if plain.superadmins() == 0 {
                let members = plain.places.iter().filter(|(_, state)| **state <= 2);
                match members.map(|(user, state)| (*state, id(*user), *user)).min() {
                    Some((_, _, heir)) => _ = plain.places.insert(heir, 0),
                    None => *slot = None,
                }
            }
        }
    }
}

/// Does it on both sides.
async fn perform(world: &World, model: &mut Model, operation: Operation) {
    let id = |user: usize| world.id(user);
    let actor_of = |actor: Option<usize>| actor.map_or_else(Actor::server, |actor| world.users[actor].clone());
    // A group that is not there has an id all the same.
    let group_of = |model: &Model, group: usize| model.groups[group].as_ref().map_or(GroupId::NIL, |plain| plain.id);
    let groups = world.groups();
    match operation {
        Operation::Create { user, group, name, language, open, max } => {
            if model.groups[group].is_some() {
                return;
            }
            let (name, language) = (NAMES[name], LANGUAGES[language]);
            let (name_text, lang_tag) = (name.to_owned(), language.to_owned());
            let new = NewGroup { name: name_text, lang_tag, open, max_count: max, ..NewGroup::default() };
            match groups.create(id(user), new).await {
                Ok(Group { id, .. }) => {
                    assert!(!model.is_taken(name));
                    let max = if max == 0 { 100 } else { max as usize };
                    let places = BTreeMap::from([(user, 0)]);
                    model.groups[group] = Some(Plain { id, name, language, open, max, places });
                }
                Err(error) => assert_eq!((error, model.is_taken(name)), (GroupError::NameTaken, true)),
            }
        }
        Operation::Update { actor, group, name, open, max } => {
            let (target, new_name) = (group_of(model, group), name.map(|name| NAMES[name].to_owned()));
            let update = GroupUpdate { name: new_name, open, max_count: max, ..GroupUpdate::default() };
            let outcome = groups.update(actor_of(actor).user_id, target, update).await;
            assert_eq!(outcome, model.update(actor, group, (name, open, max)));
        }
        Operation::Delete { actor, group } => {
            let outcome = groups.delete(actor_of(actor).user_id, group_of(model, group)).await;
            assert_eq!(outcome, model.delete(actor, group));
        }
        Operation::Join { user, group } => {
            let outcome = groups.join(world.users[user].clone(), group_of(model, group)).await;
            assert_eq!(outcome, model.join(user, group));
        }
        Operation::Leave { user, group } => {
            let outcome = groups.leave(world.users[user].clone(), group_of(model, group)).await;
            assert_eq!(outcome, model.leave(user, group));
        }
        Operation::Manage { deed, actor, group, users } => {
            let (by, target, ids) = (actor_of(actor), group_of(model, group), users.iter().map(|user| id(*user)));
            let ids = ids.collect();
            let outcome = match deed {
                Deed::Add => groups.add(by, target, ids).await,
                Deed::Kick => groups.kick(by, target, ids).await,
                Deed::Ban => groups.ban(by, target, ids).await,
                Deed::Promote => groups.promote(by, target, ids).await,
                Deed::Demote => groups.demote(by, target, ids).await,
            };
            assert_eq!(outcome, model.manage(deed, actor, group, &users, id));
        }
        Operation::DeleteUser { user } => {
            world.delete_all(id(user)).await;
            model.delete_user(user, id);
        }
    }
}

/// Everything that can be asked for.
async fn compare(world: &World, model: &Model) {
    let states = GroupState::ALL.map(Some).into_iter().chain([None]);
    for plain in model.groups.iter().flatten() {
        assert!(plain.superadmins() > 0 && plain.members() <= plain.max);
        let stored = &world.groups().get(vec![plain.id]).await.unwrap()[0];
        let shown = (stored.name.as_str(), stored.lang_tag.as_str(), stored.open, stored.max_count, stored.edge_count);
        let expected = (plain.name, plain.language, plain.open, plain.max as u32, plain.members() as u32);
        assert_eq!(shown, expected);
    }
    for state in states {
        let is_asked = |place: u8| state.map_or(place < 4, |state| place == state as u8);
        for plain in model.groups.iter().flatten() {
            let places = plain.places.iter().filter(|(_, place)| is_asked(**place));
            let mut expected: Vec<_> = places.map(|(user, place)| (*place, world.id(*user))).collect();
            expected.sort_unstable();
            assert_eq!(users(world, plain.id, state).await, expected, "{plain:?} {state:?}");
        }
        for user in 0..USERS {
            let places = model.groups.iter().flatten().filter_map(|plain| Some((*plain.places.get(&user)?, plain.id)));
            let mut expected: Vec<_> = places.filter(|(place, _)| is_asked(*place)).collect();
            expected.sort_unstable();
            let page = world.groups().of_user(world.id(user), 100, state, None).await.unwrap();
            let found: Vec<_> = page.groups.into_iter().map(|(group, place)| (place as u8, group.id)).collect();
            assert_eq!(found, expected, "user {user} {state:?}");
        }
    }
    compare_listings(world, model).await;
}

/// The users of a group, in pages of two.
async fn users(world: &World, group: GroupId, state: Option<GroupState>) -> Vec<(u8, UserId)> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = world.groups().users(group, 2, state, cursor).await.unwrap();
        found.extend(page.users.into_iter().map(|(user, place)| (place as u8, user.id)));
        cursor = page.cursor;
        if cursor.is_none() {
            return found;
        }
    }
}

async fn compare_listings(world: &World, model: &Model) {
    let mut filters = Vec::new();
    for open in [None, Some(true), Some(false)] {
        for lang_tag in [None, Some("de".to_owned()), Some("fr".into())] {
            for members in [None, Some(0), Some(1), Some(2), Some(u32::MAX)] {
                filters.push(GroupFilter { name: None, open, lang_tag: lang_tag.clone(), members });
            }
        }
    }
    for name in ["ALPHA", "alpha%", "%", "al", "beta"] {
        filters.push(GroupFilter { name: Some(name.into()), ..GroupFilter::default() });
    }
    for filter in filters {
        let is_asked = |plain: &&Plain| match &filter.name {
            Some(name) => match name.strip_suffix('%') {
                Some(prefix) => plain.name.to_lowercase().starts_with(&prefix.to_lowercase()),
                None => plain.name.to_lowercase() == name.to_lowercase(),
            },
            None => {
                filter.open.is_none_or(|open| open == plain.open)
                    && filter.lang_tag.as_ref().is_none_or(|tag| tag == plain.language)
                    && filter.members.is_none_or(|members| plain.members() as u64 <= u64::from(members))
            }
        };
        let mut expected: Vec<_> = model.groups.iter().flatten().filter(is_asked).map(|plain| plain.id).collect();
        let mut found = Vec::new();
        let mut cursor = Some(String::new());
        while let Some(at) = cursor {
            let page = world.groups().list(filter.clone(), 1, Some(at)).await.unwrap();
            found.extend(page.groups);
            cursor = page.cursor;
        }
        let in_order = match &filter.name {
            Some(_) => found.is_sorted_by_key(|group| group.name.to_lowercase()),
            None => found.is_sorted_by_key(|group| std::cmp::Reverse(group.edge_count)),
        };
        assert!(in_order, "{filter:?}: {found:?}");
        let mut found: Vec<_> = found.into_iter().map(|group| group.id).collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{filter:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn groups_do_what_the_plain_model_does(operations in prop::collection::vec(operation(), 1..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new(USERS).await;
            let mut model = Model::default();
            for operation in operations {
                perform(&world, &mut model, operation).await;
                compare(&world, &model).await;
            }
        });
    }
}
