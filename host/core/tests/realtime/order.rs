//! One order: every member of a channel sees a part of the same sequence, and it is the history's.

use crate::world::{Client, World, content, room, whole_history};
use meadhall_core::Core;
use meadhall_core::chat::ChatError;
use meadhall_core::history::{ChannelMessage, MessageCode};
use meadhall_core::ids::MessageId;
use meadhall_core::stream::Stream;
use std::collections::BTreeMap;
use std::sync::Arc;

const SENDERS: u128 = 4;
const ROUNDS: usize = 60;

/// Every third sender is not stored.
fn is_stored(sender: u128) -> bool {
    sender % 3 != 2
}

/// Sends, changes and removes.
async fn talk(client: Arc<Client>, core: Arc<Core>, stream: Stream, stored: bool) {
    let mut mine: Vec<MessageId> = Vec::new();
    for round in 0..ROUNDS {
        match (round % 5, mine.len()) {
            (3, 1..) if stored => {
                let id = mine[round % mine.len()];
                core.chat.update(&client.session, &stream, id, &content(format!("changed {round}"))).await.unwrap();
            }
            (4, 2..) if stored => {
                let id = mine.remove(round % mine.len());
                core.chat.remove(&client.session, &stream, id).await.unwrap();
            }
            _ => mine.push(client.send(&stream, round).await.id),
        }
    }
}

/// Joins and leaves, and collects what was seen in each stay.
async fn visit(world: &World, number: u128, stream: Stream) -> Vec<Vec<ChannelMessage>> {
    let mut stays = Vec::new();
    for _ in 0..15 {
        let client = world.client(number);
        client.join(&stream, true).await;
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        world.core.chat.leave(&client.session, &stream);
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        stays.push(client.messages());
        world.core.close_session(&client.session);
    }
    stays
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_member_sees_a_part_of_the_historys_order() {
    let world = Arc::new(World::new());
    let stream = room("order");
    let witness = world.client(1000);
    witness.join(&stream, true).await;
    let clients: Vec<_> = (0..SENDERS).map(|number| Arc::new(world.client(number + 1))).collect();
    for (number, client) in (0..).zip(&clients) {
        client.join(&stream, is_stored(number)).await;
    }
    let talkers: Vec<_> = (0..)
        .zip(&clients)
        .map(|(number, client)| {
            tokio::spawn(talk(client.clone(), world.core.clone(), stream.clone(), is_stored(number)))
        })
        .collect();
    let visitors: Vec<_> = (0..3)
        .map(|number| {
            let (world, stream) = (world.clone(), stream.clone());
            tokio::spawn(async move { visit(&world, 100 + number, stream).await })
        })
        .collect();
    for talker in talkers {
        talker.await.unwrap();
    }
    let order = witness.messages();
    assert_eq!(order.len(), SENDERS as usize * ROUNDS);
    for client in clients {
        assert_eq!(client.messages(), order, "who stayed all the time saw all");
    }
    for visitor in visitors {
        for stay in visitor.await.unwrap() {
            let found = stay.is_empty() || order.windows(stay.len()).any(|part| part == stay);
            assert!(found, "a stay is a part of the order without a gap");
        }
    }
    assert_eq!(whole_history(&world.core, &stream).await, replay(&order));
}

/// What the live messages add up to.
fn replay(order: &[ChannelMessage]) -> Vec<ChannelMessage> {
    let mut rows: BTreeMap<MessageId, ChannelMessage> = BTreeMap::new();
    let mut highest = MessageId::NIL;
    for message in order.iter().filter(|message| message.persistent) {
        match message.code {
            MessageCode::Chat => {
                assert!(message.id > highest, "ids ascend in the order");
                highest = message.id;
                rows.insert(message.id, message.clone());
            }
            MessageCode::Update => {
                let old = rows.insert(message.id, ChannelMessage { code: MessageCode::Chat, ..message.clone() });
                assert_eq!(old.unwrap().create_time, message.create_time);
            }
            MessageCode::Remove => {
                assert!(rows.remove(&message.id).is_some());
                assert_eq!(&*message.content, "{}");
            }
            other => panic!("a room has no {other:?}"),
        }
    }
    rows.into_values().collect()
}

#[tokio::test]
async fn a_sender_is_told_before_its_acknowledgement() {
    let world = World::new();
    for persistence in [true, false] {
        let client = world.client(1);
        let stream = room(&format!("own {persistence}"));
        client.join(&stream, persistence).await;
        let acknowledged = client.send(&stream, "hello").await;
        assert_eq!(client.messages(), [acknowledged]);
    }
}

#[tokio::test]
async fn a_message_happens_whole_when_its_sender_stops_waiting() {
    let world = World::new();
    let stream = room("impatient");
    let (sender, member) = (world.client(1), world.client(2));
    sender.join(&stream, true).await;
    member.join(&stream, true).await;
    member.pushes();
    tokio::select! {
        biased;
        _ = sender.send(&stream, "bye") => unreachable!("the disk is not that fast"),
        () = std::future::ready(()) => {}
    }
    member.session.outbox.take(&mut Vec::new()).await;
    let history = whole_history(&world.core, &stream).await;
    assert_eq!(history.len(), 1);
    assert_eq!(&*history[0].content, content("bye"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_change_lets_the_line_move_on() {
    let world = World::new();
    let stream = room("refused");
    let (a, b) = (world.client(1), world.client(2));
    a.join(&stream, true).await;
    b.join(&stream, false).await;
    let message = a.send(&stream, "mine").await;
    let text = content("theirs");
    let (refused, unstored, stored) = tokio::join!(
        world.core.chat.update(&b.session, &stream, message.id, &text),
        b.send(&stream, "not kept"),
        a.send(&stream, "kept"),
    );
    assert!(matches!(refused, Err(ChatError::MessageNotFound(_))), "the sender is checked though b stores nothing");
    assert_eq!(a.messages(), [message, unstored, stored]);
}
