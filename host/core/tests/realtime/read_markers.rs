//! Read markers and unread counts.

use crate::world::{World, content, room};
use meadhall_core::Core;
use meadhall_core::caller::Actor;
use meadhall_core::chat::{ReadMarker, UNREAD_MAX};
use meadhall_core::clock::Timestamp;
use meadhall_core::history::{ChannelMessage, ListError};
use meadhall_core::ids::{MessageId, UserId};
use meadhall_core::stream::Stream;
use proptest::prelude::*;
use uuid::Uuid;

fn user(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(number))
}

async fn say(core: &Core, stream: &Stream, sender: UserId) -> ChannelMessage {
    let sender = Actor { user_id: sender, username: "somebody".into() };
    core.chat.send_as(sender, stream, &content("hello"), true).await.unwrap()
}

async fn unread(core: &Core, user: UserId, stream: &Stream) -> u32 {
    core.chat.read_marker(user, stream).await.unwrap().unread
}

#[tokio::test]
async fn messages_of_others_are_unread_until_they_are_marked() {
    let world = World::new();
    let (core, stream) = (&world.core, room("hall"));
    let (ann, ben) = (user(1), user(2));
    let nothing = ReadMarker { stream: stream.clone(), message_id: None, update_time: None, unread: 0 };
    assert_eq!(core.chat.read_marker(ann, &stream).await.unwrap(), nothing);
    assert_eq!(core.chat.mark_read(ann, &stream, None).await.unwrap(), nothing, "an empty history has no last message");
    let first = say(core, &stream, ben).await;
    say(core, &stream, ann).await;
    let last = say(core, &stream, ben).await;
    assert_eq!(unread(core, ann, &stream).await, 2, "one's own are not unread");
    let now = Timestamp::from_seconds(1_700_000_500);
    world.clock.set(now);
    let marker = core.chat.mark_read(ann, &stream, Some(first.id)).await.unwrap();
    let expected = ReadMarker { stream: stream.clone(), message_id: Some(first.id), update_time: Some(now), unread: 1 };
    assert_eq!(marker, expected);
    assert_eq!(core.chat.read_marker(ann, &stream).await.unwrap(), expected);
    let marker = core.chat.mark_read(ann, &stream, None).await.unwrap();
    assert_eq!((marker.message_id, marker.unread), (Some(last.id), 0));
    world.clock.set(Timestamp::from_seconds(1_700_000_600));
    assert_eq!(core.chat.mark_read(ann, &stream, Some(first.id)).await.unwrap(), marker, "it never goes back");
    assert_eq!(unread(core, ben, &stream).await, 1, "each user has a marker of their own");
    let next = say(core, &stream, ben).await;
    assert_eq!(unread(core, ann, &stream).await, 1);
    let sender = Actor { user_id: ben, username: "ben".into() };
    core.chat.remove_as(sender.clone(), &stream, next.id, true).await.unwrap();
    core.chat.remove_as(sender, &stream, last.id, true).await.unwrap();
    assert_eq!(unread(core, ann, &stream).await, 0, "what is gone is not unread, and a marker may be at what is gone");
}

#[tokio::test]
async fn only_a_message_of_the_channel_can_be_marked() {
    let world = World::new();
    let (core, stream) = (&world.core, room("hall"));
    let elsewhere = say(core, &room("other"), user(2)).await.id;
    say(core, &stream, user(2)).await;
    for id in [elsewhere, MessageId::NIL, MessageId::new(Uuid::max())] {
        let refused = core.chat.mark_read(user(1), &stream, Some(id)).await.unwrap_err();
        assert_eq!(refused, ListError::MessageNotFound(id));
    }
    assert_eq!(unread(core, user(1), &stream).await, 1);
    assert_eq!(core.chat.read_markers(user(1), 100, None).await.unwrap().markers, []);
    let message = "Message 00000000-0000-0000-0000-000000000000 is not in the channel's history.";
    assert_eq!(ListError::MessageNotFound(MessageId::NIL).to_string(), message);
}

#[tokio::test]
async fn counting_ends_at_a_bound() {
    let world = World::new();
    let (core, stream) = (&world.core, room("busy"));
    let mut sends = tokio::task::JoinSet::new();
    for _ in 0..UNREAD_MAX + 2 {
        let (core, stream) = (core.clone(), stream.clone());
        sends.spawn(async move { say(&core, &stream, user(2)).await.id });
    }
    let mut sent = sends.join_all().await;
    sent.sort_unstable();
    assert_eq!(unread(core, user(1), &stream).await, UNREAD_MAX);
    for (index, unread) in [(0, UNREAD_MAX), (1, UNREAD_MAX), (2, UNREAD_MAX - 1)] {
        let marker = core.chat.mark_read(user(1), &stream, Some(sent[index])).await.unwrap();
        assert_eq!(marker.unread, unread);
    }
}

