//! Statuses: who is shown what, who is left out, and that lists and events add up to the truth whatever races.

use crate::world::{Client, World};
use bytes::Bytes;
use meadhall_core::account::Targets;
use meadhall_core::ids::{SessionId, UserId};
use meadhall_core::outbox::Outgoing;
use meadhall_core::presence::Presence;
use meadhall_core::push::PushEvent;
use meadhall_core::status::StatusError;
use meadhall_core::stream::{Stream, mode};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

fn ids(users: &[UserId]) -> Targets {
    Targets { ids: users.to_vec(), usernames: Vec::new() }
}

fn statuses(presences: &[Presence]) -> Vec<String> {
    presences.iter().map(|presence| presence.meta.status.to_string()).collect()
}

/// The status events that wait for a client, as `(leaves, joins)`.
fn events(client: &Client) -> Vec<(Vec<String>, Vec<String>)> {
    let mut taken = Vec::new();
    client.session.outbox.try_take(&mut taken);
    let event = |item: Outgoing| match item {
        Outgoing::Push(push) => match push.event() {
            PushEvent::StatusPresence { joins, leaves } => Some((statuses(leaves), statuses(joins))),
            _ => None,
        },
        Outgoing::Reply(_) => None,
    };
    taken.into_iter().filter_map(event).collect()
}

#[tokio::test]
async fn followers_are_shown_what_is_and_told_what_changes() {
    let world = World::new();
    let (ann, ben) = (world.account("ann").await, world.account("ben").await);
    let core = &world.core;
    let (fan, star) = (world.client(ann.uuid().as_u128()), world.client(ben.uuid().as_u128()));
    let list = async |targets: Targets| {
        let followed = core.statuses.follow(&fan.session, targets).await.unwrap();
        statuses(&followed.presences)
    };
    assert_eq!(list(ids(&[ben])).await, [""; 0], "ben is offline");
    core.statuses.update(&star.session, Some("here")).unwrap();
    assert_eq!(events(&fan), [(vec![], vec!["here".to_owned()])]);
    assert_eq!(events(&star).len(), 1, "oneself is told too");
    assert_eq!(list(ids(&[ben, ben])).await, ["here"]);
    let named = Targets { ids: vec![ben, ann], usernames: vec!["ben".into(), "nobody".into()] };
    assert_eq!(list(named).await, ["here"]);
    assert_eq!(list(ids(&[UserId::NIL, UserId::new(Uuid::from_u128(9))])).await, [""; 0], "unknown ones");
    core.statuses.update(&star.session, Some(&"s".repeat(2048))).unwrap();
    assert_eq!(events(&fan).len(), 1);
    let too_long = core.statuses.update(&star.session, Some(&"ä".repeat(1025)));
    assert_eq!(too_long, Err(StatusError::TooLong), "the limit counts bytes");
    core.statuses.update(&star.session, None).unwrap();
    core.statuses.update(&star.session, None).unwrap();
    assert_eq!(events(&fan), [(vec!["s".repeat(2048)], vec![])], "going offline twice is told once");
    core.statuses.unfollow(&fan.session, &[ben, ben]);
    core.statuses.update(&star.session, Some("again")).unwrap();
    assert_eq!(events(&fan), []);
    core.close_session(&star.session);
    let ended = core.statuses.update(&star.session, Some("late")).unwrap_err();
    assert!(matches!(ended, StatusError::Join(_)));
}

#[tokio::test]
async fn one_session_follows_only_so_many() {
    let world = World::new();
    let fan = world.client(1);
    for number in 0..9_998 {
        world.core.followers.follow(&fan.session, UserId::new(Uuid::from_u128(1_000 + number)));
    }
    let (ann, ben) = (world.account("ann").await, world.account("ben").await);
    let error = world.core.statuses.follow(&fan.session, ids(&[ann, ben])).await.unwrap_err();
    assert_eq!(error.to_string(), "the socket would follow 10001 users, the limit is 10000");
    assert!(world.core.followers.of(ann).is_empty(), "none of them");
    drop(world.core.statuses.follow(&fan.session, ids(&[ann, ann])).await.unwrap());
    drop(world.core.statuses.follow(&fan.session, ids(&[ann])).await.unwrap());
    assert_eq!(world.core.followers.of(ann).len(), 1);
}

