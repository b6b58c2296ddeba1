//! Tests of the store as a whole: what is acknowledged, what is seen, and what a restart finds.

use super::account::AccountRow;
use super::key::{Key, Tag};
use super::view::Rows;
use super::*;
use crate::ids::UserId;
use parking_lot::Mutex;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::sync::atomic::AtomicBool;
use uuid::Uuid;

const CONFIG: StoreConfig = StoreConfig { sync_interval_ms: 0, cache_capacity: 16 << 20 };

fn key(name: &[u8]) -> Key {
    Key::new(Tag::Object).raw(name)
}

async fn put(store: &Store, name: &'static str, value: &'static str) -> Result<(), StoreError> {
    store.write(move |txn| txn.put(key(name.as_bytes()), value.into())).await?
}

async fn get(store: &Store, name: &'static str) -> Option<String> {
    let value = store.read(move |reader| reader.get(key(name.as_bytes()))).await.unwrap();
    value.map(|value| String::from_utf8(value.to_vec()).unwrap())
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), CONFIG).unwrap();
    put(&store, "a", "1").await.unwrap();
    put(&store, "b", "2").await.unwrap();
    store.close().await;
    assert_eq!(put(&store, "c", "3").await, Err(StoreError::Closed));

    let store = Store::open(dir.path(), CONFIG).unwrap();
    assert_eq!(get(&store, "a").await.as_deref(), Some("1"));
    assert_eq!(get(&store, "b").await.as_deref(), Some("2"));
    assert_eq!(get(&store, "c").await, None);
}

#[tokio::test]
async fn an_operation_that_fails_leaves_nothing_and_the_rest_of_its_batch_stands() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), CONFIG).unwrap();
    put(&store, "a", "old").await.unwrap();
    let called = Arc::new(Mutex::new(Vec::new()));
    let write = |name: &'static str, fails: bool| {
        let called = called.clone();
        move |txn: &mut Txn| -> Result<(), &'static str> {
            txn.put(key(b"a"), name.into()).unwrap();
            txn.put(key(name.as_bytes()), name.into()).unwrap();
            txn.on_commit(move |outcome| called.lock().push((name, outcome)));
            if fails { Err(name) } else { Ok(()) }
        }
    };
    let first = store.reserve().await.unwrap().write(write("first", false));
    let second = store.reserve().await.unwrap().write(write("second", true));
    assert_eq!(first.await, Ok(Ok(())));
    assert_eq!(second.await, Ok(Err("second")));
    let panics = store.write(|_| -> Result<(), ()> { panic!("a broken operation") }).await;
    assert!(matches!(panics, Err(StoreError::Failed(_))), "{panics:?}");
    assert_eq!(get(&store, "a").await.as_deref(), Some("first"));
    assert_eq!(get(&store, "second").await, None);
    assert_eq!(*called.lock(), [("first", Ok(()))]);
    put(&store, "b", "after the panic").await.unwrap();
}

async fn metadata(store: &Store, user: UserId) -> Option<String> {
    store.read(move |reader| reader.public_row(user)).await.unwrap().map(|row| row.metadata)
}

fn account(metadata: &str) -> AccountRow {
    AccountRow { username: "astrid".into(), metadata: metadata.into(), ..AccountRow::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_readers_keep_of_an_account_is_what_is_durable() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut syncs) = gated(dir.path());
    let user = UserId::new(Uuid::from_u128(1));
    // Longer than one row of the engine holds, so that the second change touches a continuation alone.
    let long = |last: char| format!("{}{last}", "x".repeat(2 * view::CHUNK));
    let mut seen = None;
    assert_eq!(metadata(&store, user).await, seen);
    for next in [Some("old".to_owned()), Some("new".to_owned()), Some(long('a')), Some(long('b')), None] {
        let row = next.as_deref().map(account);
        let write = store.reserve().await.unwrap().write(move |txn| account::put(txn, user, row.as_ref()));
        let sync = syncs.recv().await.unwrap();
        assert_eq!(metadata(&store, user).await, seen, "before the sync");
        sync.send(Ok(())).unwrap();
        assert_eq!(write.await, Ok(Ok(())));
        seen = next;
        assert_eq!(metadata(&store, user).await, seen, "after the sync");
        assert_eq!(metadata(&store, user).await, seen, "once kept");
    }
}

