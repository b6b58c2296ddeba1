use super::*;
use crate::outbox::Outgoing;
use crate::session::tests::{session, session_of};
use bytes::Bytes;
use parking_lot::Mutex;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn tracker() -> Tracker {
    Tracker::new("node".into(), Followers::default())
}

fn room() -> Stream {
    Stream::labelled(mode::ROOM, "room")
}

fn meta(hidden: bool, status: &str) -> PresenceMeta {
    PresenceMeta { hidden, persistence: true, status: status.into() }
}

fn join(tracker: &Tracker, session: &Arc<Session>, hidden: bool) -> Joined {
    tracker.join(session, &room(), meta(hidden, "")).unwrap()
}

/// The presence events that wait for a session, as `(leaves, joins)` of session numbers.
fn events(session: &Session) -> Vec<(Vec<u128>, Vec<u128>)> {
    let mut taken = Vec::new();
    session.outbox.try_take(&mut taken);
    let numbers = |list: &[Presence]| list.iter().map(|one| one.id.session_id.uuid().as_u128()).collect();
    let event = |item: &Outgoing| match item {
        Outgoing::Push(push) => match push.event() {
            PushEvent::StreamPresence { joins, leaves, .. } | PushEvent::StatusPresence { joins, leaves } => {
                (numbers(leaves), numbers(joins))
            }
            other => unreachable!("not a presence event: {other:?}"),
        },
        Outgoing::Reply(_) => unreachable!("these tests fill no reply"),
    };
    taken.iter().map(event).collect()
}

fn leave(tracker: &Tracker, session: &Session) -> bool {
    tracker.leave(&room(), session.user_id(), session.id())
}

/// Makes `session` the teller of an update, and stops it before it looks for more: what changes from now on is merged.
fn stall(tracker: &Tracker, session: &Arc<Session>) {
    stall_in(tracker, &room(), session);
}

fn stall_in(tracker: &Tracker, stream: &Stream, session: &Arc<Session>) {
    let mut shard = tracker.lock_for_join(session, stream);
    let members = shard.get_mut(stream).unwrap();
    let member = members.get(session.id()).unwrap().clone();
    members.update(&member, member.presence.clone());
    let delivery = members.begin_delivery().unwrap();
    drop(shard);
    tracker.push(stream, delivery);
}

fn resume(tracker: &Tracker) {
    while tracker.tell_next(&room()) {}
}

#[test]
fn an_idle_stream_sends_one_event_an_operation() {
    let tracker = tracker();
    let (a, b) = (session(1), session(2));
    let joined = join(&tracker, &a, false);
    assert!(joined.new && joined.visible.is_empty());
    drop(joined);
    assert_eq!(events(&a), [(vec![], vec![1])], "a joiner gets its own join");
    let joined = join(&tracker, &b, false);
    assert_eq!(joined.visible.len(), 1, "the others, without oneself");
    drop(joined);
    assert_eq!(events(&a), [(vec![], vec![2])]);
    assert_eq!(events(&b), [(vec![], vec![2])]);
    tracker.update(&b, &room(), meta(false, "new")).unwrap();
    assert_eq!(events(&a), [(vec![2], vec![2])]);
    events(&b);
    assert!(leave(&tracker, &b));
    assert_eq!(events(&a), [(vec![2], vec![])]);
    assert_eq!(events(&b), [], "a leaver does not get its own leave");
    assert!(!leave(&tracker, &b), "it is not there any more");
}

#[test]
fn a_repeated_join_changes_nothing_and_lists_oneself() {
    let tracker = tracker();
    let a = session(1);
    drop(join(&tracker, &a, false));
    events(&a);
    let joined = join(&tracker, &a, true);
    assert!(!joined.new);
    assert!(!joined.presence.meta.hidden, "the flags of the first join stay");
    assert_eq!(joined.visible, std::slice::from_ref(&joined.presence));
    drop(joined);
    assert_eq!(events(&a), []);
}

