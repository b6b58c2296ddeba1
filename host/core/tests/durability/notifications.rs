//! Kills while notifications are sent and deleted: after each, what was sent at once is there whole or not at all, lists
//! are in the order of sending, and what was acknowledged is there.

use crate::child::open;
use crate::ledger::{Ledger, kill_again_and_again};
use meadhall_core::Core;
use meadhall_core::account::{Credential, LoginRequest};
use meadhall_core::ids::{NotificationId, UserId};
use meadhall_core::notification::NewNotification;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

const ROUNDS: u64 = 15;
const WRITERS: usize = 5;
/// A writer that has so many pairs deletes one.
const PAIRS: usize = 6;

#[test]
fn notifications_are_whole_and_in_order_after_kills_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger: Ledger = kill_again_and_again("notifications", ROUNDS, folder.path());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build().unwrap();
    let lists = runtime.block_on(async { lists(&open(folder.path())).await });
    for (writer, (_, list)) in lists.iter().enumerate() {
        lines("state", writer, list).iter().for_each(|line| ledger.read(line));
    }
    assert_eq!(ledger.things.len(), WRITERS * 2, "{ledger:?}");
    assert!(ledger.compared > ROUNDS as usize * 5, "only {} states were compared", ledger.compared);
}

/// Tells what is there, and then writes until it is killed.
pub(crate) async fn child(folder: &Path, round: u64) {
    println!("opening");
    let core = open(folder);
    // What does not agree ends a child, and the parent is to hear why.
    std::panic::set_hook(Box::new(|panic| println!("broken {} .", panic.to_string().replace('\n', " "))));
    let mut writers = Vec::new();
    for (writer, (user, list)) in lists(&core).await.into_iter().enumerate() {
        lines("state", writer, &list).iter().for_each(|line| println!("{line}"));
        writers.push(tokio::spawn(work(core.clone(), writer, user, list, round)));
    }
    for writer in writers {
        writer.await.unwrap();
    }
}

/// Two notifications that were sent at once, with the number that both carry.
#[derive(Clone, Debug)]
struct Pair {
    number: u64,
    ids: Vec<NotificationId>,
}

/// Sends pairs with ever higher numbers, and deletes the oldest.
async fn work(core: Arc<Core>, writer: usize, user: UserId, mut list: VecDeque<Pair>, round: u64) {
    // Numbers never come twice, so an old state is never taken for a new one.
    for number in round * 1_000_000 + 1.. {
        let mut next = list.clone();
        if list.len() < PAIRS {
            next.push_back(Pair { number, ids: Vec::new() });
            lines("try", writer, &next).iter().for_each(|line| println!("{line}"));
            core.notifications.send(vec![new(user, number); 2]).await.unwrap();
        } else {
            let oldest = next.pop_front().unwrap();
            lines("try", writer, &next).iter().for_each(|line| println!("{line}"));
            core.notifications.delete(user, oldest.ids).await.unwrap();
        }
        lines("ack", writer, &next).iter().for_each(|line| println!("{line}"));
        list = self::list(&core, user).await;
    }
}

/// A line of the ledger for the oldest pair of a writer's user, and one for the newest.
fn lines(word: &str, writer: usize, list: &VecDeque<Pair>) -> [String; 2] {
    [("oldest", list.front()), ("newest", list.back())].map(|(thing, pair)| {
        let state = pair.map_or("none".into(), |pair| pair.number.to_string());
        format!("{word} {thing}-{writer} {state} .")
    })
}

/// The users of all writers, with what they are told.
async fn lists(core: &Core) -> Vec<(UserId, VecDeque<Pair>)> {
    let mut lists = Vec::new();
    for writer in 0..WRITERS {
        let credential = Credential::Device(format!("device-of-writer-{writer}"));
        let login = LoginRequest { credential, create: true, username: format!("writer-{writer}"), address: None };
        let user = core.accounts.authenticate(login).await.unwrap().user_id;
        lists.push((user, list(core, user).await));
    }
    lists
}

/// The pairs of a user, which must be whole and in the order of their numbers.
async fn list(core: &Core, user: UserId) -> VecDeque<Pair> {
    let page = core.notifications.list(user, 100, None).await.unwrap().notifications;
    let number = |content: &str| content.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
    let pairs: VecDeque<_> = page
        .chunk_by(|one, other| one.content == other.content)
        .map(|pair| Pair { number: number(&pair[0].content), ids: pair.iter().map(|one| one.id).collect() })
        .collect();
    assert!(pairs.iter().all(|pair| pair.ids.len() == 2), "a torn pair: {pairs:?}");
    assert!(pairs.iter().is_sorted_by(|one, next| one.number < next.number), "out of order: {pairs:?}");
    pairs
}

fn new(user_id: UserId, number: u64) -> NewNotification {
    let (subject, content) = ("news".into(), format!("{{\"n\":{number}}}"));
    NewNotification { user_id, subject, content, code: 1, sender_id: UserId::NIL, persistent: true }
}
