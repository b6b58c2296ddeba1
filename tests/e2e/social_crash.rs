//! A server that is killed again and again while households befriend, block, found, join, kick and forget: after each
//! start every list says what was acknowledged, on both sides, and at most the one thing more that was on its way.

use crate::people::Person;
use crate::people::household::Household;
use crate::people::model::Picture;
use anyhow::{Context, Result, ensure};
use meadhall_tests::http::Http;
use meadhall_tests::process::{ServerProcess, serve_arguments};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::Value;
use std::collections::BTreeSet;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

const ROUNDS: u64 = 24;
const HOUSEHOLDS: usize = 4;
/// Nobody founds it again, and everybody's first person joins and leaves it all the time.
const COMMON: &str = "common-ground";

/// What a writer knows when the server is gone.
struct Ledger {
    number: usize,
    /// All that was acknowledged.
    picture: Picture,
    /// The same, with what was on its way.
    on_its_way: Picture,
    /// Whether its first person was in the common group, and may be.
    common: (bool, bool),
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_of_everything_outlive_every_kill() -> Result<()> {
    let data = tempfile::tempdir()?;
    let mut random = SmallRng::seed_from_u64(11);
    let mut ledgers: Vec<Ledger> = (0..HOUSEHOLDS).map(Ledger::new).collect();
    let mut acknowledged = 0;
    for round in 0..=ROUNDS {
        let mut server = ServerProcess::spawn(serve_arguments(data.path()))?;
        let http = Http::new(server.listening().await?);
        let mut households = Vec::new();
        for number in 0..HOUSEHOLDS {
            households.push(Household::enter(&http, number).await?);
        }
        let common = check(&households, &mut ledgers).await.with_context(|| format!("after {round} kills"))?;
        if round == ROUNDS {
            server.kill_hard().await?;
            break;
        }
        // The writers work until the server is killed after so many acknowledgements, with others on their way.
        let (acknowledge, mut acknowledgements) = mpsc::channel(1);
        let mut writers = JoinSet::new();
        for (household, ledger) in households.into_iter().zip(ledgers.drain(..)) {
            let seed = round * HOUSEHOLDS as u64 + ledger.number as u64;
            writers.spawn(live(household, ledger, common.clone(), acknowledge.clone(), seed));
        }
        drop(acknowledge);
        for _ in 0..random.random_range(20..120) {
            acknowledgements.recv().await.context("all writers ended before the kill")?;
            acknowledged += 1;
        }
        server.kill_hard().await?;
        while acknowledgements.recv().await.is_some() {
            acknowledged += 1;
        }
        ledgers = writers.join_all().await.into_iter().collect::<Result<_>>()?;
        ledgers.sort_by_key(|ledger| ledger.number);
    }
    ensure!(acknowledged > ROUNDS * 20, "only {acknowledged} deeds were acknowledged");
    Ok(())
}

/// Does one thing after the other until the server is gone. It fails only when the server refuses something.
async fn live(
    household: Household,
    mut ledger: Ledger,
    common: String,
    acknowledge: mpsc::Sender<()>,
    seed: u64,
) -> Result<Ledger> {
    let mut random = SmallRng::seed_from_u64(seed);
    loop {
        let answer = if random.random_range(0..6) == 0 {
            let inside = ledger.common.0;
            ledger.common.1 = !inside;
            household.people[0].in_group(&common, if inside { "leave" } else { "join" }, None).await
        } else {
            let deed = Household::think_of(&ledger.picture, &mut random);
            ledger.on_its_way = ledger.picture.after(deed);
            household.perform(deed).await.with_context(|| format!("{deed:?}"))
        };
        match answer {
            Ok(answer) => drop(answer.ok().with_context(|| format!("after {:?}", ledger.picture))?),
            // A server that is gone answers nothing at all.
            Err(_) if household.people[0].call(Method::GET, "/healthcheck").await.is_err() => return Ok(ledger),
            Err(error) => return Err(error),
        }
        ledger.picture = ledger.on_its_way.clone();
        ledger.common.0 = ledger.common.1;
        // Nobody counts any more once the server is killed.
        let _ = acknowledge.send(()).await;
    }
}

/// Compares all lists with the ledgers, which from here on have what was found. The id of the common group.
async fn check(households: &[Household], ledgers: &mut [Ledger]) -> Result<String> {
    for (household, ledger) in households.iter().zip(ledgers.iter_mut()) {
        let found = household.look().await.with_context(|| format!("in household {}", ledger.number))?;
        ensure!(
            found == ledger.picture || found == ledger.on_its_way,
            "household {} has {found:#?}\nacknowledged was {:#?}\nand on its way {:#?}",
            ledger.number,
            ledger.picture,
            ledger.on_its_way
        );
        ledger.picture = found.clone();
        ledger.on_its_way = found;
    }
    check_common(households, ledgers).await
}

async fn check_common(households: &[Household], ledgers: &mut [Ledger]) -> Result<String> {
    // The last household's last person founds it, and stays.
    let founder: &Person = households.last().and_then(|last| last.people.last()).context("there are people")?;
    let Some(group) = founder.find_group(COMMON).await? else {
        return id_of(&founder.found_group(COMMON, 100).await?.ok()?);
    };
    let id = id_of(&group)?;
    let listed: BTreeSet<String> = founder.users_of(&id, "").await?.into_iter().map(|(user, _)| user).collect();
    ensure!(group["edge_count"].as_u64() == Some(listed.len() as u64), "{group} has the members {listed:?}");
    for (household, ledger) in households.iter().zip(ledgers) {
        let person = &household.people[0];
        let inside = listed.contains(person.id());
        let own = person.groups().await?.iter().any(|(group, _)| *group == id);
        ensure!(own == inside, "the group says {inside} of household {}, its own list {own}", ledger.number);
        let (before, after) = ledger.common;
        ensure!(inside == before || inside == after, "household {}: {inside} after {before}, {after}", ledger.number);
        ledger.common = (inside, inside);
    }
    Ok(id)
}

fn id_of(group: &Value) -> Result<String> {
    Ok(group["id"].as_str().with_context(|| format!("no id in {group}"))?.to_owned())
}

impl Ledger {
    fn new(number: usize) -> Self {
        let (picture, on_its_way) = (Picture::default(), Picture::default());
        Self { number, picture, on_its_way, common: (false, false) }
    }
}
