//! Many who join and leave a group at once: it is never fuller than it may be, and its count is its list.

use crate::people::Person;
use anyhow::{Context, Result, ensure};
use meadhall_tests::http::Http;
use meadhall_tests::server::TestServer;
use serde_json::json;
use std::collections::BTreeSet;
use tokio::task::JoinSet;

const PLACES: usize = 10;
const JOINING: usize = 50;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_who_join_at_once_find_nine_places() -> Result<()> {
    let server = TestServer::start([]).await?;
    let (founder, group) = found(&server.http, "longship").await?;
    let crowd = crowd(&server.http, JOINING).await?;

    let joined = at_once(&crowd, &group, "join").await?;
    ensure!(joined.len() == PLACES - 1, "{} of {JOINING} joined", joined.len());
    assert_eq!(members(&founder, "longship", &group, &crowd).await?, joined);

    // As many leave as there are places, while all others try again.
    let (inside, outside): (Vec<Person>, Vec<Person>) =
        crowd.iter().cloned().partition(|person| joined.contains(person.id()));
    let (left, joined) = tokio::join!(at_once(&inside, &group, "leave"), at_once(&outside, &group, "join"));
    let (left, joined) = (left?, joined?);
    ensure!(left.len() == inside.len(), "only {left:?} could leave");
    assert_eq!(members(&founder, "longship", &group, &crowd).await?, joined);

    // What is free now is filled to the last place.
    let missing: Vec<Person> = crowd.iter().filter(|person| !joined.contains(person.id())).cloned().collect();
    let more = at_once(&missing, &group, "join").await?;
    let all: BTreeSet<String> = joined.union(&more).cloned().collect();
    assert_eq!(all.len(), PLACES - 1);
    assert_eq!(members(&founder, "longship", &group, &crowd).await?, all);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_superadmins_who_leave_at_once_are_not_both_let_go() -> Result<()> {
    let server = TestServer::start([]).await?;
    for round in 0..20 {
        let name = format!("crew-{round}");
        let (founder, group) = found(&server.http, &name).await?;
        let mate = Person::enter(&server.http, "mate").await?;
        mate.in_group(&group, "join", None).await?.ok()?;
        for _ in 0..2 {
            founder.in_group(&group, "promote", Some(&mate)).await?.ok()?;
        }
        let left = at_once(&[founder.clone(), mate.clone()], &group, "leave").await?;
        assert_eq!(left.len(), 1, "round {round}: {left:?} left");
        let stays = if left.contains(mate.id()) { &founder } else { &mate };
        assert_eq!(stays.users_of(&group, "").await?, [(stays.id().to_owned(), 0)]);
    }
    Ok(())
}

async fn found(http: &Http, name: &str) -> Result<(Person, String)> {
    let founder = Person::enter(http, "founder").await?;
    let group = founder.found_group(name, u32::try_from(PLACES)?).await?.ok()?;
    Ok((founder, group["id"].as_str().context("a group without an id")?.to_owned()))
}

async fn crowd(http: &Http, count: usize) -> Result<Vec<Person>> {
    let mut crowd = Vec::new();
    for number in 0..count {
        crowd.push(Person::enter(http, &format!("rower-{number}")).await?);
    }
    Ok(crowd)
}

/// All do the same to a group at once; who was not refused.
async fn at_once(people: &[Person], group: &str, verb: &'static str) -> Result<BTreeSet<String>> {
    let mut calls = JoinSet::new();
    for person in people.iter().cloned() {
        let group = group.to_owned();
        calls.spawn(async move { person.in_group(&group, verb, None).await.map(|answer| (person, answer)) });
    }
    let mut done = BTreeSet::new();
    for call in calls.join_all().await {
        let (person, answer) = call?;
        if answer.status == 200 {
            done.insert(person.id().to_owned());
            continue;
        }
        let refusals = ["Group is full.", "Cannot leave group when you are the last superadmin."];
        assert!(refusals.iter().any(|text| answer.body["message"] == json!(text)), "{verb}: {answer:?}");
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!(3)), "{answer:?}");
    }
    Ok(done)
}

/// Who of a crowd is in a group: as the group says, which must be what each one's own list says, and its count.
async fn members(founder: &Person, name: &str, group: &str, crowd: &[Person]) -> Result<BTreeSet<String>> {
    let mut listed: BTreeSet<String> = founder.users_of(group, "").await?.into_iter().map(|(id, _)| id).collect();
    let found = founder.find_group(name).await?.with_context(|| format!("there is no {name}"))?;
    assert_eq!(found["edge_count"], json!(listed.len()), "the members are {listed:?}");
    assert!(listed.len() <= PLACES, "{} members in {PLACES} places", listed.len());
    let mut own = BTreeSet::new();
    for person in crowd {
        if person.groups().await?.iter().any(|(id, _)| id == group) {
            own.insert(person.id().to_owned());
        }
    }
    assert!(listed.remove(founder.id()), "the founder is not in the group");
    assert_eq!(listed, own, "the group's list and the members' own");
    Ok(listed)
}
