//! People, as the tests of friends and groups know them: what they do over REST, and what all their lists say of it.

pub(crate) mod household;
pub(crate) mod model;

use crate::device;
use anyhow::{Context, Result, ensure};
use meadhall_tests::http::{Answer, Http, Login, percent_encode};
use reqwest::Method;
use serde_json::{Value, json};

/// What a list says that another user is. The numbers are the wire's.
pub(crate) mod friend {
    pub(crate) const FRIEND: u64 = 0;
    pub(crate) const INVITE_SENT: u64 = 1;
    pub(crate) const INVITE_RECEIVED: u64 = 2;
    pub(crate) const BLOCKED: u64 = 3;
}

/// A user's place in a group. The numbers are the wire's.
pub(crate) mod place {
    pub(crate) const SUPERADMIN: u64 = 0;
    pub(crate) const MEMBER: u64 = 2;
    pub(crate) const BANNED: u64 = 4;
}

/// A user who is logged in.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) login: Login,
    http: Http,
}

impl Person {
    pub(crate) async fn enter(http: &Http, name: &str) -> Result<Self> {
        Ok(Self { login: http.log_in(&device(name), name).await?, http: http.clone() })
    }

    pub(crate) fn id(&self) -> &str {
        &self.login.user_id
    }

    /// Calls a route without a body.
    pub(crate) async fn call(&self, method: Method, path: &str) -> Result<Answer> {
        self.http.call(method, path, &self.login.token, None).await
    }

    /// The answer of a route that must succeed.
    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        let answer = self.call(Method::GET, path).await?;
        answer.ok().with_context(|| format!("GET {path} by {}", self.login.username))
    }

    pub(crate) async fn ask(&self, other: &Self) -> Result<Answer> {
        self.call(Method::POST, &format!("/v2/friend?ids={}", other.id())).await
    }

    /// Ends whatever is between the two.
    pub(crate) async fn part(&self, other: &Self) -> Result<Answer> {
        self.call(Method::DELETE, &format!("/v2/friend?ids={}", other.id())).await
    }

    pub(crate) async fn block(&self, other: &Self) -> Result<Answer> {
        self.call(Method::POST, &format!("/v2/friend/block?ids={}", other.id())).await
    }

    /// Makes an open group.
    pub(crate) async fn found_group(&self, name: &str, places: u32) -> Result<Answer> {
        let body = json!({ "name": name, "open": true, "max_count": places });
        self.http.call(Method::POST, "/v2/group", &self.login.token, Some(body)).await
    }

    /// Joins, leaves, adds to, kicks from … a group; `whom` where it is about others.
    pub(crate) async fn in_group(&self, group: &str, verb: &str, whom: Option<&Self>) -> Result<Answer> {
        let query = whom.map(|whom| format!("?user_ids={}", whom.id())).unwrap_or_default();
        self.call(Method::POST, &format!("/v2/group/{group}/{verb}{query}")).await
    }

    /// This user's list of friends: ids and states, in its order.
    pub(crate) async fn friends(&self) -> Result<Vec<(String, u64)>> {
        let list = self.get("/v2/friend").await?;
        ensure!(list["cursor"].is_null(), "more than one page of friends: {list}");
        stated(&list["friends"], "user")
    }

    /// How many friends everybody is told that this user has.
    pub(crate) async fn friend_count(&self) -> Result<u64> {
        let users = self.get(&format!("/v2/user?ids={}", self.id())).await?;
        Ok(users["users"][0]["edge_count"].as_u64().unwrap_or_default())
    }

    /// This user's list of groups: ids and places, in its order.
    pub(crate) async fn groups(&self) -> Result<Vec<(String, u64)>> {
        let list = self.get(&format!("/v2/user/{}/group", self.id())).await?;
        ensure!(list["cursor"].is_null(), "more than one page of groups: {list}");
        stated(&list["user_groups"], "group")
    }

    /// A group's users, as this user is told: ids and places, in their order.
    pub(crate) async fn users_of(&self, group: &str, query: &str) -> Result<Vec<(String, u64)>> {
        let list = self.get(&format!("/v2/group/{group}/user{query}")).await?;
        ensure!(list["cursor"].is_null(), "more than one page of users: {list}");
        stated(&list["group_users"], "user")
    }

    /// A group by its name, as everybody finds it.
    pub(crate) async fn find_group(&self, name: &str) -> Result<Option<Value>> {
        let mut list = self.get(&format!("/v2/group?name={name}&limit=2")).await?;
        let groups = list["groups"].as_array_mut().map(std::mem::take).unwrap_or_default();
        ensure!(groups.len() <= 1, "two groups are called {name:?}: {groups:?}");
        Ok(groups.into_iter().next())
    }

    /// This user's stored notifications.
    pub(crate) async fn notifications(&self) -> Result<Vec<Value>> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("/v2/notification?limit=100&cacheable_cursor={cursor}")).await?;
            let Some(notifications) = page["notifications"].as_array() else { return Ok(all) };
            all.extend(notifications.iter().cloned());
            cursor = percent_encode(page["cacheable_cursor"].as_str().context("a page without a cursor")?);
        }
    }

    pub(crate) async fn delete_notifications(&self, ids: &[String]) -> Result<Answer> {
        let query: Vec<String> = ids.iter().map(|id| format!("ids={id}")).collect();
        self.call(Method::DELETE, &format!("/v2/notification?{}", query.join("&"))).await
    }
}

/// The ids and states in a list of users or groups; nobody stands in it twice.
fn stated(list: &Value, whom: &str) -> Result<Vec<(String, u64)>> {
    let mut found: Vec<(String, u64)> = Vec::new();
    for entry in list.as_array().into_iter().flatten() {
        let id = entry[whom]["id"].as_str().with_context(|| format!("no id in {entry}"))?.to_owned();
        ensure!(!found.iter().any(|(known, _)| *known == id), "{id} stands in the list twice: {list}");
        found.push((id, entry["state"].as_u64().with_context(|| format!("no state in {entry}"))?));
    }
    Ok(found)
}
