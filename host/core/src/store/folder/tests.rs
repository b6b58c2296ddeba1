//! Tests of opening: what is refused, with which sentence, and that nothing is changed then.

use super::*;
use crate::store::{Store, StoreConfig};
use std::collections::BTreeMap;

const CONFIG: StoreConfig = StoreConfig { sync_interval_ms: 0, cache_capacity: 16 << 20 };

fn key(number: u32) -> Key {
    Key::new(Tag::Object).u32(number)
}

/// A folder with a thousand rows, closed; with a crash, as a killed server leaves it.
async fn filled(crash: bool) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), CONFIG).unwrap();
    for hundred in 0..10 {
        let rows = store.write(move |txn| {
            (0..100).try_for_each(|number| txn.put(key(hundred * 100 + number), vec![number as u8; 300]))
        });
        rows.await.unwrap().unwrap();
    }
    store.close().await;
    if crash {
        fs::remove_file(dir.path().join("stopped")).unwrap();
    }
    dir
}

async fn count(store: &Store) -> usize {
    store.read(|reader| Ok(reader.range(Key::new(Tag::Object).range()).count())).await.unwrap()
}

/// All files of the database.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path))
        } else {
            drop(files.insert(path.clone(), fs::read(path).unwrap()))
        }
    }
    files
}

#[tokio::test]
async fn a_folder_is_open_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), CONFIG).unwrap();
    let error = Store::open(dir.path(), CONFIG).unwrap_err();
    assert_eq!(error, OpenError::Locked(dir.path().into()));
    assert_eq!(error.to_string(), format!("data folder {} is in use by another server", dir.path().display()));
    store.close().await;
    Store::open(dir.path(), CONFIG).unwrap();
}

#[tokio::test]
async fn a_database_that_something_else_has_open_is_locked() {
    let dir = tempfile::tempdir().unwrap();
    Store::open(dir.path(), CONFIG).unwrap().close().await;
    let _tree = sled::Config::new().path(dir.path().join("store")).open().unwrap();
    assert_eq!(Store::open(dir.path(), CONFIG).unwrap_err(), OpenError::Locked(dir.path().into()));
}

#[tokio::test]
async fn a_folder_opens_after_a_clean_stop_and_after_a_crash() {
    for crash in [false, true] {
        let dir = filled(crash).await;
        for _ in 0..2 {
            let store = Store::open(dir.path(), CONFIG).unwrap();
            assert_eq!(count(&store).await, 1000);
            assert!(!dir.path().join("store.saved").exists());
            store.close().await;
        }
    }
}

#[tokio::test]
async fn an_opening_that_was_cut_off_begins_anew_from_the_copy() {
    let dir = filled(true).await;
    copy(&dir.path().join("store"), &dir.path().join("store.saved")).unwrap();
    fs::write(dir.path().join("store").join("db"), "half repaired").unwrap();
    copy(&dir.path().join("store"), &dir.path().join("store.copying")).unwrap();
    assert_eq!(count(&Store::open(dir.path(), CONFIG).unwrap()).await, 1000);
}

#[tokio::test]
async fn a_copy_whose_removal_was_cut_off_counts_no_more() {
    let dir = filled(true).await;
    let old = dir.path().join("store.old");
    fs::create_dir(&old).unwrap();
    fs::copy(dir.path().join("store").join("conf"), old.join("conf")).unwrap();
    assert_eq!(count(&Store::open(dir.path(), CONFIG).unwrap()).await, 1000);
    assert!(!old.exists());
}

/// A way to damage a file.
type Damage = fn(&mut Vec<u8>);

#[tokio::test]
async fn a_corrupt_folder_is_said_to_be_so_and_left_as_it_was() {
    let damages: [(&str, &str, Damage); 6] = [
        ("overwritten", "db", |bytes| bytes.fill(0x55)),
        ("emptied", "db", Vec::clear),
        ("cut short", "db", |bytes| bytes.truncate(bytes.len() / 3)),
        ("zeroed at its start", "db", |bytes| bytes[..4096].fill(0)),
        ("flipped in its middle", "db", |bytes| {
            let middle = bytes.len() / 20;
            bytes[middle..middle + 64].iter_mut().for_each(|byte| *byte ^= 0xff);
        }),
        ("overwritten", "conf", |bytes| bytes.fill(0x55)),
    ];
    for (what, file, damage) in damages {
        for crash in [false, true] {
            let dir = filled(crash).await;
            let store = dir.path().join("store");
            // The snapshot of an earlier start would stand in for parts of the log.
            for path in files(&store).into_keys().filter(|path| path.to_string_lossy().contains("snap.")) {
                fs::remove_file(path).unwrap();
            }
            let mut bytes = fs::read(store.join(file)).unwrap();
            damage(&mut bytes);
            fs::write(store.join(file), bytes).unwrap();
            let before = files(&store);
            let error = Store::open(dir.path(), CONFIG).expect_err(&format!("{file} {what}"));
            assert!(matches!(error, OpenError::Corrupt { .. }), "{file} {what}: {error}");
            let text = error.to_string();
            assert!(text.starts_with(&format!("data folder {} is corrupt (", dir.path().display())), "{text}");
            assert!(!text.contains('\n'), "{text}");
            assert_eq!(files(&store), before, "{file} {what}: {error}");
            assert_eq!(Store::open(dir.path(), CONFIG).unwrap_err(), error, "the second time");
        }
    }
}

#[tokio::test]
async fn a_folder_of_a_later_schema_is_not_opened() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), CONFIG).unwrap();
    store.close().await;
    let tree = sled::Config::new().path(dir.path().join("store")).open().unwrap();
    tree.insert(schema_key(), &(SCHEMA + 1).to_be_bytes()).unwrap();
    tree.flush().unwrap();
    drop(tree);
    assert!(is_free(&File::open(dir.path().join("store").join("db")).unwrap()));
    let before = files(&dir.path().join("store"));
    let error = Store::open(dir.path(), CONFIG).unwrap_err();
    assert_eq!(error, OpenError::LaterSchema { folder: dir.path().into(), found: SCHEMA + 1, known: SCHEMA });
    assert_eq!(files(&dir.path().join("store")), before);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "not a folder").unwrap();
    for path in [file.clone(), file.join("below")] {
        let error = Store::open(&path, CONFIG).unwrap_err();
        assert!(matches!(&error, OpenError::Unusable { folder, .. } if *folder == path), "{error}");
    }
    assert_eq!(fs::read(&file).unwrap(), b"not a folder");
}