/// A sync that waits or fails when told to, and tells that it was called.
struct Gate {
    calls: mpsc::UnboundedSender<std::sync::mpsc::Sender<io::Result<()>>>,
    is_open: AtomicBool,
}

/// A store whose syncs wait for the test, and the syncs that wait.
fn gated(dir: &Path) -> (Store, mpsc::UnboundedReceiver<std::sync::mpsc::Sender<io::Result<()>>>) {
    let (calls, waiting) = mpsc::unbounded_channel();
    // Opening syncs too, before there is anybody to answer.
    let gate = Arc::new(Gate { calls, is_open: AtomicBool::new(true) });
    let inner = gate.clone();
    let sync = move |file: &File| {
        if inner.is_open.load(Ordering::SeqCst) {
            return file.sync_data();
        }
        let (answer, answered) = std::sync::mpsc::channel();
        let _ = inner.calls.send(answer);
        answered.recv().unwrap_or(Ok(()))
    };
    let store = Store::open_with(dir, CONFIG, Arc::new(sync)).unwrap();
    gate.is_open.store(false, Ordering::SeqCst);
    (store, waiting)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_answered_or_seen_before_the_database_file_is_synced() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut syncs) = gated(dir.path());
    let permit = store.reserve().await.unwrap();
    let mut write = permit.write(|txn| txn.put(key(b"a"), b"1".to_vec()));
    let sync = syncs.recv().await.unwrap();
    // The batch is applied, and the sync is under way.
    assert!(write.0.try_recv().is_err(), "answered before the sync");
    assert_eq!(get(&store, "a").await, None, "seen before the sync");
    let listed = store.read(|reader| Ok(reader.range(Key::new(Tag::Object).range()).count())).await;
    assert_eq!(listed, Ok(0), "listed before the sync");
    sync.send(Ok(())).unwrap();
    assert_eq!(write.await, Ok(Ok(())));
    assert_eq!(get(&store, "a").await.as_deref(), Some("1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_sync_fails_its_writers_hides_the_batch_and_ends_writing_but_not_reading() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut syncs) = gated(dir.path());
    let first = store.reserve().await.unwrap().write(|txn| txn.put(key(b"a"), b"old".to_vec()));
    syncs.recv().await.unwrap().send(Ok(())).unwrap();
    assert_eq!(first.await, Ok(Ok(())));

    let failing = store.reserve().await.unwrap().write(|txn| {
        txn.put(key(b"a"), b"new".to_vec())?;
        txn.put(key(b"b"), b"new".to_vec())
    });
    let sync = syncs.recv().await.unwrap();
    let behind = store.reserve().await.unwrap().write(|txn| txn.delete(key(b"a")));
    sync.send(Err(io::Error::other("the disk is on fire"))).unwrap();

    let failed = StoreError::Failed("the disk is on fire".into());
    assert_eq!(failing.await, Err(failed.clone()));
    assert_eq!(behind.await, Err(failed.clone()));
    assert_eq!(put(&store, "c", "3").await, Err(failed.clone()));
    assert_eq!(store.health(), Err(failed));
    assert_eq!(get(&store, "a").await.as_deref(), Some("old"));
    assert_eq!(get(&store, "b").await, None);
}

#[tokio::test]
async fn the_relaxed_mode_answers_first_and_syncs_later() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), StoreConfig { sync_interval_ms: 3_600_000, ..CONFIG }).unwrap();
    put(&store, "a", "1").await.unwrap();
    assert_eq!(get(&store, "a").await.as_deref(), Some("1"));
    store.close().await;
    let store = Store::open(dir.path(), CONFIG).unwrap();
    assert_eq!(get(&store, "a").await.as_deref(), Some("1"));
}

