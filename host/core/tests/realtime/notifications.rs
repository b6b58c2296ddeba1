//! Notifications: lists against a model, their order across restarts, and who is told live.

use crate::world::{Client, World, content, room};
use meadhall_core::Core;
use meadhall_core::clock::Timestamp;
use meadhall_core::ids::{NotificationId, UserId};
use meadhall_core::notification::{NewNotification, Notification, NotificationError, NotificationPage};
use meadhall_core::push::PushEvent;
use meadhall_core::stream::{Stream, mode};
use proptest::prelude::*;
use uuid::Uuid;

fn new(user_id: UserId, text: impl ToString) -> NewNotification {
    let (subject, content) = ("news".into(), content(text));
    NewNotification { user_id, subject, content, code: 1, sender_id: UserId::NIL, persistent: true }
}

async fn page(core: &Core, user: UserId, limit: usize, cursor: Option<String>) -> NotificationPage {
    core.notifications.list(user, limit, cursor).await.unwrap()
}

fn told(client: &Client) -> Vec<Notification> {
    let notification = |push: &std::sync::Arc<meadhall_core::push::Push>| match push.event() {
        PushEvent::Notification(notification) => Some(notification.clone()),
        _ => None,
    };
    client.pushes().iter().filter_map(notification).collect()
}

#[derive(Clone, Debug)]
enum Step {
    /// Sends so many to one of the users at once.
    Send(usize, usize),
    /// One deletes what another one was sent first, second …
    Delete(usize, usize, usize),
    /// One reads on where they were.
    Read(usize, usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let user = 0usize..3;
    let step = prop_oneof![
        (user.clone(), 1usize..4).prop_map(|(user, count)| Step::Send(user, count)),
        (user.clone(), user.clone(), 0usize..12).prop_map(|(by, of, which)| Step::Delete(by, of, which)),
        (user, 1usize..5).prop_map(|(user, limit)| Step::Read(user, limit)),
    ];
    prop::collection::vec(step, 1..40)
}

/// What one user should find.
#[derive(Default)]
struct Model {
    /// All that were ever stored, in order, and whether they still are.
    stored: Vec<(NotificationId, bool)>,
    /// Where the user reads on: behind so many of them.
    seen: usize,
    cursor: Option<String>,
}

#[test]
fn lists_hold_what_was_sent_and_not_deleted_and_cursors_find_what_came_later() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = World::new();
    let case = std::cell::Cell::new(0);
    proptest!(ProptestConfig::with_cases(32), |(steps in steps())| {
        case.set(case.get() + 1);
        let core = &world.core;
        runtime.block_on(async {
            let mut users = Vec::new();
            for number in 0..3 {
                users.push(world.account(&format!("user-{number}-of-{}", case.get())).await);
            }
            let mut models = [(); 3].map(|()| Model::default());
            for step in steps {
                match step {
                    Step::Send(to, count) => {
                        core.notifications.send(vec![new(users[to], count); count]).await.unwrap();
                        let known = models[to].stored.len();
                        let alive = models[to].stored.iter().filter(|(_, alive)| *alive).count();
                        let all = page(core, users[to], 100, None).await.notifications;
                        prop_assert_eq!(all.len(), alive + count);
                        let fresh = all[alive..].iter().map(|one| (one.id, true));
                        models[to].stored.extend(fresh);
                        prop_assert_eq!(models[to].stored.len(), known + count);
                    }
                    Step::Delete(by, of, which) => {
                        let id = models[of].stored.get(which).map_or(NotificationId::NIL, |(id, _)| *id);
                        core.notifications.delete(users[by], vec![id, id]).await.unwrap();
                        if let Some((_, alive)) = models[of].stored.get_mut(which).filter(|_| by == of) {
                            *alive = false;
                        }
                    }
                    Step::Read(by, limit) => {
                        let Model { stored, seen, cursor } = &mut models[by];
                        let read = page(core, users[by], limit, cursor.take()).await;
                        let alive = stored.iter().enumerate().skip(*seen).filter(|(_, (_, alive))| *alive);
                        let expected: Vec<_> = alive.take(limit).map(|(place, (id, _))| (place, *id)).collect();
                        let found: Vec<_> = read.notifications.iter().map(|one| one.id).collect();
                        prop_assert_eq!(found, expected.iter().map(|(_, id)| *id).collect::<Vec<_>>());
                        *seen = expected.last().map_or(*seen, |(place, _)| place + 1);
                        *cursor = Some(read.cacheable_cursor);
                    }
                }
            }
            for (user, model) in users.iter().zip(&models) {
                let all = page(core, *user, 100, None).await.notifications;
                let ids: Vec<_> = all.iter().map(|one| one.id).collect();
                prop_assert!(ids.is_sorted());
                let alive = model.stored.iter().filter(|(_, alive)| *alive).map(|(id, _)| *id);
                prop_assert_eq!(ids, alive.collect::<Vec<_>>());
            }
            Ok(())
        })?;
    });
}