#[test]
fn hidden_presences_receive_and_are_not_seen() {
    let tracker = tracker();
    let (a, ghost) = (session(1), session(2));
    drop(join(&tracker, &a, false));
    events(&a);
    drop(join(&tracker, &ghost, true));
    assert_eq!((events(&a), events(&ghost)), (vec![], vec![]));
    assert_eq!(tracker.count(&room()), 2);
    assert_eq!(tracker.list(&room(), false, true).len(), 1);
    assert_eq!(tracker.list(&room(), true, false)[0].user_id, ghost.user_id());
    tracker.update(&ghost, &room(), meta(false, "")).unwrap();
    assert_eq!((events(&a), events(&ghost)), (vec![(vec![], vec![2])], vec![(vec![], vec![2])]));
    tracker.update(&ghost, &room(), meta(true, "")).unwrap();
    assert_eq!((events(&a), events(&ghost)), (vec![(vec![2], vec![])], vec![(vec![2], vec![])]));
    leave(&tracker, &ghost);
    assert_eq!(events(&a), []);
}

#[test]
fn all_sessions_of_an_evicted_user_leave_and_only_the_others_are_told() {
    let tracker = tracker();
    let (a, phone, desk) = (session(1), session_of(7, 2), session_of(7, 3));
    for member in [&a, &phone, &desk] {
        drop(join(&tracker, member, false));
    }
    for member in [&a, &phone, &desk] {
        events(member);
    }
    tracker.evict(&room(), phone.user_id(), true);
    let told = events(&a);
    assert_eq!(told.len(), 1, "one event tells of both");
    assert_eq!(told[0].0.iter().sum::<u128>(), 2 + 3);
    assert_eq!((events(&phone), events(&desk)), (vec![], vec![]));
    assert_eq!(tracker.list(&room(), true, true).len(), 1);
    assert!(phone.streams.end().is_empty(), "and its end finds nothing any more");
    drop(join(&tracker, &desk, false));
    assert_eq!(events(&a), [(vec![], vec![3])], "it may come again");
    tracker.evict(&room(), desk.user_id(), false);
    tracker.evict(&room(), a.user_id(), false);
    tracker.evict(&room(), a.user_id(), true);
    assert_eq!((events(&a), tracker.totals()), (vec![], (0, 0)), "nobody is told, and nothing is left");
}

#[test]
fn nobody_is_told_of_what_somebody_did_who_left_untold() {
    let tracker = tracker();
    let (a, b, c) = (session(1), session(2), session(3));
    for member in [&a, &b] {
        drop(join(&tracker, member, false));
    }
    stall(&tracker, &a);
    events(&a);
    drop(join(&tracker, &c, false));
    tracker.update(&b, &room(), meta(false, "new")).unwrap();
    for gone in [&b, &c] {
        tracker.evict(&room(), gone.user_id(), false);
    }
    resume(&tracker);
    assert_eq!(events(&a), []);
}

#[test]
fn a_backlog_merges() {
    let tracker = tracker();
    let (a, b, c) = (session(1), session(2), session(3));
    for member in [&a, &b] {
        drop(join(&tracker, member, false));
    }
    stall(&tracker, &a);
    events(&a);
    drop(join(&tracker, &c, false));
    leave(&tracker, &c);
    resume(&tracker);
    assert_eq!(events(&a), [], "join and leave: two events or none");
    stall(&tracker, &a);
    events(&a);
    leave(&tracker, &b);
    drop(join(&tracker, &b, false));
    resume(&tracker);
    assert_eq!(events(&a), [(vec![2], vec![2])], "leave and join: one");
}

#[test]
fn whoever_was_shown_a_presence_that_left_is_told() {
    let tracker = tracker();
    let (a, b, guest) = (session(1), session(2), session(3));
    drop(join(&tracker, &a, false));
    stall(&tracker, &a);
    events(&a);
    drop(join(&tracker, &guest, false));
    let joined = join(&tracker, &b, false);
    assert_eq!(joined.visible.len(), 2, "the guest is in the reply");
    drop(joined);
    leave(&tracker, &guest);
    resume(&tracker);
    assert_eq!(events(&a), [(vec![], vec![2])]);
    assert_eq!(events(&b), [(vec![], vec![2]), (vec![3], vec![])]);
}

