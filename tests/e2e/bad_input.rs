//! Who must not do something, for every rank and every route of groups, their channels and read markers; every route without
//! a token; and what a socket must not ask for. Each refusal has the wire's own code and text, and nothing has changed.

use crate::Player;
use crate::people::Person;
use anyhow::{Context, Result, ensure};
use meadhall_protocol::codec::Format;
use meadhall_tests::server::TestServer;
use meadhall_tests::socket::FORMATS;
use reqwest::Method;
use serde_json::{Value, json};

const NOBODY: &str = "11111111-2222-4333-8444-555555555555";

/// A closed group with somebody of every rank, and a channel of two of them.
struct World {
    server: TestServer,
    people: Vec<(&'static str, Person)>,
    group: String,
    direct: String,
}

impl World {
    async fn start() -> Result<Self> {
        let server = TestServer::start([]).await?;
        let mut people = Vec::new();
        for name in ["superadmin", "admin", "member", "asking", "banned", "stranger"] {
            people.push((name, Person::enter(&server.http, name).await?));
        }
        let mut world = Self { server, people, group: String::new(), direct: String::new() };
        let founder = world.person("superadmin");
        let group = founder.found_group("council", 5).await?.ok()?;
        world.group = group["id"].as_str().context("a group without an id")?.to_owned();
        let (founder, group) = (world.person("superadmin"), world.group.as_str());
        for name in ["admin", "member", "banned"] {
            world.person(name).in_group(group, "join", None).await?.ok()?;
        }
        founder.in_group(group, "promote", Some(world.person("admin"))).await?.ok()?;
        founder.in_group(group, "ban", Some(world.person("banned"))).await?.ok()?;
        let close = Some(json!({ "open": false }));
        let path = format!("/v2/group/{group}");
        world.server.http.call(Method::PUT, &path, &founder.login.token, close).await?.ok()?;
        world.person("asking").in_group(group, "join", None).await?.ok()?;
        founder.ask(world.person("member")).await?.ok()?;
        world.person("superadmin").block(world.person("banned")).await?.ok()?;
        let mut ids = [founder.id(), world.person("member").id()];
        ids.sort_unstable();
        world.direct = format!("4.{}.{}.", ids[0], ids[1]);
        Ok(world)
    }

    fn person(&self, name: &str) -> &Person {
        let found = self.people.iter().find(|(known, _)| *known == name);
        &found.unwrap_or_else(|| panic!("nobody is called {name}")).1
    }

    /// A path or a body, with names of people and of things in capitals as their ids.
    fn fill(&self, text: &str) -> String {
        let text = text.replace("GROUP", &self.group).replace("NOBODY", NOBODY).replace("DIRECT", &self.direct);
        let people = self.people.iter();
        people.fold(text, |text, (name, person)| text.replace(&name.to_uppercase(), person.id()))
    }

    /// Everything that is stored.
    async fn everything(&self) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        let export = self.server.server().app().core.store.export(|line| {
            lines.push(line.to_owned());
            Ok(())
        });
        export.await?;
        Ok(lines)
    }
}

const UPDATE: &str = "Group not found or you're not allowed to update.";
const DELETE: &str = "Group not found or you're not allowed to delete.";
const DENIED: &str = "Group not found or permission denied.";
const NO_GROUP: &str = "Group not found.";
const NO_CHANNEL: &str = "Channel not found.";