#[tokio::test]
async fn long_values_stay_in_the_one_file_that_is_synced() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), CONFIG).unwrap();
    for round in 0..3_u8 {
        for number in 0..40_u8 {
            let value = vec![number ^ round; 200_000 / (1 + usize::from(round))];
            store.write(move |txn| txn.put(key(&[number; 250]), value)).await.unwrap().unwrap();
        }
    }
    let rows = |reader: &Reader| reader.range(Key::new(Tag::Object).range()).collect::<Result<Vec<_>, _>>();
    let read = store.read(rows).await.unwrap();
    assert_eq!(read.len(), 40);
    for (number, (_, value)) in (0..).zip(&read) {
        assert_eq!(**value, vec![number ^ 2; 66_666]);
    }
    for number in 0..40_u8 {
        store.write(move |txn| txn.delete(key(&[number; 250]))).await.unwrap().unwrap();
    }
    let left = store.read(|reader| Ok(reader.range(Key::new(Tag::Continuation).range()).count())).await;
    assert_eq!(left, Ok(0), "parts of values that are gone");
    let blobs = std::fs::read_dir(dir.path().join("store/blobs")).unwrap().count();
    assert_eq!(blobs, 0, "files that nobody syncs");
}

/// One step on a batch.
#[derive(Clone, Debug)]
enum Step {
    Put(u8, Vec<u8>),
    Delete(u8),
    /// The operation ends; whether it is kept.
    End(bool),
    /// The batch ends.
    Commit,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let value = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..8),
        (any::<u8>(), view::CHUNK - 2..3 * view::CHUNK).prop_map(|(byte, length)| vec![byte; length]),
    ];
    let step = prop_oneof![
        6 => (0..12_u8, value).prop_map(|(name, value)| Step::Put(name, value)),
        3 => (0..12_u8).prop_map(Step::Delete),
        2 => any::<bool>().prop_map(Step::End),
        1 => Just(Step::Commit),
    ];
    prop::collection::vec(step, 0..60)
}

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

fn collect(rows: impl Iterator<Item = Result<(sled::IVec, view::Value), StoreError>>) -> Vec<(Vec<u8>, Vec<u8>)> {
    rows.map(|row| row.map(|(key, value)| (key.to_vec(), value.to_vec())).unwrap()).collect()
}

fn apply(tree: &sled::Db, txn: Txn) {
    for (key, change) in txn.finish().0 {
        match change.after {
            Some(value) => drop(tree.insert(key, value).unwrap()),
            None => drop(tree.remove(key).unwrap()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_batch_reads_like_a_map(steps in steps(), from in 0..14_u8, to in 0..14_u8) {
        let dir = tempfile::tempdir().unwrap();
        let tree = sled::Config::new().path(dir.path()).flush_every_ms(None).open().unwrap();
        let range = Key::new(Tag::Object).range().after(key(&[from])).before(key(&[to]));
        let (mut committed, mut kept, mut model) = (Model::new(), Model::new(), Model::new());
        let mut txn = Txn::new(tree.clone());
        txn.begin();
        for step in steps {
            match step {
                Step::Put(name, value) => {
                    txn.put(key(&[name]), value.clone()).unwrap();
                    model.insert(key(&[name]).into_bytes(), value);
                }
                Step::Delete(name) => {
                    txn.delete(key(&[name])).unwrap();
                    model.remove(key(&[name]).as_ref());
                }
                Step::End(keep) => {
                    if keep { kept = model.clone() } else { txn.roll_back(); model = kept.clone() }
                    txn.begin();
                }
                Step::Commit => {
                    apply(&tree, std::mem::replace(&mut txn, Txn::new(tree.clone())));
                    txn.begin();
                    (committed, kept) = (model.clone(), model.clone());
                }
            }
            for name in 0..12 {
                let value = txn.get(key(&[name])).unwrap().map(|value| value.to_vec());
                prop_assert_eq!(value.as_ref(), model.get(key(&[name]).as_ref()));
            }
            let expected: Vec<_> = model.clone().into_iter().filter(|(key, _)| range.contains(key)).collect();
            prop_assert_eq!(collect(txn.range(range.clone())), expected);
        }
        // What readers are shown while the last batch is under way: the state before it.
        let writes = Arc::new(std::mem::replace(&mut txn, Txn::new(tree.clone())).finish().0);
        for (key, change) in writes.iter() {
            match &change.after {
                Some(value) => drop(tree.insert(key, value).unwrap()),
                None => drop(tree.remove(key).unwrap()),
            }
        }
        let reader = Reader { hidden: Some(writes), ..Reader::new(tree) };
        let mut expected: Vec<_> = committed.into_iter().collect();
        prop_assert_eq!(collect(reader.range(Key::new(Tag::Object).range())), expected.clone());
        expected.reverse();
        prop_assert_eq!(collect(reader.range_reverse(Key::new(Tag::Object).range())), expected);
    }
}
