//! A household: three people and a group of their own, whom one writer speaks for.

use super::model::{Deed, GroupPicture, Picture, Verb};
use super::{Person, place};
use anyhow::{Context, Result, ensure};
use meadhall_tests::http::{Answer, Http};
use rand::RngExt;
use rand::rngs::SmallRng;
use reqwest::Method;
use serde_json::Value;
use std::collections::BTreeMap;

/// How many people live in one.
pub(crate) const PEOPLE: usize = 3;

#[derive(Clone, Debug)]
pub(crate) struct Household {
    pub(crate) people: Vec<Person>,
    group_name: String,
}

impl Household {
    pub(crate) async fn enter(http: &Http, number: usize) -> Result<Self> {
        let mut people = Vec::new();
        for person in 0..PEOPLE {
            people.push(Person::enter(http, &format!("person-{number}-{person}")).await?);
        }
        Ok(Self { people, group_name: format!("household-{number}") })
    }

    /// Something that may happen in such a picture, and is not refused.
    pub(crate) fn think_of(picture: &Picture, random: &mut SmallRng) -> Deed {
        loop {
            let (who, whom) = (random.random_range(0..PEOPLE), random.random_range(0..PEOPLE));
            let deed = match random.random_range(0..20) {
                0..5 if who != whom => Deed::Ask { who, whom },
                5..7 if who != whom => Deed::Part { who, whom },
                7 if who != whom => Deed::Block { who, whom },
                8 => Deed::Forget(who),
                9 => Deed::Dissolve,
                10..13 => Deed::Join(who),
                13 if who > 0 => Deed::Leave(who),
                14.. if whom > 0 => Deed::Rule(Verb::ALL[random.random_range(0..Verb::ALL.len())], whom),
                _ => continue,
            };
            let of_group = matches!(deed, Deed::Dissolve | Deed::Join(_) | Deed::Leave(_) | Deed::Rule(..));
            match &picture.group {
                None if of_group => return Deed::Found,
                Some(group) if !fits(group, deed) => {}
                _ => return deed,
            }
        }
    }

    /// Does it. The answer is the server's, whatever it is.
    ///
    /// # Errors
    /// When the server is gone.
    pub(crate) async fn perform(&self, deed: Deed) -> Result<Answer> {
        let people = &self.people;
        match deed {
            Deed::Ask { who, whom } => people[who].ask(&people[whom]).await,
            Deed::Part { who, whom } => people[who].part(&people[whom]).await,
            Deed::Block { who, whom } => people[who].block(&people[whom]).await,
            Deed::Found => people[0].found_group(&self.group_name, 100).await,
            Deed::Dissolve => people[0].call(Method::DELETE, &format!("/v2/group/{}", self.group_id().await?)).await,
            Deed::Join(who) => people[who].in_group(&self.group_id().await?, "join", None).await,
            Deed::Leave(who) => people[who].in_group(&self.group_id().await?, "leave", None).await,
            Deed::Rule(verb, whom) => {
                people[0].in_group(&self.group_id().await?, verb.name(), Some(&people[whom])).await
            }
            Deed::Forget(who) => {
                let notifications = people[who].notifications().await?;
                let ids: Vec<String> =
                    notifications.iter().filter_map(|one| Some(one["id"].as_str()?.to_owned())).collect();
                people[who].delete_notifications(&ids).await
            }
        }
    }

    /// What all lists say now; that both sides of each thing and its counts agree is checked on the way.
    pub(crate) async fn look(&self) -> Result<Picture> {
        let mut picture = Picture::default();
        for (who, person) in self.people.iter().enumerate() {
            let friends = person.friends().await?;
            let count = friends.iter().filter(|(_, state)| *state == super::friend::FRIEND).count();
            let told = person.friend_count().await?;
            ensure!(told == count as u64, "person {who} has {count} friends, and is said to have {told}");
            for (id, state) in friends {
                picture.edges.insert((who, self.number(&id)?), state);
            }
            let notifications = person.notifications().await?;
            if !notifications.is_empty() {
                let facts = notifications.iter().map(|notification| {
                    let code = notification["code"].as_i64().context("a notification without a code")?;
                    Ok((code, self.number_in(notification, "sender_id")?))
                });
                picture.notifications.insert(who, facts.collect::<Result<_>>()?);
            }
        }
        picture.group = self.look_at_group().await?;
        Ok(picture)
    }

    async fn look_at_group(&self) -> Result<Option<GroupPicture>> {
        let founder = &self.people[0];
        let mut sides = BTreeMap::new();
        for (who, person) in self.people.iter().enumerate() {
            sides.insert(who, person.groups().await?);
        }
        let Some(group) = founder.find_group(&self.group_name).await? else { return Ok(None) };
        let id = group["id"].as_str().context("a group without an id")?;
        let own: BTreeMap<usize, u64> = sides
            .into_iter()
            .filter_map(|(who, groups)| Some((who, groups.into_iter().find(|(group, _)| group == id)?.1)))
            .collect();
        let mut places = BTreeMap::new();
        for (user, place) in founder.users_of(id, "").await? {
            places.insert(self.number(&user)?, place);
        }
        ensure!(places == own, "the group's list says {places:?}, the people's own lists {own:?}");
        let count = group["edge_count"].as_u64().unwrap_or_default();
        ensure!(count == places.len() as u64, "the group has {places:?}, and is said to have {count}");
        for (user, place) in founder.users_of(id, &format!("?state={}", place::BANNED)).await? {
            ensure!(places.insert(self.number(&user)?, place).is_none(), "{user} is banned and in the group");
        }
        let history = founder.http.history(&format!("3.{id}.."), &founder.login.token).await?;
        let told = history
            .iter()
            .map(|message| Ok((message["code"].as_i64().context("no code")?, self.number_in(message, "sender_id")?)));
        Ok(Some(GroupPicture { places, told: told.collect::<Result<_>>()? }))
    }

    async fn group_id(&self) -> Result<String> {
        let group = self.people[0].find_group(&self.group_name).await?;
        let group = group.with_context(|| format!("there is no group {:?}", self.group_name))?;
        Ok(group["id"].as_str().context("a group without an id")?.to_owned())
    }

    fn number_in(&self, value: &Value, field: &str) -> Result<usize> {
        self.number(value[field].as_str().with_context(|| format!("no {field:?} in {value}"))?)
    }

    fn number(&self, id: &str) -> Result<usize> {
        let number = self.people.iter().position(|person| person.id() == id);
        number.with_context(|| format!("user {id} is none of {:?}", self.group_name))
    }
}

/// Whether the wire has a plain answer to a deed in a group: some of those that change nothing are refused.
fn fits(group: &GroupPicture, deed: Deed) -> bool {
    let banned = |who: usize| group.places.get(&who) == Some(&place::BANNED);
    match deed {
        Deed::Join(who) => !banned(who),
        Deed::Leave(who) => group.has(who),
        Deed::Rule(Verb::Add, whom) => !banned(whom),
        Deed::Rule(_, whom) => group.has(whom),
        _ => true,
    }
}
