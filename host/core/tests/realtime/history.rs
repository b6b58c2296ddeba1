//! Histories: pages and cursors, changes and removals, and ids across restarts.

use crate::world::{World, content, room};
use meadhall_core::Core;
use meadhall_core::caller::Actor;
use meadhall_core::chat::{Action, ChatError};
use meadhall_core::clock::Timestamp;
use meadhall_core::history::{ListError, MessageCode, Page, PageRequest};
use meadhall_core::ids::{MessageId, UserId};
use meadhall_core::stream::{Stream, mode};
use proptest::prelude::*;
use std::sync::Arc;
use uuid::Uuid;

async fn page(core: &Core, stream: &Stream, limit: usize, forward: bool, cursor: Option<&String>) -> Page {
    let request = PageRequest { stream: stream.clone(), limit, forward, from: None, cursor: cursor.cloned() };
    core.chat.list(UserId::NIL, request).await.unwrap()
}

fn texts(page: &Page) -> Vec<String> {
    page.messages.iter().map(|message| message.content.to_string()).collect()
}

fn numbers(range: impl Iterator<Item = usize>) -> Vec<String> {
    range.map(content).collect()
}

async fn filled(world: &World, name: &str, messages: usize) -> Stream {
    let stream = room(name);
    for number in 0..messages {
        let sender = Actor { user_id: UserId::NIL, username: "".into() };
        world.core.chat.send_as(sender, &stream, &content(number), true).await.unwrap();
    }
    stream
}

#[test]
fn walking_pages_gives_each_message_once_in_both_directions() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = World::new();
    let case = std::cell::Cell::new(0);
    proptest!(ProptestConfig::with_cases(24), |(messages in 0usize..30, limit in 1usize..12, forward: bool)| {
        case.set(case.get() + 1);
        runtime.block_on(async {
            let stream = filled(&world, &format!("room {}", case.get()), messages).await;
            let mut expected = numbers(0..messages);
            if !forward {
                expected.reverse();
            }
            let (mut there, mut current) = (Vec::new(), page(&world.core, &stream, limit, forward, None).await);
            loop {
                there.extend(texts(&current));
                let Some(next) = &current.next_cursor else { break };
                prop_assert_eq!(current.messages.len(), limit, "a page is full while there is more");
                current = page(&world.core, &stream, limit, forward, Some(next)).await;
            }
            prop_assert_eq!(&there, &expected);
            let mut back = texts(&current);
            while let Some(previous) = current.prev_cursor {
                current = page(&world.core, &stream, limit, forward, Some(&previous)).await;
                if !current.messages.is_empty() {
                    prop_assert!(current.next_cursor.is_some());
                }
                back.splice(0..0, texts(&current));
            }
            prop_assert_eq!(&back, &expected);
            Ok(())
        })?;
    });
}

#[tokio::test]
async fn cursors_are_there_exactly_when_nakama_gives_them() {
    let world = World::new();
    let stream = filled(&world, "golden", 7).await;
    let core = &world.core;
    // (next, previous, cacheable), as in the recorded conversation 06-history.
    let given = |page: &Page| (page.next_cursor.is_some(), page.prev_cursor.is_some(), page.cacheable_cursor.is_some());
    let empty = page(core, &room("empty"), 1, true, None).await;
    assert_eq!((empty.messages.len(), given(&empty)), (0, (false, false, false)));
    let all = page(core, &stream, 100, true, None).await;
    assert_eq!((texts(&all), given(&all)), (numbers(0..7), (false, false, true)));
    let first = page(core, &stream, 3, true, None).await;
    assert_eq!((texts(&first), given(&first)), (numbers(0..3), (true, false, true)));
    let second = page(core, &stream, 3, true, first.next_cursor.as_ref()).await;
    assert_eq!((texts(&second), given(&second)), (numbers(3..6), (true, true, true)));
    let third = page(core, &stream, 3, true, second.next_cursor.as_ref()).await;
    assert_eq!((texts(&third), given(&third)), (numbers(6..7), (false, true, true)));
    let second = page(core, &stream, 3, true, third.prev_cursor.as_ref()).await;
    assert_eq!((texts(&second), given(&second)), (numbers(3..6), (true, true, true)));
    let first = page(core, &stream, 3, true, second.prev_cursor.as_ref()).await;
    assert_eq!((texts(&first), given(&first)), (numbers(0..3), (true, false, true)));
    let end = page(core, &stream, 3, true, third.cacheable_cursor.as_ref()).await;
    assert_eq!((texts(&end), given(&end)), (vec![], (false, false, true)));
    let newest = page(core, &stream, 3, false, None).await;
    assert_eq!((texts(&newest), given(&newest)), (numbers((4..7).rev()), (true, false, true)));
    let after = page(core, &stream, 3, true, newest.cacheable_cursor.as_ref()).await;
    assert_eq!((texts(&after), given(&after)), (numbers(5..7), (false, true, true)));
    let empty_text = page(core, &stream, 3, true, Some(&String::new())).await;
    assert_eq!(texts(&empty_text), numbers(0..3));
}

