//! Direct channels: two users, and nobody else.

use crate::world::{Client, World, content, whole_history};
use meadhall_core::account::Targets;
use meadhall_core::chat::{Action, ChatError};
use meadhall_core::history::{ListError, PageRequest};
use meadhall_core::ids::UserId;
use meadhall_core::notification::code;
use meadhall_core::stream::{Stream, mode};
use uuid::Uuid;

#[tokio::test]
async fn both_directions_are_one_channel() {
    let world = World::new();
    let (ann, ben) = (world.player("ann").await, world.player("ben").await);
    let channel = Stream::direct(ann.user(), ben.user());
    assert_eq!(channel, Stream::direct(ben.user(), ann.user()));
    assert!(channel.subject < channel.subcontext);
    ann.join(&channel, true).await;
    ben.join(&channel, true).await;
    let hello = ann.send(&channel, "hello").await;
    let answer = ben.send(&channel, "hi").await;
    for client in [&ann, &ben] {
        assert_eq!(client.messages(), [hello.clone(), answer.clone()]);
    }
    assert_eq!(whole_history(&world.core, &channel).await, [hello, answer]);
}

#[tokio::test]
async fn whoever_is_not_there_is_notified_of_a_new_join() {
    let world = World::new();
    let (ann, ben) = (world.player("ann").await, world.player("ben").await);
    let channel = Stream::direct(ann.user(), ben.user());
    ann.join(&channel, true).await;
    let told = ben.notifications();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].code, &*told[0].subject), (code::DIRECT_MESSAGE_REQUEST, "ann wants to chat"));
    assert_eq!((&*told[0].content, told[0].sender_id, told[0].persistent), (r#"{"username":"ann"}"#, ann.user(), true));
    let stored = world.core.notifications.list(ben.user(), 10, None).await.unwrap().notifications;
    assert_eq!(stored, told, "and finds it later");
    assert_eq!(ann.try_join(&channel, true).await, Ok(false));
    ben.join(&channel, true).await;
    world.core.chat.leave(&ann.session, &channel);
    ann.join(&channel, true).await;
    assert_eq!((ben.notifications().len(), ann.notifications().len()), (1, 0), "not twice, and not who is there");
    world.core.chat.leave(&ben.session, &channel);
    world.core.chat.leave(&ann.session, &channel);
    ben.join(&channel, true).await;
    assert_eq!(ann.notifications().len(), 1);
}

#[tokio::test]
async fn nobody_chats_with_oneself_with_nobody_or_in_the_channel_of_others() {
    let world = World::new();
    let (ann, ben, eve) = (world.player("ann").await, world.player("ben").await, world.player("eve").await);
    let channel = Stream::direct(ann.user(), ben.user());
    let swapped = Stream { subject: channel.subcontext, subcontext: channel.subject, ..channel.clone() };
    let unknown = UserId::new(Uuid::from_u128(9));
    for (stream, error) in [
        (Stream::direct(eve.user(), eve.user()), ChatError::ChatWithOneself),
        (Stream::direct(eve.user(), unknown), ChatError::UserNotFound),
        (Stream::direct(eve.user(), UserId::NIL), ChatError::UserNotFound),
        (channel.clone(), ChatError::UserNotFound),
        (swapped.clone(), ChatError::UserNotFound),
        (Stream::about(mode::DIRECT, eve.user().uuid()), ChatError::UserNotFound),
    ] {
        assert_eq!(eve.try_join(&stream, true).await, Err(error), "{stream:?}");
        assert!(!eve.is_in(&stream));
    }
    assert_eq!(ann.try_join(&swapped, true).await, Err(ChatError::UserNotFound), "the pair has one order");
    assert!(ann.notifications().is_empty() && ben.notifications().is_empty());
    ann.join(&channel, true).await;
    ann.send(&channel, "psst").await;
    let read = async |stream: &Stream, reader: UserId| {
        let request = PageRequest { stream: stream.clone(), limit: 10, forward: true, from: None, cursor: None };
        world.core.chat.list(reader, request).await.map(|page| page.messages.len())
    };
    assert_eq!(read(&channel, eve.user()).await, Err(ListError::ChannelNotFound));
    assert_eq!(read(&channel, ben.user()).await, Ok(1), "also without having joined");
    assert_eq!(read(&channel, UserId::NIL).await, Ok(1));
    assert_eq!(read(&swapped, ann.user()).await, Ok(0), "another channel, in which nobody is");
    assert_eq!(read(&swapped, eve.user()).await, Err(ListError::ChannelNotFound));
    let marked = world.core.chat.mark_read(eve.user(), &channel, None).await;
    assert_eq!(marked, Err(ListError::ChannelNotFound));
    assert_eq!(world.core.chat.read_marker(ben.user(), &channel).await.unwrap().unread, 1);
}

#[tokio::test]
async fn a_plugin_needs_no_presence() {
    let world = World::new();
    let (ann, ben) = (world.player("ann").await, world.player("ben").await);
    let channel = Stream::direct(ann.user(), ben.user());
    ben.join(&channel, true).await;
    let sent = world.core.chat.send_as(ann.actor(), &channel, &content("hello"), true).await.unwrap();
    assert_eq!(ben.messages(), [sent]);
}

async fn block(world: &World, by: &Client, other: &Client) {
    let targets = Targets { ids: vec![other.user()], usernames: Vec::new() };
    world.core.friends.block(by.actor(), targets).await.unwrap();
}

#[tokio::test]
async fn a_block_ends_an_open_channel_at_once_and_both_keep_its_history() {
    let world = World::new();
    let chat = &world.core.chat;
    let (ann, ben) = (world.player("ann").await, world.player("ben").await);
    let channel = Stream::direct(ann.user(), ben.user());
    ann.join(&channel, true).await;
    ben.join(&channel, true).await;
    let sent = ann.send(&channel, "hello").await;
    let before = [ann.pushes().len(), ben.pushes().len()];
    block(&world, &ben, &ann).await;
    assert_eq!([ann.pushes().len(), ben.pushes().len()], before, "nobody is told");
    assert!(!ann.is_in(&channel));
    let refused = |action| Err(ChatError::NotJoined(action));
    assert_eq!(chat.send(&ann.session, &channel, "{}").await, refused(Action::Send));
    assert_eq!(chat.update(&ann.session, &channel, sent.id, "{}").await, refused(Action::Update));
    assert_eq!(chat.remove(&ann.session, &channel, sent.id).await, refused(Action::Remove));
    assert_eq!(ann.try_join(&channel, true).await, Err(ChatError::UserNotFound));
    assert_eq!(ben.notifications().len(), 1, "the one of the first join");
    for client in [&ann, &ben] {
        assert_eq!(chat.read_marker(client.user(), &channel).await.map(|marker| marker.message_id), Ok(None));
        let request = PageRequest { stream: channel.clone(), limit: 9, forward: true, from: None, cursor: None };
        assert_eq!(chat.list(client.user(), request).await.unwrap().messages, std::slice::from_ref(&sent));
    }
    ben.join(&channel, true).await;
    let unblock = Targets { ids: vec![ann.user()], usernames: Vec::new() };
    world.core.friends.delete(ben.user(), unblock).await.unwrap();
    ann.join(&channel, true).await;
    let again = ann.send(&channel, "again").await;
    assert_eq!(ben.messages().last(), Some(&again));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_block_that_races_with_messages_and_joins_has_one_outcome() {
    // Nobody reads while they talk.
    let world = World::with(|config| (config.outbox.messages, config.outbox.bytes) = (1 << 20, 1 << 30));
    for round in 0..15 {
        let (ann, ben) = (world.player(&format!("ann-{round}")).await, world.player(&format!("ben-{round}")).await);
        let visitor = world.player(&format!("ann-{round}")).await;
        let channel = Stream::direct(ann.user(), ben.user());
        ben.join(&channel, true).await;
        ann.join(&channel, true).await;
        let chat = &world.core.chat;
        let talk = async {
            let mut said = Vec::new();
            while let Ok(message) = chat.send(&ann.session, &channel, &content(said.len())).await {
                said.push(message);
            }
            said
        };
        let visit = async {
            while visitor.try_join(&channel, true).await.is_ok() {
                chat.leave(&visitor.session, &channel);
            }
        };
        let blocking = async {
            for number in 0..round % 4 {
                ben.send(&channel, number).await;
            }
            block(&world, &ben, &ann).await;
        };
        let (said, (), ()) = tokio::join!(talk, visit, blocking);
        assert!(!ann.is_in(&channel) && !visitor.is_in(&channel), "round {round}");
        let history = whole_history(&world.core, &channel).await;
        assert_eq!(ben.messages(), history, "what was said before the block, round {round}");
        assert_eq!(ann.messages(), history, "round {round}");
        let of_ann: Vec<_> = history.into_iter().filter(|message| message.sender_id == ann.user()).collect();
        assert_eq!(of_ann, said, "round {round}");
    }
}