#[test]
fn an_event_on_its_way_to_a_leaver_reaches_it_before_it_joins_again() {
    let tracker = tracker();
    let (a, b) = (session(1), session(2));
    for member in [&a, &b] {
        drop(join(&tracker, member, false));
    }
    events(&b);
    let delivery = {
        let mut shard = tracker.inner.streams.lock(&room());
        let members = shard.get_mut(&room()).unwrap();
        let member = members.get(a.id()).unwrap().clone();
        members.update(&member, member.presence.clone());
        members.begin_delivery().unwrap()
    };
    leave(&tracker, &b);
    std::thread::scope(|scope| {
        let rejoin = scope.spawn(|| join(&tracker, &b, false).reply.fill(Bytes::from_static(b"reply")));
        // It must not finish; give it the chance to.
        for _ in 0..10_000 {
            assert!(!rejoin.is_finished(), "the join went ahead of the event");
            std::thread::yield_now();
        }
        tracker.push(&room(), delivery);
    });
    resume(&tracker);
    let mut taken = Vec::new();
    b.outbox.try_take(&mut taken);
    assert!(matches!(&taken[0], Outgoing::Push(_)));
    assert!(matches!(&taken[1], Outgoing::Reply(_)));
}

#[test]
fn the_place_of_the_reply_is_before_the_first_event() {
    let tracker = tracker();
    let (a, b) = (session(1), session(2));
    let joined = join(&tracker, &a, false);
    drop(join(&tracker, &b, false));
    let mut taken = Vec::new();
    assert!(!a.outbox.try_take(&mut taken), "all waits for the reply");
    joined.reply.fill(Bytes::from_static(b"reply"));
    a.outbox.try_take(&mut taken);
    assert!(matches!(&taken[0], Outgoing::Reply(_)));
    assert_eq!(taken.len(), 3);
}

#[test]
fn status_events_go_to_the_followers() {
    let followers = Followers::default();
    let tracker = Tracker::new("node".into(), followers.clone());
    let (star, fan) = (session(1), session(2));
    let status = Stream::about(mode::STATUS, star.user_id().uuid());
    followers.follow(&fan, star.user_id());
    drop(tracker.join(&star, &status, meta(false, "hello")).unwrap());
    assert_eq!((events(&star), events(&fan)), (vec![], vec![(vec![], vec![1])]));
    tracker.leave(&status, star.user_id(), star.id());
    assert_eq!(events(&fan), [(vec![1], vec![])], "also when nobody is left in the stream");
    assert_eq!(tracker.totals(), (0, 0));
}

#[test]
fn a_follower_who_was_shown_a_status_that_is_gone_is_told() {
    let followers = Followers::default();
    let tracker = Tracker::new("node".into(), followers.clone());
    let (phone, desk, fan) = (session_of(7, 1), session_of(7, 2), session(3));
    let status = Stream::about(mode::STATUS, phone.user_id().uuid());
    assert_eq!(tracker.look(&status), []);
    drop(tracker.join(&phone, &status, meta(false, "here")).unwrap());
    followers.follow(&fan, phone.user_id());
    for looks in [true, false] {
        stall_in(&tracker, &status, &phone);
        drop(tracker.join(&desk, &status, meta(false, "there")).unwrap());
        if looks {
            assert_eq!(tracker.look(&status).len(), 2);
        }
        tracker.leave(&status, desk.user_id(), desk.id());
        events(&fan);
        while tracker.tell_next(&status) {}
        assert_eq!(events(&fan), if looks { vec![(vec![2], vec![])] } else { vec![] });
    }
}

#[test]
fn closing_takes_everybody_off_without_events() {
    let tracker = tracker();
    let (a, b) = (session(1), session(2));
    for member in [&a, &b] {
        drop(join(&tracker, member, false));
    }
    events(&a);
    events(&b);
    assert_eq!(tracker.close(&room()), 2);
    assert_eq!((events(&a), events(&b)), (vec![], vec![]));
    assert_eq!(tracker.totals(), (0, 0));
    assert!(join(&tracker, &a, false).new);
}

