//! Histories from a point in time.

use crate::world::{World, content, room};
use meadhall_core::Core;
use meadhall_core::caller::Actor;
use meadhall_core::clock::Timestamp;
use meadhall_core::history::{ChannelMessage, ListError, Page, PageRequest};
use meadhall_core::ids::UserId;
use meadhall_core::stream::Stream;
use proptest::prelude::*;

/// The time of the first message, in nanoseconds.
const START: i64 = 1_700_000_000_000_000_000;

async fn page(core: &Core, request: PageRequest) -> Result<Page, ListError> {
    core.chat.list(UserId::NIL, request).await
}

/// Everything from a moment on, by pages of `limit`.
async fn walk(core: &Core, stream: &Stream, moment: i64, forward: bool, limit: usize) -> Vec<ChannelMessage> {
    let from = Some(Timestamp::from_nanos(moment));
    let mut current = PageRequest { stream: stream.clone(), limit, forward, from, cursor: None };
    let mut all = Vec::new();
    loop {
        let found = page(core, current.clone()).await.unwrap();
        assert!(found.messages.len() == limit || found.next_cursor.is_none(), "a page is full while there is more");
        all.extend(found.messages);
        match found.next_cursor {
            Some(cursor) => current = PageRequest { from: None, cursor: Some(cursor), ..current },
            None => return all,
        }
    }
}

#[test]
fn a_page_from_a_moment_begins_with_the_first_message_on_its_side() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = World::new();
    let case = std::cell::Cell::new(0);
    // Steps and moments meet within milliseconds, and the clock is set back now and then.
    let steps = prop::collection::vec(-1_500_000i64..3_000_000, 0..20);
    let moments = prop::collection::vec(-3_000_000i64..40_000_000, 1..6);
    proptest!(ProptestConfig::with_cases(24), |(steps in steps, moments in moments, limit in 1usize..8)| {
        case.set(case.get() + 1);
        // Each case lies behind the last one: the sequence never goes back.
        let start = START + case.get() * 1_000_000_000;
        runtime.block_on(async {
            let (stream, mut now, mut sent) = (room(&format!("room {}", case.get())), start, Vec::new());
            for step in steps {
                now += step;
                world.clock.set(Timestamp::from_nanos(now));
                sent.push(world.core.chat.send_as(Actor::server(), &stream, "{}", true).await.unwrap());
            }
            let ends = sent.first().into_iter().chain(sent.last()).map(|message| message.create_time.nanos());
            for moment in moments.into_iter().map(|moment| start + moment).chain(ends) {
                let time = Timestamp::from_nanos(moment);
                let later: Vec<_> = sent.iter().filter(|message| message.create_time >= time).cloned().collect();
                prop_assert_eq!(walk(&world.core, &stream, moment, true, limit).await, later);
                let earlier: Vec<_> = sent.iter().rev().filter(|message| message.create_time <= time).cloned().collect();
                prop_assert_eq!(walk(&world.core, &stream, moment, false, limit).await, earlier);
            }
            Ok(())
        })?;
    });
}

#[tokio::test]
async fn moments_before_and_after_everything_find_all_or_nothing() {
    let world = World::new();
    let stream = room("ends");
    let sent = world.core.chat.send_as(Actor::server(), &stream, &content("one"), true).await.unwrap();
    for (moment, forward, count) in [
        (i64::MIN, true, 1),
        (i64::MIN, false, 0),
        (0, true, 1),
        (0, false, 0),
        (i64::MAX, true, 0),
        (i64::MAX, false, 1),
        (sent.create_time.nanos() + 1, true, 0),
        (sent.create_time.nanos() - 1, false, 0),
    ] {
        let found = walk(&world.core, &stream, moment, forward, 10).await;
        assert_eq!(found.len(), count, "{moment} {forward}");
    }
}

#[tokio::test]
async fn a_changed_message_keeps_its_moment() {
    let world = World::new();
    let stream = room("changed");
    let sent = world.core.chat.send_as(Actor::server(), &stream, "{}", true).await.unwrap();
    world.clock.set(Timestamp::from_nanos(START + 60_000_000_000));
    world.core.chat.update_as(Actor::server(), &stream, sent.id, &content("new"), true).await.unwrap();
    assert_eq!(walk(&world.core, &stream, START + 1, true, 10).await, []);
    assert_eq!(&*walk(&world.core, &stream, START, true, 10).await[0].content, content("new"));
}

#[tokio::test]
async fn a_page_has_one_beginning() {
    let world = World::new();
    let stream = room("two");
    for _ in 0..2 {
        world.core.chat.send_as(Actor::server(), &stream, "{}", true).await.unwrap();
    }
    let from = Some(Timestamp::from_nanos(START));
    let request = PageRequest { stream, limit: 1, forward: true, from, cursor: None };
    let first = page(&world.core, request.clone()).await.unwrap();
    let both = PageRequest { cursor: first.next_cursor, ..request.clone() };
    assert_eq!(page(&world.core, both).await.unwrap_err(), ListError::TwoBeginnings);
    let empty = PageRequest { cursor: Some(String::new()), ..request };
    assert_eq!(page(&world.core, empty).await.unwrap().messages.len(), 1, "an empty cursor is none");
}
