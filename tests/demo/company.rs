//! The part of the evening in which the guests become friends, found a group and talk in private.

use crate::evening::{Guest, post, receives, text};
use crate::stage::Stage;
use anyhow::{Context, Result, ensure};
use meadhall_tests::http::Http;
use reqwest::Method;
use serde_json::json;

/// Plays it.
pub(crate) async fn keep(stage: &mut Stage<'_>, http: &Http, astrid: &mut Guest, bjorn: &mut Guest) {
    stage.scene("They become friends, and one sees how the other is");
    befriend(stage, http, astrid, bjorn).await;
    stage.scene("Astrid founds a group, Bjorn joins it, and they talk there");
    group(stage, http, astrid, bjorn).await;
    stage.scene("They talk in private");
    let (one, two) = (astrid.login.user_id.clone(), bjorn.login.user_id.clone());
    talk(stage, astrid, bjorn, (&two, &one), 2, "only for you").await;
}

async fn befriend(stage: &mut Stage<'_>, http: &Http, astrid: &mut Guest, bjorn: &mut Guest) {
    ask(stage, http, astrid, bjorn).await;
    ask(stage, http, bjorn, astrid).await;
    let list = friends(http, astrid).await;
    stage.sees(astrid.name, list.map(|names| format!("has the friends {names:?}")));
    let follow = json!({ "status_follow": { "user_ids": [bjorn.login.user_id] } });
    let follows = astrid.socket.ask(follow, "status").await;
    stage.sees(astrid.name, follows.map(|_| "follows bjorn".into()));
    let update = bjorn.socket.call(json!({ "status_update": { "status": "at the fire" } })).await;
    stage.sees(bjorn.name, update.map(|_| "says how he is".into()));
    let seen = astrid.socket.wait_for("status_presence_event").await;
    stage.sees(astrid.name, seen.map(|event| format!("sees bjorn {}", text(&event["joins"][0], "status"))));
}

/// Adds somebody as a friend, who is told.
async fn ask(stage: &mut Stage<'_>, http: &Http, asking: &Guest, asked: &mut Guest) {
    let path = format!("/v2/friend?ids={}", asked.login.user_id);
    let done = post(http, &asking.login, Method::POST, &path, json!({})).await;
    stage.sees(asking.name, done.map(|()| format!("added {} as a friend", asked.name)));
    let told = asked.socket.wait_for("notifications").await;
    stage.sees(asked.name, told.map(|told| format!("is told: {}", text(&told["notifications"][0], "subject"))));
}

async fn friends(http: &Http, guest: &Guest) -> Result<Vec<String>> {
    let list = http.get("/v2/friend?state=0", &guest.login.token).await?.ok()?;
    let friends = list["friends"].as_array().context("no friends")?;
    Ok(friends.iter().map(|friend| text(&friend["user"], "username")).collect())
}

async fn group(stage: &mut Stage<'_>, http: &Http, astrid: &mut Guest, bjorn: &mut Guest) {
    let body = json!({ "name": "the ravens", "open": true, "max_count": 2 });
    let founded = http.call(Method::POST, "/v2/group", &astrid.login.token, Some(body)).await;
    let group = match founded.and_then(|answer| answer.ok()) {
        Ok(group) => text(&group, "id"),
        Err(error) => return stage.sees(astrid.name, Err(error)),
    };
    stage.sees(astrid.name, Ok(format!("founded the ravens, which is group {group}")));
    let joined = post(http, &bjorn.login, Method::POST, &format!("/v2/group/{group}/join"), json!({})).await;
    stage.sees(bjorn.name, joined.map(|()| "joined the ravens".into()));
    talk(stage, astrid, bjorn, (&group, &group), 3, "we row at dawn").await;
    let history = http.history(&format!("3.{group}.."), &bjorn.login.token).await;
    stage.sees(
        "history",
        history.and_then(|messages| {
            let codes: Vec<i64> = messages.iter().filter_map(|message| message["code"].as_i64()).collect();
            ensure!(codes == [3, 0], "the history has messages of the codes {codes:?}");
            Ok(format!("{} joined, and then: {}", text(&messages[0], "username"), text(&messages[1], "content")))
        }),
    );
}

/// Both join a channel by its targets, and the first says something.
async fn talk(stage: &mut Stage<'_>, one: &mut Guest, two: &mut Guest, targets: (&str, &str), kind: i32, words: &str) {
    let mut channel = String::new();
    for (guest, target) in [(&mut *one, targets.0), (&mut *two, targets.1)] {
        let join = json!({ "channel_join": { "target": target, "type": kind } });
        let joined = guest.socket.ask(join, "channel").await;
        channel = joined.as_ref().map(|channel| text(channel, "id")).unwrap_or_default();
        stage.sees(guest.name, joined.map(|_| format!("joined the channel {channel}")));
    }
    let message = json!({ "channel_id": channel, "content": json!({ "words": words }).to_string() });
    let ack = one.socket.ask(json!({ "channel_message_send": message }), "channel_message_ack").await;
    stage.sees(one.name, ack.map(|_| format!("wrote {words:?}")));
    stage.sees(two.name, receives(&mut two.socket, words).await);
}