#[test]
fn leaving_all_tells_each_stream_and_ends_joining() {
    let tracker = tracker();
    let (a, b) = (session(1), session(2));
    let other = Stream::labelled(100, "other");
    for stream in [&room(), &other] {
        drop(tracker.join(&a, stream, meta(false, "")).unwrap());
        drop(tracker.join(&b, stream, meta(false, "")).unwrap());
    }
    events(&a);
    events(&b);
    tracker.leave_all(&b);
    assert_eq!(events(&a), [(vec![2], vec![]), (vec![2], vec![])]);
    assert_eq!(tracker.join(&b, &room(), meta(false, "")).unwrap_err(), JoinError::SessionClosed(b.id()));
    assert_eq!(tracker.update(&b, &Stream::labelled(9, "x"), meta(false, "")), Err(JoinError::SessionClosed(b.id())));
    assert_eq!(tracker.totals(), (2, 2));
}

#[test]
fn a_join_that_races_with_the_end_leaves_nothing() {
    for _ in 0..200 {
        let tracker = tracker();
        let guest = session(1);
        std::thread::scope(|scope| {
            for label in 0..4 {
                let (tracker, guest) = (&tracker, &guest);
                scope.spawn(move || {
                    let stream = Stream::labelled(100, &label.to_string());
                    tracker.join(guest, &stream, PresenceMeta::default()).is_ok()
                });
            }
            scope.spawn(|| tracker.leave_all(&guest));
        });
        assert_eq!(tracker.totals(), (0, 0));
    }
}

#[test]
fn presences_need_the_right_user() {
    let tracker = tracker();
    let a = session(1);
    drop(join(&tracker, &a, false));
    assert!(tracker.get(&room(), a.user_id(), a.id()).is_some());
    assert!(tracker.get(&room(), UserId::NIL, a.id()).is_none());
    assert!(!tracker.leave(&room(), UserId::NIL, a.id()));
    assert_eq!(tracker.members(&room(), &[(a.user_id(), a.id()), (UserId::NIL, a.id())]).len(), 1);
}

/// What a client knows of the room: the list of its last join, and every event since. Replies are numbers of entries in
/// `lists`; an empty one says that it left.
#[derive(Default)]
struct Client {
    lists: Mutex<Vec<Vec<Presence>>>,
    view: Mutex<Option<BTreeMap<SessionId, Presence>>>,
}

impl Client {
    fn joined(&self, joined: Joined) {
        let mut lists = self.lists.lock();
        lists.push(joined.visible);
        joined.reply.fill(Bytes::from((lists.len() - 1).to_string()));
    }