#[tokio::test]
async fn what_comes_after_a_restart_with_the_clock_set_back_is_last_in_the_list() {
    let mut world = World::new();
    let ann = world.account("ann").await;
    world.core.notifications.send(vec![new(ann, 0), new(ann, 1)]).await.unwrap();
    let mut cursor = page(&world.core, ann, 100, None).await.cacheable_cursor;
    for (number, seconds) in [(2, 1_600_000_000), (3, 0), (4, 1_650_000_000)] {
        world.clock.set(Timestamp::from_seconds(seconds));
        world = world.restart().await;
        world.core.notifications.send(vec![new(ann, number)]).await.unwrap();
        let fresh = page(&world.core, ann, 100, Some(cursor)).await;
        assert_eq!(fresh.notifications.len(), 1);
        assert_eq!(fresh.notifications[0].content, content(number));
        cursor = fresh.cacheable_cursor;
    }
    let all = page(&world.core, ann, 100, None).await.notifications;
    assert_eq!(all.iter().map(|one| one.content.clone()).collect::<Vec<_>>(), [0, 1, 2, 3, 4].map(content));
    // One sequence for all: a message comes after the notifications, too, although its clock is behind theirs.
    let last = all.last().unwrap().id.uuid();
    world = world.restart().await;
    let message = {
        let client = world.client(1);
        client.join(&room("hall"), true).await;
        client.send(&room("hall"), "hello").await
    };
    assert!(message.id.uuid() > last);
}

#[tokio::test]
async fn every_session_that_was_not_silenced_is_told() {
    let world = World::new();
    let core = &world.core;
    let clients = [world.client(1), world.client(1), world.client(1), world.client(2)];
    let user = clients[0].session.user_id();
    let stream = Stream::about(mode::NOTIFICATIONS, user.uuid());
    assert!(core.tracker.leave(&stream, user, clients[1].session.id()), "a session that is silenced");
    core.close_session(&clients[2].session);
    let transient = NewNotification { persistent: false, ..new(user, "hello") };
    core.notifications.send(vec![transient.clone(), transient]).await.unwrap();
    assert_eq!(clients.each_ref().map(|client| told(client).len()), [2, 0, 0, 0]);
    let [first, second] = &told(&clients[0])[..] else { panic!("two were told") };
    assert!(first.id < second.id);
    assert_eq!((first.create_time, first.persistent), (Timestamp::from_seconds(1_700_000_000), false));
    assert_eq!(page(core, user, 100, None).await.notifications, [], "nothing is stored of it");
}

#[tokio::test]
async fn a_stored_one_is_told_as_it_is_listed() {
    let world = World::new();
    let ann = world.account("ann").await;
    let client = world.client(ann.uuid().as_u128());
    world.core.notifications.send(vec![new(ann, "hello")]).await.unwrap();
    assert_eq!(told(&client), page(&world.core, ann, 100, None).await.notifications);
}

#[tokio::test]
async fn bad_notifications_are_refused_with_all_others_of_the_call() {
    let world = World::new();
    let ann = world.account("ann").await;
    let client = world.client(ann.uuid().as_u128());
    let nobody = UserId::new(Uuid::from_u128(9));
    let good = new(ann, "good");
    let cases = [
        (NewNotification { subject: String::new(), ..good.clone() }, "subject must not be empty"),
        (NewNotification { subject: "ä".repeat(256), ..good.clone() }, "subject is 256 characters, the limit is 255"),
        (NewNotification { content: "[]".into(), ..good.clone() }, "content must be a JSON object"),
        (NewNotification { content: String::new(), ..good.clone() }, "content must be a JSON object"),
        (
            NewNotification { content: format!("{{}}{}", " ".repeat(65535)), ..good.clone() },
            "content is 65537 bytes, the limit is 65536",
        ),
        (NewNotification { code: 0, ..good.clone() }, "code must be above 0, it is 0"),
        (NewNotification { code: -5, ..good.clone() }, "code must be above 0, it is -5"),
        (new(nobody, "bad"), &*format!("there is no user {nobody} to store a notification for")),
    ];
    for (bad, text) in cases {
        for new in [vec![good.clone(), bad.clone()], vec![bad, good.clone()]] {
            assert_eq!(world.core.notifications.send(new).await.unwrap_err().to_string(), text);
        }
    }
    assert_eq!(page(&world.core, ann, 100, None).await.notifications, []);
    assert_eq!(told(&client), []);
    let longest = NewNotification { subject: "ä".repeat(255), ..good };
    let transient = NewNotification { persistent: false, ..new(nobody, "nobody hears it") };
    world.core.notifications.send(vec![longest, transient]).await.unwrap();
    assert_eq!(page(&world.core, ann, 100, None).await.notifications.len(), 1);
}

#[tokio::test]
async fn bad_limits_and_cursors_are_refused() {
    let world = World::new();
    let (ann, ben) = (world.account("ann").await, world.account("ben").await);
    let list = async |limit, cursor: &str| world.core.notifications.list(ann, limit, Some(cursor.to_owned())).await;
    let bens = page(&world.core, ben, 1, None).await.cacheable_cursor;
    let anns = page(&world.core, ann, 1, None).await.cacheable_cursor;
    for (limit, cursor, error) in [
        (0, &*anns, NotificationError::InvalidLimit),
        (101, &*anns, NotificationError::InvalidLimit),
        (1, "rubbish", NotificationError::InvalidCursor),
        (1, "", NotificationError::InvalidCursor),
        (1, &*bens, NotificationError::InvalidCursor),
    ] {
        assert_eq!(list(limit, cursor).await.unwrap_err(), error, "{limit} {cursor}");
    }
    assert_eq!(list(100, &anns).await.unwrap().cacheable_cursor, anns);
}
