//! A full disk: callers get an error, reads go on, what was acknowledged is there, and writes are taken again once there
//! is room.

use crate::child::{World, spawn};
use meadhall_core::ids::UserId;
use meadhall_core::storage::{Condition, ObjectId, Put, ReadPermission, StorageError, WritePermission};
use meadhall_core::store::StoreError;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io::{BufRead, BufReader};
use std::path::Path;

#[test]
fn a_full_disk_is_said_reads_go_on_and_nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    // No file may grow past 35 MiB, of which the store keeps 32 free. The signal that would end the process is ignored.
    let mut child = spawn("fill", folder.path(), "trap '' XFSZ; ulimit -S -f 71680;");
    let lines: Vec<_> = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap).collect();
    let end = &lines[lines.len().saturating_sub(20)..];
    assert!(child.wait().unwrap().success(), "{end:#?}");
    let last = |word: &str| lines.iter().filter_map(|line| line.split_once(word)).next_back().map(|(_, rest)| rest);
    let acknowledged: u64 = last("ack ").unwrap().parse().unwrap();
    assert_eq!(last("end "), Some("writes go on"), "{end:#?}");
    assert!(acknowledged > 50, "{acknowledged}");

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let world = World::open(folder.path());
        check(&world, acknowledged).await;
    });
}

/// Writes until it fails, and again once there is room.
pub(crate) async fn child(folder: &Path) {
    let world = World::open(folder);
    let mut acknowledged = 0;
    let error = loop {
        match write(&world, acknowledged + 1).await {
            Ok(()) => acknowledged += 1,
            Err(error) => break error,
        }
        println!("\nack {acknowledged}");
    };
    assert!(matches!(&error, StorageError::Store(StoreError::Full { free: 1.. })), "{error:?}");
    assert_eq!(write(&world, 1).await, Err(error.clone()));
    assert_eq!(world.store.health().map_err(StorageError::from), Err(error));
    check(&world, acknowledged).await;
    let unacknowledged = world.storage.read(vec![id(acknowledged + 1)]).await.unwrap();
    assert_eq!(unacknowledged, [], "what was not acknowledged is not shown");
    setrlimit(Resource::Fsize, Rlimit { current: None, ..getrlimit(Resource::Fsize) }).unwrap();
    assert_eq!(world.store.health(), Ok(()));
    acknowledged += 1;
    write(&world, acknowledged).await.unwrap();
    println!("\nack {acknowledged}");
    println!("\nend writes go on");
    world.store.close().await;
}

async fn check(world: &World, acknowledged: u64) {
    for number in 1..=acknowledged {
        let object = world.storage.read(vec![id(number)]).await.unwrap().pop();
        assert_eq!(object.map(|object| object.value), Some(value(number)), "object {number} of {acknowledged}");
    }
}

async fn write(world: &World, number: u64) -> Result<(), StorageError> {
    let put = Put {
        id: id(number),
        value: value(number),
        condition: Condition::Always,
        read: ReadPermission::Public,
        write: WritePermission::Owner,
    };
    world.storage.write(vec![put]).await.map(drop)
}

fn id(number: u64) -> ObjectId {
    ObjectId { collection: "objects".into(), key: format!("{number:06}"), owner: UserId::NIL }
}

fn value(number: u64) -> String {
    format!("{{\"n\":{number},\"text\":\"{}\"}}", "x".repeat(3_000))
}
