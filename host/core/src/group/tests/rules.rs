//! The rules one by one, where the model would only say the same again.

use super::*;
use crate::history::MessageCode;
use crate::notification::code;

#[tokio::test]
async fn each_change_is_told_in_the_channel_and_requests_are_not() {
    use MessageCode::{GroupAdd, GroupBan, GroupDemote, GroupJoin, GroupKick, GroupLeave, GroupPromote};
    let world = World::new(3).await;
    let groups = world.groups();
    let [ann, bob, cid] = [0, 1, 2].map(|user| world.users[user].clone());
    let (bob_id, cid_id) = (bob.user_id, cid.user_id);
    let open = world.group("open", true, 0).await;
    groups.join(bob.clone(), open).await.unwrap();
    groups.join(bob.clone(), open).await.unwrap();
    groups.add(ann.clone(), open, vec![cid_id, bob_id, cid_id]).await.unwrap();
    groups.promote(ann.clone(), open, vec![bob_id, bob_id]).await.unwrap();
    groups.demote(ann.clone(), open, vec![bob_id]).await.unwrap();
    groups.kick(ann.clone(), open, vec![cid_id]).await.unwrap();
    groups.leave(bob.clone(), open).await.unwrap();
    groups.join(cid.clone(), open).await.unwrap();
    groups.ban(ann.clone(), open, vec![cid_id, bob_id]).await.unwrap();
    groups.join(cid.clone(), open).await.unwrap();
    groups.kick(ann.clone(), open, vec![cid_id]).await.unwrap();
    let told = [
        (GroupJoin, bob_id),
        (GroupAdd, cid_id),
        (GroupPromote, bob_id),
        (GroupDemote, bob_id),
        (GroupKick, cid_id),
        (GroupLeave, bob_id),
        (GroupJoin, cid_id),
        (GroupBan, cid_id),
    ];
    assert_eq!(world.messages(open).await, told);

    let closed = world.group("closed", false, 0).await;
    groups.join(bob.clone(), closed).await.unwrap();
    groups.leave(bob.clone(), closed).await.unwrap();
    groups.join(bob.clone(), closed).await.unwrap();
    groups.join(cid.clone(), closed).await.unwrap();
    groups.kick(ann.clone(), closed, vec![bob_id]).await.unwrap();
    groups.ban(ann.clone(), closed, vec![cid_id]).await.unwrap();
    assert_eq!(world.messages(closed).await, []);
    groups.join(bob, closed).await.unwrap();
    groups.add(ann, closed, vec![bob_id]).await.unwrap();
    assert_eq!(world.messages(closed).await, [(GroupAdd, bob_id)]);
}

#[tokio::test]
async fn those_who_are_added_and_those_who_manage_are_notified() {
    let world = World::new(4).await;
    let groups = world.groups();
    let group = world.group("closed", false, 0).await;
    groups.add(world.users[0].clone(), group, vec![world.id(1), world.id(2)]).await.unwrap();
    groups.promote(world.users[0].clone(), group, vec![world.id(1)]).await.unwrap();
    groups.join(world.users[3].clone(), group).await.unwrap();
    groups.join(world.users[3].clone(), group).await.unwrap();
    groups.add(Actor::server(), group, vec![world.id(3)]).await.unwrap();
    let asked = (code::GROUP_JOIN_REQUEST, "User user3 wants to join your group", world.id(3));
    let asks = format!("{{\"group_id\":\"{group}\",\"username\":\"user3\"}}");
    let added = |by| (code::GROUP_ADD, "You've been added to group closed", by);
    let is_in = format!("{{\"group_id\":\"{group}\",\"name\":\"closed\"}}");
    let expected = [
        vec![(asked, &asks)],
        vec![(added(world.id(0)), &is_in), (asked, &asks)],
        vec![(added(world.id(0)), &is_in)],
        vec![(added(UserId::NIL), &is_in)],
    ];
    for (user, expected) in expected.into_iter().enumerate() {
        let told = world.core.notifications.list(world.id(user), 100, None).await.unwrap().notifications;
        let told: Vec<_> =
            told.iter().map(|one| ((one.code, one.subject.as_str(), one.sender_id), &one.content)).collect();
        assert_eq!(told, expected, "user {user}");
    }
}

#[tokio::test]
async fn a_group_takes_a_thousand_requests() {
    let world = World::new(2).await;
    let group = world.group("closed", false, 0).await;
    let full = world.core.store.write(move |txn| {
        let mut roster = Roster::open(txn, group)?.unwrap();
        for number in 0..1000 {
            roster.put(UserId::new(uuid::Uuid::from_u128(number)), None, Some(GroupState::JoinRequest))?;
        }
        roster.store(Timestamp::default())
    });
    full.await.unwrap().unwrap();
    let refused = world.groups().join(world.users[1].clone(), group).await;
    assert_eq!(refused, Err(GroupError::TooManyRequests(1000)));
    world.groups().kick(Actor::server(), group, vec![UserId::new(uuid::Uuid::from_u128(7))]).await.unwrap();
    world.groups().join(world.users[1].clone(), group).await.unwrap();
}

