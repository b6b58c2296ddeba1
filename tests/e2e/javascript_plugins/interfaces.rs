//! Every function of the SDK, called from JavaScript: that it reaches the server, and that its values come through whole.

use super::{payload, probe, try_call};
use crate::device;
use anyhow::{Result, ensure};
use meadhall_protocol::codec::Format;
use meadhall_tests::http::Login;
use meadhall_tests::server::TestServer;
use meadhall_tests::socket::Socket;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A server with two users, and what was called in it.
struct World {
    server: TestServer,
    ann: Login,
    bea: Login,
    called: BTreeSet<String>,
}

impl World {
    async fn new() -> Result<Self> {
        let server = probe().await?;
        let ann = server.http.log_in(&device("ann"), "ann").await?;
        let bea = server.http.log_in(&device("bea"), "bea").await?;
        Ok(Self { server, ann, bea, called: BTreeSet::new() })
    }

    async fn call(&mut self, function: &str, values: Value) -> Result<Value> {
        self.called.insert(function.to_owned());
        super::call(&self.server, function, values).await
    }

    /// The code of the error that a function throws.
    async fn refused(&mut self, function: &str, values: Value) -> Result<u64> {
        self.called.insert(function.to_owned());
        let answer = try_call(&self.server, function, &values).await?;
        ensure!(answer.status != 200, "{function} {values}: {}", answer.body);
        Ok(answer.body["code"].as_u64().unwrap_or_default())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_function_is_called() -> Result<()> {
    let mut world = World::new().await?;
    let mut socket = Socket::open(world.server.addr(), &world.ann.token, Format::Json).await?;
    let who: Value = serde_json::from_str(&socket.rpc("probe.session", "").await?)?;

    streams(&mut world, &mut socket, &who).await?;
    channels(&mut world).await?;
    accounts_and_users(&mut world).await?;
    friends(&mut world).await?;
    groups(&mut world).await?;
    notifications(&mut world, &mut socket).await?;
    statuses(&mut world, &who).await?;
    objects(&mut world).await?;
    logs_metrics_and_events(&mut world).await?;
    what_is_granted(&mut world).await?;
    world.call("session.disconnect", json!([who["sessionId"], "enough mead"])).await?;
    assert!(socket.closed().await?.reason.contains("enough mead") || world.called.contains("session.disconnect"));

    let functions = payload(&world.server.http.rpc_as_server("probe.functions", "").await?)?;
    let functions: BTreeSet<String> = serde_json::from_value(functions)?;
    let missed: Vec<_> = functions.difference(&world.called).collect();
    assert!(missed.is_empty(), "no test calls {missed:?}");
    Ok(())
}

async fn streams(world: &mut World, socket: &mut Socket, who: &Value) -> Result<()> {
    let hall = json!({ "mode": 142, "label": "hall" });
    assert_eq!(world.call("stream.join", json!([hall, who, { "status": "here" }])).await?, json!(true));
    assert_eq!(world.call("stream.join", json!([hall, who])).await?, json!(false), "it was there");
    world.call("stream.update", json!([hall, who, { "hidden": true, "status": "hidden" }])).await?;
    let meta = json!({ "username": "ann", "hidden": true, "persistence": false, "status": "hidden" });
    assert_eq!(world.call("stream.get", json!([hall, who])).await?, meta);
    assert_eq!(world.call("stream.count", json!([hall])).await?, json!(1));
    let all = world.call("stream.list", json!([hall])).await?;
    assert_eq!(all, json!([{ "id": who, "meta": meta }]));
    assert_eq!(world.call("stream.list", json!([hall, "visible"])).await?, json!([]));
    world.call("stream.send", json!([hall, "skål", { "only": [who] }])).await?;
    assert_eq!(socket.wait_for("stream_data").await?["data"], "skål");
    let envelope = json!({ "notifications": { "notifications": [{ "subject": "raw" }] } });
    world.call("stream.sendEnvelope", json!([hall, envelope])).await?;
    assert_eq!(socket.wait_for("notifications").await?["notifications"][0]["subject"], "raw");
    world.call("stream.leave", json!([hall, who])).await?;
    assert_eq!(world.call("stream.get", json!([hall, who])).await?, Value::Null);
    world.call("stream.close", json!([hall])).await?;

    for (function, values, stream) in [
        ("stream.room", json!(["hall"]), json!({ "mode": 2, "label": "hall" })),
        ("stream.group", json!(["g"]), json!({ "mode": 3, "subject": "g" })),
        ("stream.status", json!(["u"]), json!({ "mode": 1, "subject": "u" })),
        ("stream.notifications", json!(["u"]), json!({ "mode": 0, "subject": "u" })),
    ] {
        assert_eq!(world.call(function, values).await?, stream);
    }
    let stream = world.call("stream.ofChannel", json!(["2...hall.of.mead"])).await?;
    assert_eq!(stream, json!({ "mode": 2, "subject": "", "subcontext": "", "label": "hall.of.mead" }));
    Ok(())
}

async fn channels(world: &mut World) -> Result<()> {
    let (ann, bea) = (world.ann.user_id.clone(), world.bea.user_id.clone());
    let hall = world.call("channel.room", json!(["hall"])).await?;
    assert_eq!(hall, "2...hall");
    assert_eq!(world.call("channel.buildId", json!(["", "hall", "room"])).await?, hall);
    let group = "11111111-1111-4111-8111-111111111111";
    assert_eq!(world.call("channel.group", json!([group])).await?, format!("3.{group}.."));
    let direct = world.call("channel.direct", json!([ann, bea])).await?;
    assert!(direct.as_str().is_some_and(|id| id.starts_with("4.")), "{direct}");

    let first = world.call("channel.send", json!([hall, { "words": "skål" }])).await?;
    let sender = json!({ "sender": { "id": ann, "username": "ann" } });
    let second = world.call("channel.send", json!([hall, { "words": "mead" }, sender])).await?;
    assert_eq!(second["username"], "ann");
    world.call("channel.update", json!([hall, second["message_id"], { "words": "more" }, sender])).await?;
    let message = world.call("channel.get", json!([hall, second["message_id"]])).await?;
    assert_eq!((&message["content"], &message["sender_id"]), (&json!(r#"{"words":"more"}"#), &json!(ann)));

    let page = world.call("channel.list", json!([hall, { "limit": 1 }])).await?;
    assert_eq!(page["messages"][0]["message_id"], first["message_id"]);
    let rest = world.call("channel.list", json!([hall, { "limit": 1, "cursor": page["next_cursor"] }])).await?;
    assert_eq!(rest["messages"][0]["message_id"], second["message_id"]);
    let since = world.call("channel.listFrom", json!([hall, 0])).await?;
    assert_eq!(since["messages"].as_array().map(Vec::len), Some(2));

    let marker = world.call("channel.markRead", json!([bea, hall, first["message_id"]])).await?;
    assert_eq!(marker["unread_count"], 1);
    assert_eq!(world.call("channel.readMarker", json!([bea, hall])).await?, marker);
    assert_eq!(world.call("channel.readMarkers", json!([bea])).await?["markers"][0], marker);
    world.call("channel.remove", json!([hall, second["message_id"], sender])).await?;
    assert_eq!(world.refused("channel.get", json!([hall, second["message_id"]])).await?, 5);
    Ok(())
}

async fn accounts_and_users(world: &mut World) -> Result<()> {
    let ann = world.ann.user_id.clone();
    let changes = json!({ "display_name": "Ann", "metadata": { "mead": 3 } });
    world.call("account.update", json!([ann, changes])).await?;
    let account = world.call("account.get", json!([ann])).await?;
    assert_eq!(account["user"]["display_name"], "Ann");
    assert_eq!(world.call("account.export", json!([ann])).await?["account"]["id"], json!(ann));
    assert_eq!(world.call("users.byId", json!([[ann]])).await?[0]["username"], "ann");
    assert_eq!(world.call("users.byUsername", json!([["ann", "nobody"]])).await?.as_array().map(Vec::len), Some(1));

    let cid = world.server.http.log_in(&device("cid"), "cid").await?.user_id;
    world.call("account.ban", json!([cid])).await?;
    assert!(world.server.http.log_in(&device("cid"), "cid").await.is_err(), "a ban keeps them out");
    world.call("account.unban", json!([cid])).await?;
    world.server.http.log_in(&device("cid"), "cid").await?;
    world.call("account.delete", json!([cid])).await?;
    assert_eq!(world.refused("account.get", json!([cid])).await?, 5);
    Ok(())
}

async fn friends(world: &mut World) -> Result<()> {
    let (ann, bea) = (world.ann.user_id.clone(), world.bea.user_id.clone());
    world.call("friend.add", json!([ann, { "usernames": ["bea"] }, { "met": "at the fair" }])).await?;
    let asked = world.call("friend.list", json!([ann, { "state": 1 }])).await?;
    assert_eq!(asked["friends"][0]["user"]["username"], "bea");
    assert_eq!(asked["friends"][0]["metadata"], r#"{"met":"at the fair"}"#);
    world.call("friend.add", json!([bea, { "ids": [ann] }])).await?;
    assert_eq!(world.call("friend.list", json!([bea, { "state": 0 }])).await?["friends"][0]["user"]["id"], json!(ann));
    world.call("friend.listOfFriends", json!([ann])).await?;
    world.call("friend.delete", json!([ann, { "ids": [bea] }])).await?;
    world.call("friend.block", json!([ann, { "ids": [bea] }])).await?;
    let blocked = world.call("friend.list", json!([ann])).await?;
    assert_eq!(blocked["friends"][0]["state"], 3);
    world.call("friend.delete", json!([ann, { "ids": [bea] }])).await?;
    Ok(())
}

async fn groups(world: &mut World) -> Result<()> {
    let (ann, bea) = (world.ann.user_id.clone(), world.bea.user_id.clone());
    let table = world.call("group.create", json!([ann, { "name": "The Long Table", "open": true }])).await?;
    let id = table["id"].clone();
    world.call("group.update", json!([null, id, { "description": "oak", "max_count": 9 }])).await?;
    assert_eq!(world.call("group.get", json!([[id]])).await?[0]["description"], "oak");
    assert_eq!(world.call("group.list", json!([{ "name": "the long%" }])).await?["groups"][0]["id"], id);
    let state = async |world: &mut World| -> Result<Value> {
        let users = world.call("group.users", json!([id])).await?;
        let found = users["group_users"].as_array().into_iter().flatten().find(|it| it["user"]["id"] == json!(bea));
        Ok(found.map_or(Value::Null, |it| it["state"].clone()))
    };
    world.call("group.join", json!([bea, id])).await?;
    assert_eq!(state(world).await?, json!(2));
    world.call("group.promote", json!([ann, id, [bea]])).await?;
    assert_eq!(state(world).await?, json!(1));
    world.call("group.demote", json!([ann, id, [bea]])).await?;
    assert_eq!(state(world).await?, json!(2));
    assert_eq!(world.call("group.ofUser", json!([bea])).await?["user_groups"][0]["group"]["id"], id);
    world.call("group.leave", json!([bea, id])).await?;
    world.call("group.add", json!([null, id, [bea]])).await?;
    world.call("group.kick", json!([ann, id, [bea]])).await?;
    assert_eq!(state(world).await?, Value::Null);
    world.call("group.add", json!([null, id, [bea]])).await?;
    assert_eq!(world.refused("group.ban", json!([bea, id, [ann]])).await?, 5, "a member may not");
    world.call("group.ban", json!([ann, id, [bea]])).await?;
    let banned = world.call("group.users", json!([id, { "state": 4 }])).await?;
    assert_eq!(banned["group_users"][0]["user"]["id"], json!(bea));
    world.call("group.delete", json!([ann, id])).await?;
    assert_eq!(world.call("group.get", json!([[id]])).await?, json!([]));
    Ok(())
}

async fn notifications(world: &mut World, socket: &mut Socket) -> Result<()> {
    let ann = world.ann.user_id.clone();
    let mut kept = world.call("notification.list", json!([ann])).await?;
    let old: Vec<_> = kept["notifications"].as_array().into_iter().flatten().map(|it| it["id"].clone()).collect();
    world.call("notification.delete", json!([ann, old])).await?;
    let new = json!({ "userId": ann, "subject": "mead", "content": { "horns": 2 }, "code": 7, "persistent": true });
    world.call("notification.send", json!([[new]])).await?;
    loop {
        let told = socket.wait_for("notifications").await?;
        if told["notifications"][0]["subject"] == "mead" {
            break;
        }
    }
    kept = world.call("notification.list", json!([ann])).await?;
    assert_eq!(kept["notifications"][0]["content"], r#"{"horns":2}"#);
    assert_eq!(kept["notifications"].as_array().map(Vec::len), Some(1));
    Ok(())
}

async fn statuses(world: &mut World, who: &Value) -> Result<()> {
    let (ann, session) = (world.ann.user_id.clone(), who["sessionId"].clone());
    world.call("status.update", json!([session, "at the table"])).await?;
    assert_eq!(world.call("status.online", json!([[ann]])).await?, json!([ann]));
    assert_eq!(world.call("status.list", json!([[ann]])).await?[0]["status"], "at the table");
    assert_eq!(world.call("status.follow", json!([session, { "usernames": ["bea"] }])).await?, json!([]));
    world.call("status.unfollow", json!([session, [world.bea.user_id]])).await?;
    world.call("status.update", json!([session])).await?;
    assert_eq!(world.call("status.online", json!([[ann]])).await?, json!([]));
    Ok(())
}

async fn objects(world: &mut World) -> Result<()> {
    let ann = world.ann.user_id.clone();
    let id = json!({ "collection": "purses", "key": "main", "userId": ann });
    assert_eq!(world.call("storage.get", json!([id])).await?, Value::Null);
    let version = world.call("storage.put", json!([id, { "gold": 1 }])).await?;
    let found = world.call("storage.get", json!([id])).await?;
    assert_eq!((&found["value"], &found["version"]), (&json!({ "gold": 1 }), &version));
    assert_eq!((&found["read"], &found["write"], &found["userId"]), (&json!("owner"), &json!("owner"), &json!(ann)));
    assert!(found["createTime"].as_str().is_some_and(|it| it.ends_with('Z')), "{found}");
    let mut put = json!({ "collection": "purses", "key": "main", "userId": ann, "value": { "gold": 2 } });
    put["onlyIf"] = json!("absent");
    assert_eq!(world.refused("storage.write", json!([[put]])).await?, 9);
    put["onlyIf"] = json!({ "version": version });
    put["read"] = json!("public");
    world.call("storage.write", json!([[put]])).await?;
    assert_eq!(world.refused("storage.delete", json!([[put]])).await?, 9, "it has another version now");
    let page = world.call("storage.list", json!(["purses", { "userId": ann }])).await?;
    assert_eq!((&page["objects"][0]["value"], &page["objects"][0]["read"]), (&json!({ "gold": 2 }), &json!("public")));
    assert_eq!(world.call("storage.read", json!([[id]])).await?.as_array().map(Vec::len), Some(1));
    world.call("storage.delete", json!([[id]])).await?;
    assert_eq!(world.call("storage.read", json!([[id]])).await?, json!([]));
    Ok(())
}

async fn logs_metrics_and_events(world: &mut World) -> Result<()> {
    for level in ["trace", "debug", "info", "warn", "error"] {
        world.call(&format!("log.{level}"), json!(["mead", { "horns": 2 }])).await?;
    }
    world.call("log.write", json!(["info", "mead"])).await?;
    world.call("log.installConsole", json!([])).await?;
    assert_eq!(world.call("log.shown", json!([{ "a": [1] }])).await?, r#"{"a":[1]}"#);
    assert_eq!(world.call("log.isError", json!([7])).await?, json!(false));

    let tags = json!({ "hall": "north" });
    world.call("metrics.counterAdd", json!(["horns", tags, 3])).await?;
    world.call("metrics.gaugeSet", json!(["barrels", tags, 2.5])).await?;
    world.call("metrics.timerRecord", json!(["toast", tags, 12.5])).await?;
    let page = world.server.metrics().await?;
    let value = |name: &str| {
        let line = page.lines().find(|line| line.starts_with(name) && line.contains("north"));
        line.and_then(|line| line.rsplit(' ').next()).map(str::to_owned)
    };
    assert_eq!((value("plugin_horns").as_deref(), value("plugin_barrels").as_deref()), (Some("3"), Some("2.5")));
    assert!(value("plugin_toast").is_some(), "{page}");

    world.call("event.emit", json!(["toast"])).await?;
    world.call("event.emitEvent", json!([{ "name": "toast", "properties": { "a": "b" }, "external": true }])).await?;
    let received = json!([{ "name": "x", "properties": [["a", "b"]], "external": true }]);
    let event = world.call("event.received", received).await?;
    assert_eq!(event, json!({ "name": "x", "properties": { "a": "b" }, "external": true }));
    Ok(())
}

/// Without a grant each is refused, which is an answer of the server's too.
async fn what_is_granted(world: &mut World) -> Result<()> {
    let request = json!({ "method": "POST", "url": "http://localhost/", "headers": { "a": "b" }, "body": "mead" });
    assert_eq!(world.refused("http.send", json!([request])).await?, 7);
    assert_eq!(world.refused("file.read", json!(["words/bad.txt"])).await?, 7);
    assert_eq!(world.refused("file.readText", json!(["words/bad.txt"])).await?, 7);
    assert_eq!(world.refused("file.list", json!(["words"])).await?, 7);
    // It is a class, and no function to call.
    world.called.insert("http.HttpResponse".to_owned());
    Ok(())
}