#[tokio::test]
async fn a_users_markers_are_listed_page_by_page_and_survive_a_restart() {
    let mut world = World::new();
    for number in 0..7 {
        let stream = room(&format!("room {number}"));
        say(&world.core, &stream, user(2)).await;
        world.core.chat.mark_read(user(1), &stream, None).await.unwrap();
        say(&world.core, &stream, user(2)).await;
    }
    world.core.chat.mark_read(user(3), &room("room 1"), None).await.unwrap();
    world = world.restart().await;
    let (mut names, mut cursor) = (Vec::new(), None);
    loop {
        let page = world.core.chat.read_markers(user(1), 3, cursor).await.unwrap();
        assert!(page.markers.iter().all(|marker| marker.unread == 1));
        names.extend(page.markers.iter().map(|marker| marker.stream.label.to_string()));
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
        let foreign = world.core.chat.read_markers(user(3), 3, cursor.clone()).await;
        assert_eq!(foreign.unwrap_err(), ListError::InvalidCursor);
    }
    assert_eq!(names, (0..7).map(|number| format!("room {number}")).collect::<Vec<_>>());
    let junk = world.core.chat.read_markers(user(1), 3, Some("junk".into())).await;
    assert_eq!(junk.unwrap_err(), ListError::InvalidCursor);
}

/// What may happen in a channel of three users.
#[derive(Clone, Copy, Debug)]
enum Step {
    Say(u128),
    /// The message of that number, by its sender.
    Remove(usize),
    /// By that user, up to the message of that number.
    Mark(u128, usize),
    /// All of it.
    MarkAll(u128),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1u128..4).prop_map(Step::Say),
        1 => (0usize..20).prop_map(Step::Remove),
        2 => (1u128..4, 0usize..20).prop_map(|(user, message)| Step::Mark(user, message)),
        1 => (1u128..4).prop_map(Step::MarkAll),
    ]
}

/// A channel and its markers, as anybody would write them down.
#[derive(Default)]
struct Model {
    /// Sender and whether it is gone, in order.
    messages: Vec<(u128, MessageId, bool)>,
    /// By user: how many messages are read.
    read: [usize; 4],
}

impl Model {
    fn unread(&self, user: u128) -> u32 {
        let rest = self.messages.iter().skip(self.read[user as usize]);
        rest.filter(|(sender, _, gone)| *sender != user && !gone).count() as u32
    }

    fn mark(&mut self, user: u128, index: usize) {
        let read = &mut self.read[user as usize];
        *read = (*read).max(index + 1);
    }
}

#[test]
fn counts_are_those_of_a_plain_model() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = World::new();
    let case = std::cell::Cell::new(0);
    proptest!(ProptestConfig::with_cases(24), |(steps in prop::collection::vec(step(), 1..40))| {
        case.set(case.get() + 1);
        let (stream, mut model) = (room(&format!("room {}", case.get())), Model::default());
        for step in steps {
            runtime.block_on(apply(&world.core, &stream, &mut model, step));
            for number in 1..4 {
                let marker = runtime.block_on(world.core.chat.read_marker(user(number), &stream)).unwrap();
                prop_assert_eq!(marker.unread, model.unread(number));
                let read = model.read[number as usize].checked_sub(1).map(|index| model.messages[index].1);
                prop_assert_eq!(marker.message_id, read);
            }
        }
    });
}

async fn apply(core: &Core, stream: &Stream, model: &mut Model, step: Step) {
    match step {
        Step::Say(number) => {
            let id = say(core, stream, user(number)).await.id;
            model.messages.push((number, id, false));
        }
        Step::Remove(index) => {
            let Some((number, id, gone)) = model.messages.get_mut(index) else { return };
            let sender = Actor { user_id: user(*number), username: "somebody".into() };
            let removed = core.chat.remove_as(sender, stream, *id, true).await;
            assert_eq!(removed.is_ok(), !*gone);
            *gone = true;
        }
        Step::Mark(number, index) => {
            let Some(&(_, id, gone)) = model.messages.get(index) else { return };
            let marked = core.chat.mark_read(user(number), stream, Some(id)).await;
            assert_eq!(marked.is_ok(), !gone, "what is gone cannot be marked");
            if !gone {
                model.mark(number, index);
            }
        }
        Step::MarkAll(number) => {
            core.chat.mark_read(user(number), stream, None).await.unwrap();
            if let Some(last) = model.messages.iter().rposition(|(_, _, gone)| !gone) {
                model.mark(number, last);
            }
        }
    }
}
