//! Kills at random moments, some while the child still recovers from the kill before.

use crate::child::{World, spawn};
use meadhall_core::account::{AccountUpdate, Credential, LoginRequest};
use meadhall_core::ids::UserId;
use meadhall_core::storage::{Condition, ObjectId, Put, ReadPermission, Removal, WritePermission};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const ROUNDS: u64 = 24;
const WRITERS: u64 = 6;
const KEYS: u64 = 4;

/// What a thing is: a number that each write raises, or nothing.
type State = Option<u64>;

/// What the acknowledgements say of each thing.
#[derive(Debug, Default)]
struct Ledger {
    things: BTreeMap<String, Entry>,
    /// How often a state was compared.
    compared: usize,
}

#[derive(Debug, Default)]
struct Entry {
    acknowledged: State,
    /// What was asked for since: it may have happened or not.
    tried: Vec<State>,
}

#[test]
fn nothing_that_was_acknowledged_is_lost_by_kills_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = StdRng::seed_from_u64(2);
    let mut ledger = Ledger::default();
    for round in 0..ROUNDS {
        let mut child = spawn(&format!("kill {round}"), folder.path(), "");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (marks, mark) = if round % 3 == 2 {
            // While it opens the folder, which is right after it has begun, or a little later.
            (1, "opening")
        } else {
            (random.random_range(1..400), "ack ")
        };
        let mut seen = 0;
        while seen < marks {
            let line = lines.next().unwrap_or_else(|| panic!("round {round} ended after {seen} of {marks}")).unwrap();
            seen += usize::from(line.contains(mark));
            ledger.read(&line);
        }
        if mark == "opening" {
            std::thread::sleep(Duration::from_micros(random.random_range(0..30_000)));
        }
        child.kill().unwrap();
        // What it said before it died counts; the last line may be torn.
        let rest: Vec<_> = lines.map_while(Result::ok).collect();
        rest.iter().take(rest.len().saturating_sub(1)).for_each(|line| ledger.read(line));
        if let Some(last) = rest.last().filter(|line| line.ends_with('.')) {
            ledger.read(last);
        }
        child.wait().unwrap();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let states = runtime.block_on(async { states(&World::open(folder.path())).await });
    states.iter().for_each(|line| ledger.read(line));
    assert!(ledger.things.len() as u64 >= WRITERS * (KEYS + 2), "{ledger:?}");
    assert!(ledger.compared > ROUNDS as usize * 10, "only {} states were compared", ledger.compared);
}

impl Ledger {
    /// Takes a line `try`, `ack` or `state` with a thing, what it is, and a full stop.
    fn read(&mut self, line: &str) {
        // The test harness writes its own words before the first line.
        let Some(start) = ["try ", "ack ", "state "].iter().find_map(|word| line.find(word)) else { return };
        let words: Vec<_> = line[start..].split(' ').collect();
        let [word, thing, state, "."] = words[..] else { panic!("a torn line {line:?}") };
        let state: State = if state == "none" { None } else { Some(state.parse().unwrap()) };
        let entry = self.things.entry(thing.to_owned()).or_default();
        match word {
            "try" => entry.tried.push(state),
            "ack" => *entry = Entry { acknowledged: state, tried: Vec::new() },
            _ => {
                let possible = entry.acknowledged == state || entry.tried.contains(&state);
                assert!(possible, "{thing} is {state:?} after a crash, but {entry:?}");
                *entry = Entry { acknowledged: state, tried: Vec::new() };
                self.compared += 1;
            }
        }
    }
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
