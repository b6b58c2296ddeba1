use super::*;
use crate::clock::{Environment, ManualClock};
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

/// A history on a disk that does as it is told, and one member of a room.
struct Fixture {
    history: History,
    disk: Arc<(Mutex<Disk>, Condvar)>,
    member: Arc<Session>,
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
        let member = session(1);
        let hidden = PresenceMeta { hidden: true, ..PresenceMeta::default() };
        drop(tracker.join(&member, &room(), hidden).unwrap());
        let env = Environment::seeded(Arc::new(ManualClock::default()), 1);
        let history = History::new(store, Router::new(tracker), Arc::new(Sequence::new(env, None)));
        Self { history, disk, member, _dir: dir }
    }

    fn set(&self, disk: Disk) {
        *self.disk.0.lock() = disk;
        self.disk.1.notify_all();
    }

    async fn send(&self, text: &str, persistent: bool) -> Result<ChannelMessage, ChatError> {
        self.history.append(draft(text), persistent).await
    }

    /// What the member was told.
    fn told(&self) -> Vec<String> {
        let mut taken = Vec::new();
        self.member.outbox.try_take(&mut taken);
        let text = |item: &crate::outbox::Outgoing| match item {
            crate::outbox::Outgoing::Push(push) => match push.event() {
                PushEvent::ChannelMessage(message) => message.content.to_string(),
                other => unreachable!("not a message: {other:?}"),
            },
            crate::outbox::Outgoing::Reply(_) => unreachable!("nobody replies"),
        };
        taken.iter().map(text).collect()
    }

    /// Waits until no line is left: the publisher looks once more for what is ready, after the senders were answered.
    async fn idle(&self) {
        while !self.history.lines.is_empty() {
            tokio::task::yield_now().await;
        }
    }
}

fn room() -> Stream {
    Stream::labelled(2, "room")
}

fn draft(text: &str) -> Draft {
    Draft { stream: room(), sender: Actor { user_id: UserId::NIL, username: "".into() }, content: text.into() }
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
    let request = PageRequest { stream: room(), limit: 10, forward: true, from: None, cursor: None };
    let page = fixture.history.list(request).await.unwrap();
    assert_eq!(page.messages.len(), 1, "what was durable can still be read");
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