/// What a client makes of lists and events.
#[derive(Default)]
struct View {
    /// The lists of replies, by the number in the reply, each with whom it is about.
    lists: Vec<(Vec<UserId>, Vec<Presence>)>,
    shown: HashMap<UserId, BTreeMap<SessionId, Presence>>,
}

impl View {
    fn read(&mut self, client: &Client) {
        let mut taken = Vec::new();
        client.session.outbox.try_take(&mut taken);
        for item in taken {
            match item {
                Outgoing::Reply(number) => {
                    let number: usize = std::str::from_utf8(&number).unwrap().parse().unwrap();
                    let (about, list) = self.lists[number].clone();
                    self.shown.extend(about.into_iter().map(|star| (star, BTreeMap::new())));
                    list.into_iter().for_each(|presence| self.show(presence));
                }
                Outgoing::Push(push) => {
                    let PushEvent::StatusPresence { joins, leaves } = push.event() else { continue };
                    for presence in leaves {
                        self.shown.entry(presence.user_id).or_default().remove(&presence.id.session_id);
                    }
                    joins.iter().for_each(|presence| self.show(presence.clone()));
                }
            }
        }
    }

    fn show(&mut self, presence: Presence) {
        self.shown.entry(presence.user_id).or_default().insert(presence.id.session_id, presence);
    }
}

#[test]
fn lists_and_events_add_up_to_the_statuses_that_hold() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    for round in 0..30 {
        let world = World::new();
        let stars = runtime.block_on(async { [world.account("ann").await, world.account("ben").await] });
        // Two sessions each, so that one comes and goes while the other changes.
        let sessions: Vec<_> = stars.iter().flat_map(|star| [*star; 2]).collect();
        let sessions: Vec<_> = sessions.iter().map(|star| world.client(star.uuid().as_u128())).collect();
        let fans: Vec<_> = (1..=3).map(|number| world.client(number)).collect();
        let views = std::thread::scope(|scope| {
            for (number, star) in (0..).zip(&sessions) {
                let mut random = StdRng::seed_from_u64(round * 100 + number);
                let statuses = &world.core.statuses;
                scope.spawn(move || {
                    for step in 0..400 {
                        let status = random.random_bool(0.5).then(|| step.to_string());
                        statuses.update(&star.session, status.as_deref()).unwrap();
                    }
                });
            }
            let fans = fans.iter().map(|fan| {
                let (world, stars, runtime) = (&world, &stars, &runtime);
                scope.spawn(move || {
                    let mut view = View::default();
                    for step in 0..40 {
                        let followed = &stars[step % 2..];
                        if step % 3 == 2 {
                            world.core.statuses.unfollow(&fan.session, followed);
                        }
                        let now = runtime.block_on(world.core.statuses.follow(&fan.session, ids(followed))).unwrap();
                        view.lists.push((followed.to_vec(), now.presences));
                        now.reply.fill(Bytes::from((view.lists.len() - 1).to_string()));
                        view.read(fan);
                    }
                    view
                })
            });
            let fans: Vec<_> = fans.collect();
            fans.into_iter().map(|fan| fan.join().unwrap()).collect::<Vec<_>>()
        });
        for (fan, mut view) in fans.iter().zip(views) {
            view.read(fan);
            for star in stars {
                let holds = world.core.tracker.list(&Stream::about(mode::STATUS, star.uuid()), false, true);
                let holds: BTreeMap<_, _> = holds.into_iter().map(|one| (one.id.session_id, one)).collect();
                assert_eq!(view.shown[&star], holds, "round {round}");
            }
        }
    }
}
