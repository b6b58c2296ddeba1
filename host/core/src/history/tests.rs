use super::*;
use crate::clock::{Environment, ManualClock};
use crate::outbox::Outgoing;
use crate::presence::PresenceMeta;
use crate::push::PushEvent;
use crate::session::Session;
use crate::session::tests::session;
use crate::status::Followers;
use crate::store::StoreConfig;
use crate::tracker::Tracker;
use parking_lot::{Condvar, Mutex};
use std::fs::File;
use std::io;

/// What the next sync of the disk does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Disk {
    Works,
    /// Nothing comes back until it is set to something else.
    Hangs,
    Fails,
}

/// A history on a disk that does as it is told, and two members of a room.
struct Fixture {
    history: History,
    tracker: Arc<Tracker>,
    disk: Arc<(Mutex<Disk>, Condvar)>,
    member: Arc<Session>,
    other: Arc<Session>,
    _dir: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let disk = Arc::new((Mutex::new(Disk::Works), Condvar::new()));
        let sync = {
            let disk = disk.clone();
            move |file: &File| {
                let mut state = disk.0.lock();
                disk.1.wait_while(&mut state, |state| *state == Disk::Hangs);
                if *state == Disk::Fails { Err(io::Error::other("broken")) } else { file.sync_data() }
            }
        };
        let config = StoreConfig { sync_interval_ms: 0, cache_capacity: 16 << 20 };
        let store = Store::open_with(dir.path(), config, Arc::new(sync)).unwrap();
        let tracker = Arc::new(Tracker::new("node".into(), Followers::default()));
        let (member, other) = (session(1), session(2));
        for session in [&member, &other] {
            let hidden = PresenceMeta { hidden: true, ..PresenceMeta::default() };
            drop(tracker.join(session, &room(), hidden).unwrap());
        }
        let env = Environment::seeded(Arc::new(ManualClock::default()), 1);
        let history = History::new(store, tracker.clone(), Arc::new(Sequence::new(env, None)));
        Self { history, tracker, disk, member, other, _dir: dir }
    }

    fn set(&self, disk: Disk) {
        *self.disk.0.lock() = disk;
        self.disk.1.notify_all();
    }

    async fn send(&self, text: &str, persistent: bool) -> Result<ChannelMessage, ChatError> {
        self.history.append(draft(text), persistent).await
    }

    /// Takes the other one out, with a message about it.
    async fn evict(&self) -> Result<&'static str, StoreError> {
        let about = Actor { user_id: self.other.user_id(), username: "other".into() };
        let evicted = self.history.alter(room(), move |txn, happenings| {
            let user = about.user_id;
            happenings.message(txn, about, MessageCode::GroupKick)?;
            happenings.evict(user, true);
            Ok("evicted")
        });
        evicted.await
    }

    /// What the member was told.
    fn told(&self) -> Vec<String> {
        told(&self.member)
    }

    /// Everything that is stored, oldest first.
    async fn stored(&self) -> Vec<ChannelMessage> {
        let request = PageRequest { stream: room(), limit: 100, forward: true, from: None, cursor: None };
        self.history.list(UserId::NIL, request).await.unwrap().messages
    }

    /// Waits until no line is left: the publisher looks once more for what is ready, after the senders were answered.
    async fn idle(&self) {
        while !self.history.lines.is_empty() {
            tokio::task::yield_now().await;
        }
    }
}

/// What a session was told: the content of messages.
fn told(session: &Session) -> Vec<String> {
    let mut taken = Vec::new();
    session.outbox.try_take(&mut taken);
    let text = |item: &Outgoing| match item {
        Outgoing::Push(push) => match push.event() {
            PushEvent::ChannelMessage(message) if message.code != MessageCode::Chat => format!("{:?}", message.code),
            PushEvent::ChannelMessage(message) => message.content.to_string(),
            other => unreachable!("not a message: {other:?}"),
        },
        Outgoing::Reply(_) => unreachable!("nobody replies"),
    };
    taken.iter().map(text).collect()
}

fn room() -> Stream {
    Stream::labelled(2, "room")
}

