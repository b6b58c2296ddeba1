//! Kills at random moments, some while the child still recovers from the kill before.

use crate::child::World;
use crate::ledger::kill_again_and_again;
use meadhall_core::account::{AccountUpdate, Credential, LoginRequest};
use meadhall_core::ids::UserId;
use meadhall_core::storage::{Condition, ObjectId, Put, ReadPermission, Removal, WritePermission};
use std::path::Path;
use std::sync::Arc;

const ROUNDS: u64 = 24;
const WRITERS: u64 = 6;
const KEYS: u64 = 4;

#[test]
fn nothing_that_was_acknowledged_is_lost_by_kills_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = kill_again_and_again("kill", ROUNDS, folder.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let states = runtime.block_on(async { states(&World::open(folder.path())).await });
    states.iter().for_each(|line| ledger.read(line));
    assert!(ledger.things.len() as u64 >= WRITERS * (KEYS + 2), "{ledger:?}");
    assert!(ledger.compared > ROUNDS as usize * 10, "only {} states were compared", ledger.compared);
}

/// Tells what is there, and then writes until it is killed.
pub(crate) async fn child(folder: &Path, round: u64) {
    println!("opening");
    let world = Arc::new(World::open(folder));
    states(&world).await.iter().for_each(|line| println!("{line}"));
    let writers: Vec<_> = (0..WRITERS).map(|writer| tokio::spawn(work(world.clone(), writer, round))).collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

async fn work(world: Arc<World>, writer: u64, round: u64) {
    let user = log_in(&world, writer).await;
    for step in 0.. {
        // Numbers never come twice, so an old state is never taken for a new one.
        let number = round * 1_000_000 + step + 1;
        let key = step % KEYS;
        match step % 7 {
            0 => {
                let thing = format!("account-{writer}");
                println!("try {thing} {number} .");
                let display_name = Some(number.to_string());
                let update = AccountUpdate { display_name, ..AccountUpdate::default() };
                world.accounts.update(user, update).await.unwrap();
                println!("ack {thing} {number} .");
            }
            1 => {
                println!("try object-{writer}-{key} none .");
                let removal = Removal { id: object(writer, key), condition: Condition::Always };
                world.storage.delete(vec![removal]).await.unwrap();
                println!("ack object-{writer}-{key} none .");
            }
            2 => {
                println!("try pair-{writer} {number} .");
                let pair = ["left", "right"].map(|side| put(pair(writer, side), number));
                world.storage.write(pair.into()).await.unwrap();
                println!("ack pair-{writer} {number} .");
            }
            _ => {
                println!("try object-{writer}-{key} {number} .");
                world.storage.write(vec![put(object(writer, key), number)]).await.unwrap();
                println!("ack object-{writer}-{key} {number} .");
            }
        }
    }
}

/// A line for each thing that can be there.
async fn states(world: &World) -> Vec<String> {
    let mut lines = Vec::new();
    for writer in 0..WRITERS {
        for key in 0..KEYS {
            lines.push(format!("state object-{writer}-{key} {} .", read(world, object(writer, key)).await));
        }
        let left = read(world, pair(writer, "left")).await;
        assert_eq!(read(world, pair(writer, "right")).await, left, "a torn batch");
        lines.push(format!("state pair-{writer} {left} ."));
        let user = log_in(world, writer).await;
        let name = world.accounts.get(user).await.unwrap().user.display_name;
        lines.push(format!("state account-{writer} {} .", if name.is_empty() { "none" } else { &name }));
    }
    lines
}

async fn log_in(world: &World, writer: u64) -> UserId {
    let credential = Credential::Device(format!("device-of-writer-{writer}"));
    let login = LoginRequest { credential, create: true, username: format!("writer{writer}"), address: None };
    world.accounts.authenticate(login).await.unwrap().user_id
}

async fn read(world: &World, id: ObjectId) -> String {
    let object = world.storage.read(vec![id]).await.unwrap().pop();
    object.map_or("none".into(), |object| object.value.chars().filter(char::is_ascii_digit).collect())
}

fn object(writer: u64, key: u64) -> ObjectId {
    ObjectId { collection: "objects".into(), key: format!("{writer}-{key}"), owner: UserId::NIL }
}

fn pair(writer: u64, side: &str) -> ObjectId {
    ObjectId { collection: format!("pair-{side}"), key: writer.to_string(), owner: UserId::NIL }
}

fn put(id: ObjectId, number: u64) -> Put {
    // Some are longer than one row of the engine.
    let padding = " ".repeat(if number.is_multiple_of(5) { 20_000 } else { 10 });
    Put {
        id,
        value: format!("{{\"n\":{padding}{number}}}"),
        condition: Condition::Always,
        read: ReadPermission::Public,
        write: WritePermission::Owner,
    }
}