#[tokio::test]
async fn a_cursor_of_another_channel_or_direction_is_refused() {
    let world = World::new();
    let stream = filled(&world, "a", 3).await;
    let cursor = page(&world.core, &stream, 1, true, None).await.next_cursor;
    let request = |stream: &Stream, forward, cursor: &Option<String>| PageRequest {
        stream: stream.clone(),
        limit: 1,
        forward,
        from: None,
        cursor: cursor.clone(),
    };
    let refused = [
        request(&stream, false, &cursor),
        request(&room("ab"), true, &cursor),
        request(&Stream::labelled(mode::GROUP, "a"), true, &cursor),
        request(&stream, true, &Some("rubbish".into())),
        request(&stream, true, &Some("aGVsbG8gdGhlcmU=".into())),
    ];
    for request in refused {
        assert_eq!(world.core.chat.list(UserId::NIL, request).await.unwrap_err(), ListError::InvalidCursor);
    }
}

#[tokio::test]
async fn a_cursor_at_a_removed_message_still_holds() {
    let world = World::new();
    let stream = filled(&world, "holes", 6).await;
    let first = page(&world.core, &stream, 3, true, None).await;
    let system = Actor { user_id: UserId::NIL, username: "".into() };
    world.core.chat.remove_as(system, &stream, first.messages[2].id, true).await.unwrap();
    let second = page(&world.core, &stream, 3, true, first.next_cursor.as_ref()).await;
    assert_eq!(texts(&second), numbers(3..6));
}

#[tokio::test]
async fn channels_do_not_see_each_other() {
    let world = World::new();
    let a = filled(&world, "a", 2).await;
    let ab = filled(&world, "ab", 3).await;
    let empty = room("");
    assert_eq!(page(&world.core, &a, 100, true, None).await.messages.len(), 2);
    assert_eq!(page(&world.core, &ab, 100, false, None).await.messages.len(), 3);
    assert_eq!(page(&world.core, &empty, 100, true, None).await.messages.len(), 0);
}

#[tokio::test]
async fn ack_live_and_history_tell_the_same() {
    let world = World::new();
    let stream = room("same");
    let client = world.client(1);
    client.join(&stream, true).await;
    world.clock.set(Timestamp::from_nanos(1_700_000_001_123_456_789));
    let spelled = "{ \"z\": 1,  \"a\" : 2 , \"a\": 3, \"t\": \"grüezi 🦊\" }";
    let sent = world.core.chat.send(&client.session, &stream, spelled).await.unwrap();
    assert_eq!(sent.create_time, Timestamp::from_nanos(1_700_000_001_123_456_789));
    assert_eq!(&*sent.content, spelled);
    assert_eq!(client.messages(), std::slice::from_ref(&sent));
    assert_eq!(page(&world.core, &stream, 1, true, None).await.messages, [sent]);
}

#[tokio::test]
async fn changes_keep_id_place_and_create_time() {
    let world = World::new();
    let stream = room("changes");
    let client = world.client(1);
    client.join(&stream, true).await;
    let first = client.send(&stream, "one").await;
    let second = client.send(&stream, "two").await;
    world.clock.set(Timestamp::from_seconds(1_700_000_100));
    let changed = world.core.chat.update(&client.session, &stream, first.id, &content("new")).await.unwrap();
    assert_eq!((changed.code, changed.id, changed.create_time), (MessageCode::Update, first.id, first.create_time));
    assert_eq!(changed.update_time, Timestamp::from_seconds(1_700_000_100));
    let history = page(&world.core, &stream, 10, true, None).await.messages;
    assert_eq!(history.len(), 2);
    assert_eq!((&*history[0].content, history[0].code), (&*content("new"), MessageCode::Chat));
    assert_eq!(history[1], second);
    let removed = world.core.chat.remove(&client.session, &stream, first.id).await.unwrap();
    assert_eq!((removed.code, &*removed.content, removed.persistent), (MessageCode::Remove, "{}", true));
    assert_eq!(page(&world.core, &stream, 10, true, None).await.messages, [second]);
    let again = world.core.chat.remove(&client.session, &stream, first.id).await;
    assert_eq!(again, Err(ChatError::MessageNotFound(Action::Remove)));
}