fn draft(text: &str) -> Draft {
    Draft {
        stream: room(),
        sender: Actor { user_id: UserId::NIL, username: "".into() },
        content: text.into(),
        session: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_told_before_it_is_durable_and_nobody_passes_on_the_left() {
    let fixture = Fixture::new();
    fixture.set(Disk::Hangs);
    let (first, second, third) = tokio::join!(fixture.send("stored", true), fixture.send("passing", false), async {
        tokio::task::yield_now().await;
        assert!(fixture.told().is_empty(), "the first is not durable, and the others are behind it");
        fixture.set(Disk::Works);
        fixture.send("last", true).await
    });
    assert!(first.is_ok() && second.is_ok() && third.is_ok());
    assert_eq!(fixture.told(), ["stored", "passing", "last"]);
    fixture.idle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_failing_disk_did_not_take_is_told_to_nobody_and_holds_up_nothing() {
    let fixture = Fixture::new();
    assert!(fixture.send("before", true).await.is_ok());
    fixture.set(Disk::Fails);
    let (lost, passing) = tokio::join!(fixture.send("lost", true), fixture.send("passing", false));
    assert!(matches!(lost, Err(ChatError::Store(StoreError::Failed(_)))), "{lost:?}");
    assert!(passing.is_ok());
    fixture.set(Disk::Works);
    let refused = fixture.send("refused", true).await;
    assert!(matches!(refused, Err(ChatError::Store(StoreError::Failed(_)))), "{refused:?}");
    assert!(fixture.send("also passing", false).await.is_ok());
    assert_eq!(fixture.told(), ["before", "passing", "also passing"]);
    assert_eq!(fixture.stored().await.len(), 1, "what was durable can still be read");
    fixture.idle().await;
}

#[tokio::test]
async fn a_closed_store_takes_nothing() {
    let fixture = Fixture::new();
    fixture.history.store.close().await;
    assert_eq!(fixture.send("late", true).await, Err(ChatError::Store(StoreError::Closed)));
    assert!(fixture.told().is_empty());
    fixture.idle().await;
}

#[tokio::test]
async fn an_idle_channel_leaves_no_line() {
    let fixture = Fixture::new();
    for persistent in [true, false] {
        fixture.send("x", persistent).await.unwrap();
        fixture.idle().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_taken_out_gets_what_came_before_and_nothing_that_came_after() {
    let fixture = Fixture::new();
    fixture.set(Disk::Hangs);
    let (before, evicted, after, passing, ()) = tokio::join!(
        fixture.send("before", true),
        fixture.evict(),
        fixture.send("after", true),
        fixture.send("passing", false),
        async {
            tokio::task::yield_now().await;
            assert_eq!(fixture.tracker.count(&room()), 2, "nobody leaves before it is durable");
            fixture.set(Disk::Works);
        }
    );
    assert!(before.is_ok() && after.is_ok() && passing.is_ok());
    assert_eq!(evicted, Ok("evicted"));
    assert_eq!(told(&fixture.other), ["before", "GroupKick"]);
    assert_eq!(fixture.told(), ["before", "GroupKick", "after", "passing"]);
    let stored = fixture.stored().await;
    assert_eq!(stored.iter().map(|message| &*message.content).collect::<Vec<_>>(), ["before", "{}", "after"]);
    fixture.idle().await;
}

#[tokio::test]
async fn an_alteration_has_happened_when_it_returns() {
    let fixture = Fixture::new();
    assert_eq!(fixture.evict().await, Ok("evicted"));
    assert!(fixture.tracker.get(&room(), fixture.other.user_id(), fixture.other.id()).is_none());
    let closed = fixture.history.alter(room(), |_, happenings| {
        happenings.close();
        Ok::<_, StoreError>(())
    });
    assert_eq!(closed.await, Ok(()));
    assert_eq!(fixture.tracker.count(&room()), 0);
    let nothing = fixture.history.alter(room(), |_, _| Ok::<_, StoreError>("nothing happens"));
    assert_eq!(nothing.await, Ok("nothing happens"));
    fixture.idle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alteration_that_is_refused_or_lost_changes_nothing_and_holds_up_nothing() {
    let fixture = Fixture::new();
    let user = fixture.other.user_id();
    let refused = fixture.history.alter(room(), move |txn, happenings| {
        happenings.message(txn, Actor::server(), MessageCode::GroupKick)?;
        happenings.evict(user, true);
        Err::<(), _>(StoreError::Unreadable("refused".into()))
    });
    let (refused, sent) = tokio::join!(refused, fixture.send("sent", true));
    assert_eq!(refused, Err(StoreError::Unreadable("refused".into())));
    assert!(sent.is_ok());
    fixture.set(Disk::Fails);
    assert!(matches!(fixture.evict().await, Err(StoreError::Failed(_))));
    assert!(fixture.send("passing", false).await.is_ok());
    assert_eq!(told(&fixture.other), ["sent", "passing"]);
    assert_eq!(fixture.stored().await.len(), 1);
    fixture.history.store.close().await;
    assert_eq!(fixture.evict().await, Err(StoreError::Closed));
    fixture.idle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alteration_happens_also_when_its_caller_gives_up() {
    let fixture = Fixture::new();
    fixture.set(Disk::Hangs);
    tokio::select! {
        biased;
        _ = fixture.evict() => unreachable!("the disk hangs"),
        () = tokio::task::yield_now() => {}
    }
    fixture.set(Disk::Works);
    fixture.idle().await;
    assert_eq!(fixture.tracker.count(&room()), 1);
    assert_eq!(told(&fixture.other), ["GroupKick"]);
}
