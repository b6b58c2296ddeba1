//! Two users who befriend, part and block each other at once: whatever came first, both lists tell of one outcome.

use crate::people::model::{Deed, Picture};
use crate::people::{Person, friend};
use anyhow::{Context, Result};
use meadhall_tests::http::Answer;
use meadhall_tests::server::TestServer;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

const ROUNDS: usize = 300;

#[tokio::test(flavor = "multi_thread")]
async fn two_who_change_their_edge_at_once_see_one_outcome() -> Result<()> {
    let server = TestServer::start([]).await?;
    let pair = [Person::enter(&server.http, "signe").await?, Person::enter(&server.http, "torsten").await?];
    let mut random = SmallRng::seed_from_u64(5);
    let mut before = Picture::default();
    let mut outcomes = std::collections::BTreeSet::new();
    for round in 0..ROUNDS {
        let one = deeds(0, &mut random);
        let two = deeds(1, &mut random);
        let (first, second) = tokio::join!(perform_all(&pair, &one), perform_all(&pair, &two));
        first?;
        second?;
        let after = look(&pair).await.with_context(|| format!("round {round}: {one:?} beside {two:?}"))?;
        let possible = interleavings(&before, &one, &two);
        assert!(possible.contains(&after), "round {round}: {one:?} beside {two:?} made {after:?} of {before:?}");
        outcomes.insert(after.edges.clone());
        before = after;
    }
    assert!(outcomes.len() >= 5, "only these outcomes were seen: {outcomes:?}");
    Ok(())
}

/// One or two things that somebody does to the other one.
fn deeds(who: usize, random: &mut SmallRng) -> Vec<Deed> {
    let whom = 1 - who;
    let deed = |number| match number {
        0..4 => Deed::Ask { who, whom },
        4..6 => Deed::Part { who, whom },
        _ => Deed::Block { who, whom },
    };
    (0..random.random_range(1..3)).map(|_| deed(random.random_range(0..7))).collect()
}

async fn perform_all(pair: &[Person; 2], deeds: &[Deed]) -> Result<()> {
    for deed in deeds {
        let answer: Answer = match *deed {
            Deed::Ask { who, whom } => pair[who].ask(&pair[whom]).await?,
            Deed::Part { who, whom } => pair[who].part(&pair[whom]).await?,
            Deed::Block { who, whom } => pair[who].block(&pair[whom]).await?,
            other => unreachable!("{other:?} is no deed between two"),
        };
        answer.ok().with_context(|| format!("{deed:?}"))?;
    }
    Ok(())
}

/// All that may come out when both do what they do, each in their own order.
fn interleavings(before: &Picture, one: &[Deed], two: &[Deed]) -> Vec<Picture> {
    let rest =
        |first: &[Deed]| first.split_first().map(|(deed, rest)| (before.after(*deed).edges_only(), rest.to_vec()));
    match (rest(one), rest(two)) {
        (None, None) => vec![before.clone()],
        (first, second) => {
            let first = first.map(|(after, rest)| interleavings(&after, &rest, two)).unwrap_or_default();
            let second = second.map(|(after, rest)| interleavings(&after, one, &rest)).unwrap_or_default();
            first.into_iter().chain(second).collect()
        }
    }
}

/// What both lists say, whose counts must fit.
async fn look(pair: &[Person; 2]) -> Result<Picture> {
    let mut picture = Picture::default();
    for (who, person) in pair.iter().enumerate() {
        let friends = person.friends().await?;
        for (id, state) in &friends {
            assert_eq!(id, pair[1 - who].id());
            picture.edges.insert((who, 1 - who), *state);
        }
        let count = friends.iter().filter(|(_, state)| *state == friend::FRIEND).count();
        assert_eq!(person.friend_count().await?, count as u64, "person {who} has {friends:?}");
    }
    Ok(picture)
}