#[tokio::test]
async fn of_several_users_all_are_changed_or_none() {
    let world = World::new(4).await;
    let group = world.group("small", true, 3).await;
    let all = vec![world.id(1), world.id(2), world.id(3)];
    assert_eq!(world.groups().add(world.users[0].clone(), group, all).await, Err(GroupError::Full));
    let nobody = UserId::new(uuid::Uuid::from_u128(1));
    let refused = world.groups().add(Actor::server(), group, vec![world.id(1), nobody]).await;
    assert_eq!(refused, Err(GroupError::UserNotFound(nobody)));
    let refused = world.groups().kick(Actor::server(), group, vec![world.id(0)]).await;
    assert_eq!(refused, Err(GroupError::LastSuperadmin(world.id(0))));
    let many = world.groups().add(Actor::server(), group, vec![world.id(1); 1001]).await;
    assert_eq!(many, Err(GroupError::TooManyUsers(1001)));
    assert_eq!(world.places(group).await, [(world.id(0), GroupState::Superadmin)]);
    assert_eq!(world.messages(group).await, []);
    for user in 1..4 {
        let told = world.core.notifications.list(world.id(user), 100, None).await.unwrap();
        assert_eq!(told.notifications, []);
    }
}

#[tokio::test]
async fn names_are_found_whole_or_by_their_beginning_in_any_case() {
    let world = World::new(1).await;
    for name in ["Guild", "guild", "GUILDS", "Gu", "Ärger", "guild%"] {
        world.group(name, true, 0).await;
    }
    let names = async |filter: &str| {
        let filter = GroupFilter { name: Some(filter.into()), ..GroupFilter::default() };
        let page = world.groups().list(filter, 100, None).await.unwrap();
        let mut names: Vec<_> = page.groups.into_iter().map(|group| group.name).collect();
        names.sort();
        names
    };
    assert_eq!(names("gUILD").await, ["Guild", "guild"]);
    assert_eq!(names("guild%").await, ["GUILDS", "Guild", "guild", "guild%"]);
    assert_eq!(names("guild%%").await, ["guild%"]);
    assert_eq!(names("ärg%").await, ["Ärger"]);
    assert_eq!(names("%uild").await, [""; 0]);
    assert_eq!(names("%").await.len(), 6);
}

#[tokio::test]
async fn what_is_not_valid_is_refused() {
    let world = World::new(1).await;
    let taken = world.group("taken", true, 5).await;
    let named = |name: &str| NewGroup { name: name.into(), ..NewGroup::default() };
    let long = |length: usize| "x".repeat(length);
    let field = |field, length, limit| GroupError::FieldTooLong { field, length, limit };
    let new = |change: fn(&mut NewGroup)| {
        let mut new = named("new");
        change(&mut new);
        new
    };
    for (new, error) in [
        (named(""), GroupError::NameRequired),
        (named(&long(256)), GroupError::NameTooLong(256)),
        // In lower case this letter takes three bytes instead of two.
        (named(&"\u{130}".repeat(100)), GroupError::NameTooLong(300)),
        (named("a\u{0}b"), GroupError::NameCharacters),
        (named("taken"), GroupError::NameTaken),
        (new(|new| new.description = "x".repeat(256)), field("description", 256, 255)),
        (new(|new| new.lang_tag = "x".repeat(19)), field("lang_tag", 19, 18)),
        (new(|new| new.avatar_url = "x".repeat(513)), field("avatar_url", 513, 512)),
        (new(|new| new.metadata = "[]".into()), GroupError::InvalidMetadata),
        (new(|new| new.max_count = 1 << 31), GroupError::InvalidMaxCount),
    ] {
        assert_eq!(world.groups().create(world.id(0), new).await, Err(error));
    }
    let nobody = UserId::NIL;
    assert_eq!(world.groups().create(nobody, named("new")).await, Err(GroupError::UserNotFound(nobody)));
    world.groups().create(world.id(0), named(&long(255))).await.unwrap();
    let default = GroupUpdate::default;
    for (update, error) in [
        (default(), GroupError::NothingToUpdate),
        (GroupUpdate { name: Some(String::new()), ..default() }, GroupError::NameEmpty),
        (GroupUpdate { name: Some(long(255)), ..default() }, GroupError::NewNameTaken),
        (GroupUpdate { lang_tag: Some(String::new()), ..default() }, GroupError::LanguageEmpty),
        (GroupUpdate { lang_tag: Some(long(19)), ..default() }, field("lang_tag", 19, 18)),
        (GroupUpdate { metadata: Some("1".into()), ..default() }, GroupError::InvalidMetadata),
        (GroupUpdate { max_count: Some(0), ..default() }, GroupError::InvalidMaxCount),
    ] {
        assert_eq!(world.groups().update(UserId::NIL, taken, update).await, Err(error));
    }
    assert_eq!(world.groups().get(vec![taken]).await.unwrap()[0].name, "taken");
}
