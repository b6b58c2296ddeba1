//! Groups' channels: members only, and one outcome of whatever happens at once.

use crate::world::{Client, World, content, whole_history};
use meadhall_core::chat::{Action, ChatError};
use meadhall_core::group::{Group, NewGroup};
use meadhall_core::history::{ChannelMessage, ListError, MessageCode, PageRequest};
use meadhall_core::ids::{GroupId, UserId};
use meadhall_core::presence::PresenceMeta;
use meadhall_core::push::PushEvent;
use meadhall_core::stream::{Stream, mode};
use meadhall_core::{Core, caller::Actor};
use proptest::prelude::*;
use std::sync::Arc;
use uuid::Uuid;

/// A group, and where its members talk.
struct Guild {
    id: GroupId,
    channel: Stream,
}

async fn guild(world: &World, owner: &Client, name: &str, open: bool) -> Guild {
    let new = NewGroup { name: name.into(), open, ..NewGroup::default() };
    let Group { id, .. } = world.core.groups.create(owner.user(), new).await.unwrap();
    Guild { id, channel: Stream::about(mode::GROUP, id.uuid()) }
}

impl Guild {
    async fn add(&self, core: &Core, owner: &Client, client: &Client) {
        core.groups.add(owner.actor(), self.id, vec![client.user()]).await.unwrap();
    }

    async fn kick(&self, core: &Core, owner: &Client, client: &Client) {
        core.groups.kick(owner.actor(), self.id, vec![client.user()]).await.unwrap();
    }

    async fn read(&self, core: &Core, reader: UserId) -> Result<Vec<ChannelMessage>, ListError> {
        let request = PageRequest { stream: self.channel.clone(), limit: 100, forward: true, from: None, cursor: None };
        core.chat.list(reader, request).await.map(|page| page.messages)
    }
}

/// Sends until it is refused; what was taken. Every third message is not stored.
async fn talk_until_refused(core: Arc<Core>, client: Arc<Client>, channel: Stream, stored: bool) -> usize {
    for count in 0.. {
        match core.chat.send(&client.session, &channel, &content(count)).await {
            Ok(message) => assert_eq!(message.persistent, stored),
            Err(ChatError::NotJoined(Action::Send)) => return count,
            Err(error) => panic!("{error}"),
        }
    }
    unreachable!("it is kicked in the end")
}

