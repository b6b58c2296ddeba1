//! The life of a session: what its beginning and its end set up, tell and take down.

use crate::world::{World, room};
use meadhall_core::events::EventKind;
use meadhall_core::presence::PresenceMeta;
use meadhall_core::push::PushEvent;
use meadhall_core::session::CloseReason;
use meadhall_core::stream::{Stream, mode};
use meadhall_core::tracker::JoinError;
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn a_session_is_known_until_it_is_closed() {
    let world = World::new();
    let core = &world.core;
    let client = world.client_with(1, true);
    let (id, user) = (client.session.id(), client.session.user_id());
    assert!(core.sessions.get(id).is_some_and(|found| Arc::ptr_eq(&found, &client.session)));
    let notifications = core.tracker.list(&Stream::about(mode::NOTIFICATIONS, user.uuid()), true, true);
    assert_eq!(notifications.len(), 1);
    assert!(notifications[0].meta.hidden);
    assert_eq!(&*notifications[0].id.node, "node");
    assert!(core.is_online(user));
    let pushes = client.pushes();
    assert_eq!(pushes.len(), 1, "a status is told to oneself too");
    let PushEvent::StatusPresence { joins, leaves } = pushes[0].event() else { panic!("{pushes:?}") };
    assert_eq!((joins[0].id.session_id, leaves.len()), (id, 0));
    core.close_session(&client.session);
    assert!(core.sessions.get(id).is_none());
    assert!(core.followers.of(user).is_empty());
    assert!(!core.is_online(user));
    assert_eq!(core.tracker.totals(), (0, 0));
    let joined = core.tracker.join(&client.session, &room("late"), PresenceMeta::default());
    assert_eq!(joined.unwrap_err(), JoinError::SessionClosed(id));
}

#[tokio::test]
async fn without_a_status_a_user_is_not_online() {
    let world = World::new();
    let client = world.client(1);
    assert!(!world.core.is_online(client.session.user_id()));
    assert!(client.pushes().is_empty());
}

#[tokio::test]
async fn start_and_end_are_events() {
    let world = World::with(|config| config.event_queue_workers = 1);
    let client = world.client(1);
    world.core.close_session(&client.session);
    let reason = CloseReason::Disconnected { detail: Some("idle".into()) };
    world.core.end_session(&client.session, &reason);
    let start = world.core.events.next(0).await.unwrap();
    assert_eq!((start.kind, &*start.event.name), (EventKind::SessionStart, "session_start"));
    assert!(!start.event.external && start.event.properties.is_empty());
    let end = world.core.events.next(0).await.unwrap();
    assert_eq!((end.kind, &*end.event.name), (EventKind::SessionEnd, "session_end"));
    assert_eq!(end.event.properties, [("reason".to_owned(), "server-side session disconnect: idle".to_owned())]);
    assert_eq!(end.caller, client.session.caller);
}

#[tokio::test]
async fn a_full_event_queue_does_not_keep_a_session_from_opening_or_ending() {
    let world = World::with(|config| (config.event_queue_size, config.event_queue_workers) = (0, 1));
    let client = world.client(1);
    world.core.end_session(&client.session, &CloseReason::ClosedByClient);
    assert_eq!(world.core.events.refused(), 1);
    assert_eq!(world.core.events.next(0).await.unwrap().kind, EventKind::SessionEnd);
}

#[tokio::test]
async fn with_single_socket_the_newest_stays() {
    let world = World::with(|config| config.single_socket = true);
    let (older, other) = (world.client(1), world.client(2));
    let newer = world.client(1);
    assert_eq!(older.session.closing().await, CloseReason::Disconnected { detail: None });
    let pushes = older.pushes();
    let PushEvent::Notification(notification) = pushes[0].event() else { panic!("{pushes:?}") };
    assert_eq!((notification.code, &*notification.subject, &*notification.content), (-7, "single_socket", "{}"));
    assert_eq!(newer.session.close_reason(), None);
    assert_eq!(other.session.close_reason(), None);
}

#[tokio::test]
async fn stopping_waits_for_handlers_and_counts_what_is_left() {
    let world = World::with(|config| config.event_queue_workers = 1);
    let worker = tokio::spawn({
        let core = world.core.clone();
        async move {
            let mut handled = 0;
            while core.events.next(0).await.is_some() {
                tokio::task::yield_now().await;
                handled += 1;
            }
            handled
        }
    });
    for number in 0..3 {
        world.client(number);
    }
    assert_eq!(world.core.stop(Duration::from_secs(60)).await.events_left, 0);
    assert_eq!(worker.await.unwrap(), 3);
    assert!(!world.core.writes_ok(), "nothing is taken any more");
}

#[tokio::test]
async fn stopping_gives_up_on_a_stuck_handler() {
    let world = World::with(|config| config.event_queue_workers = 1);
    for number in 0..3 {
        world.client(number);
    }
    world.core.events.next(0).await.unwrap();
    assert_eq!(world.core.stop(Duration::ZERO).await.events_left, 3, "one is being handled, two wait");
}
