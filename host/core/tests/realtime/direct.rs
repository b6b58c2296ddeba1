//! Direct channels: two users, and nobody else.

use crate::world::{World, content, whole_history};
use meadhall_core::chat::ChatError;
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