    /// Reads all that waits.
    fn read(&self, session: &Session) {
        let mut taken = Vec::new();
        session.outbox.try_take(&mut taken);
        let mut view = self.view.lock();
        for item in taken {
            match item {
                Outgoing::Reply(frame) if frame.is_empty() => *view = None,
                Outgoing::Reply(frame) => {
                    let number: usize = std::str::from_utf8(&frame).unwrap().parse().unwrap();
                    let list = self.lists.lock()[number].clone();
                    *view = Some(list.into_iter().map(|one| (one.id.session_id, one)).collect());
                }
                Outgoing::Push(push) => {
                    let PushEvent::StreamPresence { joins, leaves, .. } = push.event() else { unreachable!() };
                    let Some(view) = &mut *view else { continue };
                    for presence in leaves {
                        view.remove(&presence.id.session_id);
                    }
                    for presence in joins {
                        view.insert(presence.id.session_id, presence.clone());
                    }
                }
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Operation {
    Join { who: usize, hidden: bool },
    Update { who: usize, hidden: bool, status: u8 },
    Leave { who: usize },
    Close,
    Read { who: usize },
    Stall { who: usize },
    Resume,
}

const SESSIONS: usize = 5;

fn operation() -> impl Strategy<Value = Operation> {
    let who = 0..SESSIONS;
    prop_oneof![
        6 => (who.clone(), prop::bool::weighted(0.2)).prop_map(|(who, hidden)| Operation::Join { who, hidden }),
        3 => (who.clone(), prop::bool::weighted(0.3), any::<u8>())
            .prop_map(|(who, hidden, status)| Operation::Update { who, hidden, status }),
        5 => who.clone().prop_map(|who| Operation::Leave { who }),
        1 => Just(Operation::Close),
        2 => who.clone().prop_map(|who| Operation::Read { who }),
        3 => who.prop_map(|who| Operation::Stall { who }),
        2 => Just(Operation::Resume),
    ]
}

/// Does one operation as a client does it.
fn perform(tracker: &Tracker, sessions: &[(Arc<Session>, Client)], operation: Operation) {
    match operation {
        Operation::Join { who, hidden } => {
            let (session, client) = &sessions[who];
            client.joined(tracker.join(session, &room(), meta(hidden, "")).unwrap());
        }
        Operation::Update { who, hidden, status } => {
            let (session, _) = &sessions[who];
            // Only of members: whoever joins by an update gets no list.
            if tracker.get(&room(), session.user_id(), session.id()).is_some() {
                tracker.update(session, &room(), meta(hidden, &status.to_string())).unwrap();
            }
        }
        Operation::Leave { who } => {
            let (session, _) = &sessions[who];
            leave(tracker, session);
            session.outbox.reply(Bytes::new());
        }
        Operation::Close => {
            tracker.close(&room());
        }
        Operation::Read { who } => sessions[who].1.read(&sessions[who].0),
        Operation::Stall { .. } | Operation::Resume => {}
    }
}

fn sessions() -> Vec<(Arc<Session>, Client)> {
    (0..SESSIONS).map(|number| (session(number as u128 + 1), Client::default())).collect()
}

/// Every member's view is the list.
fn check(tracker: &Tracker, sessions: &[(Arc<Session>, Client)]) -> Result<(), TestCaseError> {
    let expected: BTreeMap<_, _> =
        tracker.list(&room(), false, true).into_iter().map(|one| (one.id.session_id, one)).collect();
    for (session, client) in sessions {
        client.read(session);
        if tracker.get(&room(), session.user_id(), session.id()).is_some() {
            let view = client.view.lock().clone();
            prop_assert_eq!(view.as_ref(), Some(&expected), "view of {}", session.id());
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn replies_and_events_add_up_to_the_list(operations in prop::collection::vec(operation(), 1..60)) {
        let tracker = tracker();
        let sessions = sessions();
        let mut stalled = false;
        for operation in operations {
            match operation {
                Operation::Stall { who } => {
                    let (session, _) = &sessions[who];
                    if !stalled && tracker.get(&room(), session.user_id(), session.id()).is_some_and(|it| !it.meta.hidden) {
                        stall(&tracker, session);
                        stalled = true;
                    }
                }
                Operation::Resume => {
                    resume(&tracker);
                    stalled = false;
                }
                operation => perform(&tracker, &sessions, operation),
            }
        }
        resume(&tracker);
        check(&tracker, &sessions)?;
    }
}

#[test]
fn replies_and_events_add_up_when_all_happens_at_once() {
    use rand::{RngExt, SeedableRng};
    for round in 0..60 {
        let tracker = tracker();
        let sessions = sessions();
        std::thread::scope(|scope| {
            for who in 0..SESSIONS {
                let (tracker, sessions) = (&tracker, &sessions);
                scope.spawn(move || {
                    let mut random = rand_chacha::ChaCha12Rng::seed_from_u64((round * SESSIONS + who) as u64);
                    for _ in 0..200 {
                        // Each session is driven by one thread, as a socket is. Only closing concerns the others, and a
                        // closed-out session must not come back by an update, which gives it no list.
                        let closing = round % 2 == 0;
                        perform(
                            tracker,
                            sessions,
                            match random.random_range(0..100) {
                                0..45 => Operation::Join { who, hidden: random.random_bool(0.1) },
                                45..48 if closing => Operation::Close,
                                45..60 if !closing => {
                                    Operation::Update { who, hidden: random.random_bool(0.2), status: random.random() }
                                }
                                60..97 => Operation::Leave { who },
                                _ => Operation::Read { who },
                            },
                        );
                    }
                });
            }
        });
        assert!(!tracker.tell_next(&room()), "nothing is left untold");
        check(&tracker, &sessions).unwrap();
    }
}