#[tokio::test(flavor = "multi_thread")]
async fn who_has_not_the_rank_is_refused_and_changes_nothing() -> Result<()> {
    let world = World::start().await?;
    let before = world.everything().await?;
    let below_admin = ["member", "asking", "banned", "stranger"];
    let outside = ["asking", "banned", "stranger"];
    let mut table: Vec<(&str, Method, String, u64, &str)> = Vec::new();
    for who in below_admin {
        table.push((who, Method::PUT, "/v2/group/GROUP".into(), 5, UPDATE));
        for verb in ["add", "kick", "ban", "promote", "demote"] {
            for whom in ["STRANGER", "ADMIN", "ASKING"] {
                table.push((who, Method::POST, format!("/v2/group/GROUP/{verb}?user_ids={whom}"), 5, DENIED));
            }
        }
    }
    for who in below_admin.into_iter().chain(["admin"]) {
        table.push((who, Method::DELETE, "/v2/group/GROUP".into(), 3, DELETE));
    }
    for who in outside {
        for (method, path) in [
            (Method::GET, "/v2/channel/3.GROUP..?limit=10"),
            (Method::GET, "/v2/channel/3.GROUP../read"),
            (Method::PUT, "/v2/channel/3.GROUP../read"),
        ] {
            table.push((who, method, path.into(), 3, NO_GROUP));
        }
    }
    for who in ["admin", "asking", "banned", "stranger"] {
        for (method, path) in [
            (Method::GET, "/v2/channel/DIRECT?limit=10"),
            (Method::GET, "/v2/channel/DIRECT/read"),
            (Method::PUT, "/v2/channel/DIRECT/read"),
        ] {
            table.push((who, method, path.into(), 3, NO_CHANNEL));
        }
    }
    table.push((
        "superadmin",
        Method::POST,
        "/v2/group/GROUP/leave".into(),
        3,
        "Cannot leave group when you are the last superadmin.",
    ));
    table.push(("superadmin", Method::POST, "/v2/friend?ids=SUPERADMIN".into(), 3, "Cannot add self as friend."));
    for (who, method, path, code, text) in table {
        let person = world.person(who);
        let body = (method == Method::PUT).then(|| json!({ "description": "mine now" }));
        let path = world.fill(&path);
        let answer = world.server.http.call(method.clone(), &path, &person.login.token, body).await?;
        let refusal = (&answer.body["code"], &answer.body["message"]);
        ensure!(
            refusal == (&json!(code), &json!(text)),
            "{method} {path} by {who} was answered {answer:?}, not {text:?}"
        );
        ensure!(world.everything().await? == before, "{method} {path} by {who} has changed something");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_to_who_is_above_or_already_there() -> Result<()> {
    let world = World::start().await?;
    let before = world.everything().await?;
    // Whatever the answer is.
    for (who, path) in [
        ("admin", "kick?user_ids=SUPERADMIN"),
        ("admin", "ban?user_ids=SUPERADMIN"),
        ("admin", "demote?user_ids=SUPERADMIN"),
        ("admin", "promote?user_ids=ADMIN"),
        ("superadmin", "promote?user_ids=SUPERADMIN"),
        ("superadmin", "demote?user_ids=MEMBER"),
        ("superadmin", "add?user_ids=MEMBER"),
        ("superadmin", "kick?user_ids=STRANGER"),
        ("superadmin", "kick?user_ids=NOBODY"),
        ("superadmin", "promote?user_ids=STRANGER"),
        ("superadmin", "promote?user_ids=ASKING"),
        ("superadmin", "add"),
        ("superadmin", "kick"),
        ("banned", "join"),
        ("asking", "join"),
        ("stranger", "leave"),
    ] {
        let path = world.fill(&format!("/v2/group/GROUP/{path}"));
        let answer = world.person(who).call(Method::POST, &path).await?;
        ensure!(world.everything().await? == before, "{path} by {who}, answered {answer:?}, has changed something");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_wants_a_token() -> Result<()> {
    let world = World::start().await?;
    let before = world.everything().await?;
    for (method, path) in [
        (Method::GET, "/v2/friend"),
        (Method::POST, "/v2/friend?ids=MEMBER"),
        (Method::DELETE, "/v2/friend?ids=MEMBER"),
        (Method::POST, "/v2/friend/block?ids=MEMBER"),
        (Method::GET, "/v2/friend/friends"),
        (Method::GET, "/v2/group"),
        (Method::POST, "/v2/group"),
        (Method::PUT, "/v2/group/GROUP"),
        (Method::DELETE, "/v2/group/GROUP"),
        (Method::POST, "/v2/group/GROUP/join"),
        (Method::POST, "/v2/group/GROUP/leave"),
        (Method::POST, "/v2/group/GROUP/add?user_ids=STRANGER"),
        (Method::POST, "/v2/group/GROUP/kick?user_ids=MEMBER"),
        (Method::POST, "/v2/group/GROUP/ban?user_ids=MEMBER"),
        (Method::POST, "/v2/group/GROUP/promote?user_ids=MEMBER"),
        (Method::POST, "/v2/group/GROUP/demote?user_ids=ADMIN"),
        (Method::GET, "/v2/group/GROUP/user"),
        (Method::GET, "/v2/user/MEMBER/group"),
        (Method::GET, "/v2/notification"),
        (Method::DELETE, "/v2/notification?ids=NOBODY"),
        (Method::GET, "/v2/channel"),
        (Method::GET, "/v2/channel/DIRECT"),
        (Method::GET, "/v2/channel/DIRECT/read"),
        (Method::PUT, "/v2/channel/DIRECT/read"),
    ] {
        let path = world.fill(path);
        let answer = world.server.http.call(method.clone(), &path, "", Some(json!({}))).await?;
        let forged = world.server.http.call(method.clone(), &path, "no.token.atall", Some(json!({}))).await?;
        for answer in [answer, forged] {
            ensure!(answer.status == 401 && answer.body["code"] == json!(16), "{method} {path}: {answer:?}");
        }
        ensure!(world.everything().await? == before, "{method} {path} without a token has changed something");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_is_refused_what_it_must_not_ask_for() -> Result<()> {
    let world = World::start().await?;
    let (no_user, no_group) = ("User ID not found: Invalid channel target", "Group not found: Invalid channel target");
    let not_joined = "Must join channel before sending messages";
    let join = |target: &str, kind: i32| json!({ "channel_join": { "target": target, "type": kind } });
    let send = |channel: &str| json!({ "channel_message_send": { "channel_id": channel, "content": "{}" } });
    let status = |status: &str| json!({ "status_update": { "status": status } });
    let table: Vec<(&str, Value, &str)> = vec![
        ("banned", join("SUPERADMIN", 2), no_user),
        ("stranger", join("NOBODY", 2), no_user),
        ("stranger", join("nope", 2), "Invalid user ID in direct message join: Invalid channel target"),
        (
            "stranger",
            join("00000000-0000-0000-0000-000000000000", 2),
            "Invalid user ID in direct message join: Invalid channel target",
        ),
        ("stranger", join("STRANGER", 2), "Cannot chat with oneself: Invalid channel target"),
        ("stranger", join("", 2), "Invalid channel target"),
        ("stranger", join("GROUP", 3), no_group),
        ("asking", join("GROUP", 3), no_group),
        ("banned", join("GROUP", 3), no_group),
        ("stranger", join("NOBODY", 3), no_group),
        ("stranger", join("nope", 3), "Invalid group ID in group channel join: Invalid channel target"),
        ("stranger", join("hall", 4), "Invalid channel type"),
        ("stranger", join("hall", -1), "Invalid channel type"),
        ("stranger", send("DIRECT"), not_joined),
        ("stranger", send("3.GROUP.."), not_joined),
        ("stranger", send("4.nope.nope."), "Invalid channel identifier"),
        ("stranger", send("3.nope.."), "Invalid channel identifier"),
        ("stranger", json!({ "channel_leave": { "channel_id": "5.NOBODY.." } }), "Invalid channel identifier"),
        ("stranger", json!({ "status_follow": { "user_ids": ["nope"] } }), "Invalid user identifier"),
        ("stranger", json!({ "status_follow": { "user_ids": ["MEMBER", ""] } }), "Invalid user identifier"),
        ("stranger", json!({ "status_follow": { "usernames": [""] } }), "Invalid username"),
        ("stranger", json!({ "status_unfollow": { "user_ids": ["nope"] } }), "Invalid user identifier"),
        ("stranger", status(&"s".repeat(2049)), "Status must be 2048 characters or less"),
    ];
    for format in FORMATS {
        for (who, envelope, text) in &table {
            let mut player = enter(&world, who, format).await?;
            let before = world.everything().await?;
            let envelope: Value = serde_json::from_str(&world.fill(&envelope.to_string()))?;
            let reply = player.socket.call(envelope.clone()).await?;
            let refusal = (&reply["error"]["code"], &reply["error"]["message"]);
            ensure!(refusal == (&json!(3), &json!(text)), "{envelope} by {who} was answered {reply}, not {text:?}");
            ensure!(world.everything().await? == before, "{envelope} by {who} has changed something");
            player.socket.close().await?;
        }
    }
    Ok(())
}

async fn enter(world: &World, who: &str, format: Format) -> Result<Player> {
    Player::enter(&world.server, who, format).await
}