#[tokio::test]
async fn only_the_sender_changes_a_message() {
    let world = World::new();
    let stream = room("owned");
    let (owner, other) = (world.client(1), world.client(2));
    owner.join(&stream, true).await;
    let message = owner.send(&stream, "mine").await;
    for persistence in [true, false] {
        other.join(&stream, persistence).await;
        let updated = world.core.chat.update(&other.session, &stream, message.id, "{}").await;
        assert_eq!(updated, Err(ChatError::MessageNotFound(Action::Update)));
        let removed = world.core.chat.remove(&other.session, &stream, message.id).await;
        assert_eq!(removed, Err(ChatError::MessageNotFound(Action::Remove)));
        world.core.chat.leave(&other.session, &stream);
    }
    let plugin = Actor { user_id: other.session.user_id(), username: "other".into() };
    let updated = world.core.chat.update_as(plugin, &stream, message.id, "{}", false).await;
    assert_eq!(updated, Err(ChatError::MessageNotFound(Action::Update)));
    assert_eq!(page(&world.core, &stream, 10, true, None).await.messages, [message]);
}

#[tokio::test]
async fn a_message_that_is_nowhere_is_changed_only_by_who_stores_nothing() {
    let world = World::new();
    let stream = room("passing");
    let (keeper, passer) = (world.client(1), world.client(2));
    keeper.join(&stream, true).await;
    passer.join(&stream, false).await;
    let unknown = MessageId::new(Uuid::from_u128(5));
    let refused = world.core.chat.update(&keeper.session, &stream, unknown, "{}").await;
    assert_eq!(refused, Err(ChatError::MessageNotFound(Action::Update)));
    let sent = passer.send(&stream, "not kept").await;
    assert!(!sent.persistent);
    let changed = world.core.chat.update(&passer.session, &stream, sent.id, &content("still not")).await.unwrap();
    assert_eq!((changed.code, changed.id, changed.persistent), (MessageCode::Update, sent.id, false));
    assert_eq!(keeper.messages(), [sent, changed]);
    assert_eq!(page(&world.core, &stream, 10, true, None).await.messages, []);
}

#[tokio::test]
async fn members_only_and_objects_only() {
    let world = World::new();
    let stream = room("closed");
    let (chat, client) = (&world.core.chat, world.client(1));
    assert_eq!(chat.send(&client.session, &stream, "{}").await, Err(ChatError::NotJoined(Action::Send)));
    client.join(&stream, true).await;
    let message = client.send(&stream, "in").await;
    assert_eq!(chat.send(&client.session, &stream, "[1]").await, Err(ChatError::InvalidContent));
    assert_eq!(chat.update(&client.session, &stream, message.id, "").await, Err(ChatError::InvalidContent));
    chat.leave(&client.session, &stream);
    assert_eq!(
        chat.update(&client.session, &stream, message.id, "{}").await,
        Err(ChatError::NotJoined(Action::Update))
    );
    assert_eq!(chat.remove(&client.session, &stream, message.id).await, Err(ChatError::NotJoined(Action::Remove)));
    let joined = chat.join(&client.session, &room(&"x".repeat(65)), true, false).await;
    assert_eq!(joined.unwrap_err(), ChatError::InvalidRoomName(65));
}

#[tokio::test]
async fn ids_ascend_across_a_restart_with_the_clock_set_back() {
    let mut world = World::new();
    let stream = room("clock");
    let mut sent = Vec::new();
    for seconds in [1_700_000_000, 1_600_000_000, 1_000, 1_700_000_000] {
        world.clock.set(Timestamp::from_seconds(seconds));
        let client = world.client(1);
        client.join(&stream, true).await;
        for number in 0..3 {
            sent.push(client.send(&stream, number).await);
        }
        // The highest id counts also when its message is gone.
        let last = sent.pop().unwrap();
        world.core.chat.remove(&client.session, &stream, last.id).await.unwrap();
        world = world.restart().await;
        let client = world.client(1);
        client.join(&stream, true).await;
        let next = client.send(&stream, "next").await;
        assert!(next.id > last.id);
        assert!(next.create_time.millis() >= last.create_time.millis());
        sent.push(next);
    }
    assert!(sent.is_sorted_by_key(|message| message.id));
    assert!(sent.is_sorted_by_key(|message| message.create_time.millis()));
    assert_eq!(page(&world.core, &stream, 100, true, None).await.messages, sent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn channels_do_not_wait_for_each_others_place() {
    let world = Arc::new(World::new());
    let tasks: Vec<_> = (0..8)
        .map(|number| {
            let world = world.clone();
            tokio::spawn(async move {
                let stream = room(&format!("busy {number}"));
                let client = world.client(number);
                client.join(&stream, true).await;
                for message in 0..20 {
                    client.send(&stream, message).await;
                }
                page(&world.core, &stream, 100, true, None).await.messages == client.messages()
            })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap());
    }
}