/// Comes and goes until it is refused.
async fn visit_until_refused(core: Arc<Core>, client: Arc<Client>, channel: Stream) {
    loop {
        match client.try_join(&channel, true).await {
            Ok(_) => core.chat.leave(&client.session, &channel),
            Err(ChatError::GroupNotFound) => return,
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_kick_that_races_with_messages_and_joins_has_one_outcome() {
    // Nobody reads while they talk.
    let world = World::with(|config| (config.outbox.messages, config.outbox.bytes) = (1 << 20, 1 << 30));
    let core = &world.core;
    let owner = world.player("owner").await;
    let guild = guild(&world, &owner, "guild", false).await;
    let victim: Vec<_> = [world.player("victim").await, world.player("victim").await, world.player("victim").await]
        .into_iter()
        .map(Arc::new)
        .collect();
    owner.join(&guild.channel, true).await;
    for round in 0..15 {
        guild.add(core, &owner, &victim[0]).await;
        victim[0].join(&guild.channel, true).await;
        victim[1].join(&guild.channel, false).await;
        let seen_before = owner.messages().len();
        let own_before: Vec<_> = victim.iter().map(|client| client.messages().len()).collect();
        let channel = || guild.channel.clone();
        let tasks = [
            tokio::spawn(talk_until_refused(core.clone(), victim[0].clone(), channel(), true)),
            tokio::spawn(talk_until_refused(core.clone(), victim[1].clone(), channel(), false)),
        ];
        let visitor = tokio::spawn(visit_until_refused(core.clone(), victim[2].clone(), channel()));
        for number in 0..round % 5 {
            owner.send(&guild.channel, number).await;
        }
        guild.kick(core, &owner, &victim[0]).await;
        owner.send(&guild.channel, "after").await;
        let mut said = 0;
        for task in tasks {
            said += task.await.unwrap();
        }
        visitor.await.unwrap();

        let order = owner.messages().split_off(seen_before);
        let kick = order.iter().position(|message| message.code == MessageCode::GroupKick).unwrap();
        let of_victim = order.iter().filter(|message| message.sender_id == victim[0].user());
        assert_eq!(of_victim.count(), said + 1, "what was acknowledged, and the kick");
        let late = order[kick + 1..].iter().find(|message| message.sender_id == victim[0].user());
        assert_eq!(late, None, "round {round}");
        for (client, before) in victim.iter().zip(own_before) {
            assert!(!client.is_in(&guild.channel));
            let seen = client.messages().split_off(before);
            let late = seen.iter().find(|message| order[kick + 1..].contains(message));
            assert_eq!(late, None, "nothing that was sequenced after the kick, round {round}");
        }
        for (client, before) in victim[..2].iter().zip([seen_before; 2]) {
            let seen = client.messages();
            assert_eq!(seen[seen.len() - kick - 1..], owner.messages()[before..=before + kick], "round {round}");
        }
    }
    let seen = owner.messages().into_iter().filter(|message| message.persistent).collect::<Vec<_>>();
    let history = whole_history(core, &guild.channel).await;
    assert_eq!(history[history.len() - seen.len()..], seen, "and all of it is the history's order");
}

#[tokio::test]
async fn who_is_added_again_is_not_thrown_out_by_the_older_kick() {
    let world = World::new();
    let core = &world.core;
    let (owner, client) = (world.player("owner").await, world.player("client").await);
    let guild = guild(&world, &owner, "guild", false).await;
    guild.add(core, &owner, &client).await;
    client.join(&guild.channel, true).await;
    // They are queued in this order, and all of them wait for the same commit.
    let (kicked, added, joined, sent) = tokio::join!(
        biased;
        core.groups.kick(owner.actor(), guild.id, vec![client.user()]),
        core.groups.add(owner.actor(), guild.id, vec![client.user()]),
        client.try_join(&guild.channel, true),
        core.chat.send(&client.session, &guild.channel, "{}"),
    );
    assert_eq!((kicked, added, joined), (Ok(()), Ok(()), Ok(true)));
    assert!(sent.is_ok() && client.is_in(&guild.channel));
    let codes: Vec<_> = client.messages().iter().map(|message| message.code).collect();
    assert_eq!(codes, [MessageCode::GroupKick, MessageCode::Chat], "the one that added it again came between");
}

#[tokio::test]
async fn only_members_join_and_read() {
    let world = World::new();
    let core = &world.core;
    let (owner, other) = (world.player("owner").await, world.player("other").await);
    let guild = guild(&world, &owner, "guild", false).await;
    let refused = async |why: &str| {
        assert_eq!(other.try_join(&guild.channel, true).await, Err(ChatError::GroupNotFound), "{why}");
        assert_eq!(guild.read(core, other.user()).await, Err(ListError::GroupNotFound), "{why}");
        let marker = core.chat.read_marker(other.user(), &guild.channel).await;
        assert_eq!(marker, Err(ListError::GroupNotFound), "{why}");
        let marked = core.chat.mark_read(other.user(), &guild.channel, None).await;
        assert_eq!(marked, Err(ListError::GroupNotFound), "{why}");
        let sent = core.chat.send(&other.session, &guild.channel, "{}").await;
        assert_eq!(sent, Err(ChatError::NotJoined(Action::Send)), "{why}");
        assert!(!other.is_in(&guild.channel), "{why}");
    };
    refused("a stranger").await;
    core.groups.join(other.actor(), guild.id).await.unwrap();
    refused("who only asked").await;
    guild.add(core, &owner, &other).await;
    let history = guild.read(core, other.user()).await.unwrap();
    let codes: Vec<_> = history.iter().map(|message| (message.code, message.sender_id, &*message.username)).collect();
    assert_eq!(codes, [(MessageCode::GroupAdd, other.user(), "other")], "without having joined the channel");
    core.chat.mark_read(other.user(), &guild.channel, None).await.unwrap();
    other.join(&guild.channel, true).await;
    guild.kick(core, &owner, &other).await;
    refused("who was kicked").await;
    assert_eq!(core.chat.read_markers(other.user(), 10, None).await.unwrap().markers, []);
    guild.add(core, &owner, &other).await;
    assert_eq!(core.chat.read_markers(other.user(), 10, None).await.unwrap().markers.len(), 1);
    other.join(&guild.channel, true).await;
    core.groups.ban(owner.actor(), guild.id, vec![other.user()]).await.unwrap();
    refused("who was banned").await;
    assert_eq!(guild.read(core, UserId::NIL).await.unwrap().len(), 4, "the server reads all");
    let unknown = Stream::about(mode::GROUP, Uuid::from_u128(9));
    assert_eq!(other.try_join(&unknown, true).await, Err(ChatError::GroupNotFound));
}

#[tokio::test]
async fn what_the_server_says_of_a_user_is_not_the_users_to_change() {
    let world = World::new();
    let core = &world.core;
    let (owner, other) = (world.player("owner").await, world.player("other").await);
    let guild = guild(&world, &owner, "guild", true).await;
    core.groups.join(other.actor(), guild.id).await.unwrap();
    other.join(&guild.channel, true).await;
    let joined = guild.read(core, other.user()).await.unwrap().remove(0);
    assert_eq!((joined.code, joined.sender_id), (MessageCode::GroupJoin, other.user()));
    let updated = core.chat.update(&other.session, &guild.channel, joined.id, "{}").await;
    assert_eq!(updated, Err(ChatError::MessageNotFound(Action::Update)));
    let removed = core.chat.remove(&other.session, &guild.channel, joined.id).await;
    assert_eq!(removed, Err(ChatError::MessageNotFound(Action::Remove)));
    assert_eq!(guild.read(core, other.user()).await.unwrap(), [joined]);
}

#[tokio::test]
async fn a_presence_alone_stores_nothing() {
    let world = World::new();
    let core = &world.core;
    let (owner, stranger) = (world.player("owner").await, world.player("stranger").await);
    let guild = guild(&world, &owner, "guild", true).await;
    // As a plugin may put anybody anywhere.
    let meta = PresenceMeta { persistence: true, ..PresenceMeta::default() };
    drop(core.tracker.join(&stranger.session, &guild.channel, meta).unwrap());
    let id = core.chat.send_as(stranger.actor(), &guild.channel, "{}", true).await.unwrap().id;
    let chat = &core.chat;
    let sent = chat.send(&stranger.session, &guild.channel, "{}").await;
    assert_eq!(sent, Err(ChatError::NotJoined(Action::Send)));
    let updated = chat.update(&stranger.session, &guild.channel, id, "{}").await;
    assert_eq!(updated, Err(ChatError::NotJoined(Action::Update)));
    let removed = chat.remove(&stranger.session, &guild.channel, id).await;
    assert_eq!(removed, Err(ChatError::NotJoined(Action::Remove)));
    assert_eq!(whole_history(core, &guild.channel).await.len(), 1, "what the plugin said in their name");
}

#[tokio::test]
async fn a_deleted_groups_channel_is_closed_without_a_word() {
    let world = World::new();
    let core = &world.core;
    let (owner, other) = (world.player("owner").await, world.player("other").await);
    let guild = guild(&world, &owner, "guild", true).await;
    core.groups.join(other.actor(), guild.id).await.unwrap();
    for client in [&owner, &other] {
        client.join(&guild.channel, true).await;
    }
    let before = [owner.pushes().len(), other.pushes().len()];
    core.groups.delete(owner.user(), guild.id).await.unwrap();
    assert_eq!([owner.pushes().len(), other.pushes().len()], before);
    for client in [&owner, &other] {
        assert!(!client.is_in(&guild.channel));
        assert_eq!(client.try_join(&guild.channel, true).await, Err(ChatError::GroupNotFound));
        assert_eq!(guild.read(core, client.user()).await, Err(ListError::GroupNotFound));
    }
}

/// What one of three users does, or what is done to them.
#[derive(Clone, Copy, Debug)]
enum Step {
    Add(usize),
    Kick(usize),
    LeaveGroup(usize),
    Join(usize),
    Leave(usize),
    Say(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let user = 0usize..3;
    prop_oneof![
        2 => user.clone().prop_map(Step::Add),
        1 => user.clone().prop_map(Step::Kick),
        1 => user.clone().prop_map(Step::LeaveGroup),
        3 => user.clone().prop_map(Step::Join),
        1 => user.clone().prop_map(Step::Leave),
        4 => user.prop_map(Step::Say),
    ]
}

/// One user of the model: what they are, and what they were told.
#[derive(Default)]
struct Expected {
    member: bool,
    present: bool,
    told: Vec<(MessageCode, UserId)>,
    /// Presences of others that left while this one was there.
    leaves: usize,
}

struct Model {
    users: [Expected; 3],
    stored: Vec<(MessageCode, UserId)>,
}

impl Model {
    fn say(&mut self, code: MessageCode, sender: UserId) {
        self.stored.push((code, sender));
        for user in self.users.iter_mut().filter(|user| user.present) {
            user.told.push((code, sender));
        }
    }

    fn gone(&mut self, index: usize) {
        if std::mem::take(&mut self.users[index].present) {
            for user in self.users.iter_mut().filter(|user| user.present) {
                user.leaves += 1;
            }
        }
    }
}

async fn apply(core: &Core, guild: &Guild, clients: &[Client; 3], model: &mut Model, step: Step) {
    let member = |model: &Model, index: usize| model.users[index].member;
    match step {
        Step::Add(index) => {
            let client = &clients[index];
            core.groups.add(Actor::server(), guild.id, vec![client.user()]).await.unwrap();
            if !std::mem::replace(&mut model.users[index].member, true) {
                model.say(MessageCode::GroupAdd, client.user());
            }
        }
        Step::Kick(index) | Step::LeaveGroup(index) => {
            let client = &clients[index];
            let code = match step {
                Step::Kick(_) => {
                    core.groups.kick(Actor::server(), guild.id, vec![client.user()]).await.unwrap();
                    MessageCode::GroupKick
                }
                _ => {
                    core.groups.leave(client.actor(), guild.id).await.unwrap();
                    MessageCode::GroupLeave
                }
            };
            if std::mem::take(&mut model.users[index].member) {
                model.say(code, client.user());
                model.gone(index);
            }
        }
        Step::Join(index) => {
            let joined = clients[index].try_join(&guild.channel, true).await;
            let expected =
                if member(model, index) { Ok(!model.users[index].present) } else { Err(ChatError::GroupNotFound) };
            assert_eq!(joined, expected);
            model.users[index].present = member(model, index);
        }
        Step::Leave(index) => {
            core.chat.leave(&clients[index].session, &guild.channel);
            model.gone(index);
        }
        Step::Say(index) => {
            let sent = core.chat.send(&clients[index].session, &guild.channel, "{}").await;
            assert_eq!(sent.is_ok(), model.users[index].present);
            if sent.is_ok() {
                model.say(MessageCode::Chat, clients[index].user());
            }
        }
    }
}

#[test]
fn members_are_told_what_a_plain_model_says() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = World::new();
    let owner = runtime.block_on(world.player("owner"));
    let case = std::cell::Cell::new(0);
    proptest!(ProptestConfig::with_cases(24), |(steps in prop::collection::vec(step(), 1..40))| {
        case.set(case.get() + 1);
        runtime.block_on(async {
            let guild = guild(&world, &owner, &format!("guild {}", case.get()), false).await;
            let clients = [world.player("ann").await, world.player("ben").await, world.player("cid").await];
            let mut model = Model { users: Default::default(), stored: Vec::new() };
            for step in steps {
                apply(&world.core, &guild, &clients, &mut model, step).await;
            }
            let told = |message: &ChannelMessage| (message.code, message.sender_id);
            for (client, expected) in clients.iter().zip(&model.users) {
                prop_assert_eq!(client.is_in(&guild.channel), expected.present);
                prop_assert_eq!(&client.messages().iter().map(told).collect::<Vec<_>>(), &expected.told);
                prop_assert_eq!(leaves(client), expected.leaves);
            }
            let stored = whole_history(&world.core, &guild.channel).await;
            prop_assert_eq!(stored.iter().map(told).collect::<Vec<_>>(), model.stored);
            Ok(())
        })?;
    });
}

/// How many presences left while a client was there.
fn leaves(client: &Client) -> usize {
    let left = |push: &Arc<meadhall_core::push::Push>| match push.event() {
        PushEvent::StreamPresence { leaves, .. } => leaves.len(),
        _ => 0,
    };
    client.pushes().iter().map(left).sum()
}
