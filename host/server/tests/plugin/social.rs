//! Friends, groups, notifications, statuses and read markers through a real component: the probe, which calls each function
//! of the SDK by its name.

use crate::guests::{Setup, example, rpc};
use meadhall::config::RuntimeConfig;
use meadhall::plugin::{CallError, Limits, Plugins};
use meadhall_core::account::{Credential, LoginRequest};
use meadhall_core::caller::{CallerUser, ClientAddress};
use meadhall_core::clock::Timestamp;
use meadhall_core::ids::UserId;
use meadhall_core::session::Session;
use meadhall_core::{Core, NewSession};
use serde_json::{Value, json};
use std::sync::Arc;

/// A server with the probe.
struct World {
    plugins: Arc<Plugins>,
    core: Arc<Core>,
}

impl World {
    async fn new() -> Self {
        let limits = Limits::from(&RuntimeConfig::default());
        let probe = std::fs::read(example("probe")).unwrap();
        let (plugins, core) = Setup::new(limits).bytes("probe", &probe, &[]).load_with_core().await.unwrap();
        Self { plugins, core }
    }

    async fn register(&self, username: &str) -> String {
        let request = LoginRequest {
            credential: Credential::Device(format!("device-of-{username}")),
            create: true,
            username: username.into(),
            address: None,
        };
        self.core.accounts.authenticate(request).await.unwrap().user_id.to_string()
    }

    fn session(&self, user_id: &str, username: &str) -> Arc<Session> {
        let id: UserId = user_id.parse().unwrap();
        let user = CallerUser { id, username: username.into(), vars: Arc::default(), expires_at: Timestamp::default() };
        let client = ClientAddress { ip: [127, 0, 0, 1].into(), port: 1 };
        self.core.open_session(NewSession { user, lang: "en".into(), client, status: false })
    }

    async fn try_call(&self, call: &str, mut arguments: Value) -> Result<Value, CallError> {
        arguments["call"] = json!(call);
        let result = rpc(&self.plugins, "probe.social", &arguments.to_string()).await?;
        Ok(serde_json::from_str(&result).unwrap())
    }

    /// What a function returns.
    async fn call(&self, call: &str, arguments: Value) -> Value {
        let done = self.try_call(call, arguments.clone()).await;
        done.unwrap_or_else(|error| panic!("{call} {arguments}: {error}"))
    }

    /// The code with which a function refuses.
    async fn refused(&self, call: &str, arguments: Value) -> u32 {
        match self.try_call(call, arguments.clone()).await {
            Err(CallError::Failed { code, .. }) => code,
            other => panic!("{call} {arguments} gave {other:?}"),
        }
    }
}

/// Pairs of a name and a state, from a list of friends or of a group's users.
fn states(list: &Value) -> Vec<(String, i64)> {
    let pair = |one: &Value| (one["user"]["username"].as_str().unwrap().to_owned(), one["state"].as_i64().unwrap());
    list.as_array().into_iter().flatten().map(pair).collect()
}

#[tokio::test]
async fn friends() {
    let world = World::new().await;
    let (ann, ben) = (world.register("ann").await, world.register("ben").await);
    let friends = async |user: &str| {
        let page = world.call("friend.list", json!({ "user_id": user, "limit": 100 })).await;
        states(&page["friends"])
    };
    world.call("friend.add", json!({ "user_id": ann, "usernames": ["ben"], "metadata": { "met": "fair" } })).await;
    assert_eq!(friends(&ann).await, [("ben".to_owned(), 1)]);
    world.call("friend.add", json!({ "user_id": ben, "ids": [ann] })).await;
    assert_eq!(friends(&ben).await, [("ann".to_owned(), 0)]);
    let none = world.call("friend.list_of_friends", json!({ "user_id": ann, "limit": 10 })).await;
    assert_eq!(none, json!({}));
    world.call("friend.block", json!({ "user_id": ben, "ids": [ann] })).await;
    assert_eq!((friends(&ann).await, friends(&ben).await), (vec![], vec![("ann".to_owned(), 3)]));
    world.call("friend.delete", json!({ "user_id": ben, "ids": [ann] })).await;
    assert_eq!(friends(&ben).await, []);
    assert_eq!(world.refused("friend.add", json!({ "user_id": ann, "ids": [ann] })).await, 3);
    assert_eq!(world.refused("friend.list", json!({ "user_id": ann, "limit": 0 })).await, 3);
}

#[tokio::test]
async fn groups() {
    let world = World::new().await;
    let (ann, ben) = (world.register("ann").await, world.register("ben").await);
    let new = json!({ "creator": ann, "name": "The Long Table", "metadata": { "seats": 9 }, "max_count": 9 });
    let group = world.call("group.create", new.clone()).await["id"].clone();
    assert_eq!(world.refused("group.create", new).await, 6, "the name is taken");
    let users = async || {
        let page = world.call("group.users", json!({ "group_id": group, "limit": 100 })).await;
        states(&page["group_users"])
    };
    world.call("group.join", json!({ "user_id": ben, "group_id": group })).await;
    assert_eq!(users().await, [("ann".to_owned(), 0), ("ben".to_owned(), 3)]);
    for (call, state) in [("add", 2), ("promote", 1), ("demote", 2)] {
        let arguments = json!({ "actor": ann, "group_id": group, "user_ids": [ben] });
        world.call(&format!("group.{call}"), arguments).await;
        assert_eq!(users().await, [("ann".to_owned(), 0), ("ben".to_owned(), state)], "{call}");
    }
    let of_ben = world.call("group.of_user", json!({ "user_id": ben, "limit": 10, "state": 2 })).await;
    assert_eq!(of_ben["user_groups"][0]["group"]["id"], group);
    world.call("group.leave", json!({ "user_id": ben, "group_id": group })).await;
    world.call("group.add", json!({ "group_id": group, "user_ids": [ben] })).await;
    world.call("group.kick", json!({ "group_id": group, "user_ids": [ben] })).await;
    assert_eq!(users().await, [("ann".to_owned(), 0)]);
    world.call("group.add", json!({ "group_id": group, "user_ids": [ben] })).await;
    world.call("group.ban", json!({ "group_id": group, "user_ids": [ben] })).await;
    assert_eq!(users().await, [("ann".to_owned(), 0)]);
    let banned = world.call("group.users", json!({ "group_id": group, "limit": 1, "state": 4 })).await;
    assert_eq!(states(&banned["group_users"]), [("ben".to_owned(), 4)]);

    world.call("group.update", json!({ "group_id": group, "name": "The Short Table", "max_count": 2 })).await;
    let found = world.call("group.list", json!({ "name": "the short%", "limit": 10 })).await;
    assert_eq!((&found["groups"][0]["id"], &found["groups"][0]["max_count"]), (&group, &json!(2)));
    assert_eq!(world.call("group.get", json!({ "ids": [group] })).await[0]["name"], "The Short Table");
    assert_eq!(world.refused("group.kick", json!({ "actor": "ann", "group_id": group, "user_ids": [ben] })).await, 3);
    world.call("group.delete", json!({ "group_id": group })).await;
    assert_eq!(world.call("group.get", json!({ "ids": [group] })).await, json!([]));
}

#[tokio::test]
async fn notifications() {
    let world = World::new().await;
    let ann = world.register("ann").await;
    let notice =
        json!({ "user_id": ann, "subject": "a gift", "content": { "gold": 5 }, "code": 7, "persistent": true });
    assert_eq!(rpc(&world.plugins, "probe.notify", &notice.to_string()).await.unwrap(), "{}");
    let list = json!({ "user_id": ann, "limit": 10 });
    let kept = world.call("notification.list", list.clone()).await;
    assert_eq!(kept["notifications"][0]["content"], r#"{"gold":5}"#);
    let id = &kept["notifications"][0]["id"];
    world.call("notification.delete", json!({ "user_id": ann, "ids": [id] })).await;
    assert_eq!(world.call("notification.list", list).await["notifications"], Value::Null);
    for code in [0, -5] {
        let reserved = json!({ "user_id": ann, "subject": "x", "code": code }).to_string();
        let refused = rpc(&world.plugins, "probe.notify", &reserved).await.unwrap_err();
        assert_eq!(refused, CallError::Failed { code: 3, message: format!("code must be above 0, it is {code}") });
    }
}

#[tokio::test]
async fn statuses() {
    let world = World::new().await;
    let (ann, ben) = (world.register("ann").await, world.register("ben").await);
    let (fan, star) = (world.session(&ann, "ann"), world.session(&ben, "ben"));
    let (fan_id, star_id) = (fan.id().to_string(), star.id().to_string());
    world.call("status.update", json!({ "session_id": star_id, "status": "here" })).await;
    let seen = world.call("status.follow", json!({ "session_id": fan_id, "usernames": ["ben"] })).await;
    assert_eq!((&seen[0]["user_id"], &seen[0]["status"]), (&json!(ben), &json!("here")));
    assert_eq!(world.call("status.online", json!({ "ids": [ann, ben] })).await, json!([ben]));
    assert_eq!(world.call("status.list", json!({ "ids": [ben] })).await[0]["session_id"], star_id.as_str());
    world.call("status.unfollow", json!({ "session_id": fan_id, "ids": [ben] })).await;
    assert!(!world.core.followers.of(star.user_id()).iter().any(|follower| follower.id() == fan.id()));
    world.call("status.update", json!({ "session_id": star_id, "status": null })).await;
    assert_eq!(world.call("status.online", json!({ "ids": [ben] })).await, json!([]));
    assert_eq!(world.refused("status.update", json!({ "session_id": ann, "status": "x" })).await, 5);
}

#[tokio::test]
async fn history_and_read_markers() {
    let world = World::new().await;
    let (ann, ben) = (world.register("ann").await, world.register("ben").await);
    let mut messages = Vec::new();
    for n in 0..3 {
        let message =
            json!({ "channel_id": "2...hall", "content": { "n": n }, "sender_id": ben, "sender_username": "ben" });
        let ack = rpc(&world.plugins, "probe.channel_send", &message.to_string()).await.unwrap();
        messages.push(serde_json::from_str::<Value>(&ack).unwrap()["message_id"].clone());
    }
    let one = world.call("channel.get", json!({ "channel_id": "2...hall", "message_id": messages[1] })).await;
    assert_eq!((&one["content"], &one["sender_id"]), (&json!(r#"{"n":1}"#), &json!(ben)));
    let elsewhere = json!({ "channel_id": "2...yard", "message_id": messages[1] });
    assert_eq!(world.refused("channel.get", elsewhere).await, 5);

    let from = async |from_ms: i64, forward: bool| {
        let request = json!({ "channel_id": "2...hall", "from_ms": from_ms, "limit": 10, "forward": forward });
        let page = world.call("channel.list_from", request).await;
        page["messages"].as_array().map_or(0, Vec::len)
    };
    let in_an_hour = world.core.env.now().nanos() / 1_000_000 + 3_600_000;
    assert_eq!((from(0, true).await, from(in_an_hour, true).await), (3, 0));
    assert_eq!((from(0, false).await, from(in_an_hour, false).await), (0, 3));

    let marker = json!({ "user_id": ann, "channel_id": "2...hall" });
    let unread = async || world.call("channel.read_marker", marker.clone()).await["unread_count"].clone();
    assert_eq!(unread().await, json!(3));
    let mut read = marker.clone();
    read["message_id"] = messages[1].clone();
    assert_eq!(world.call("channel.mark_read", read).await["message_id"], messages[1]);
    assert_eq!(unread().await, json!(1));
    world.call("channel.mark_read", marker.clone()).await;
    assert_eq!(unread().await, json!(0));
    let all = world.call("channel.read_markers", json!({ "user_id": ann, "limit": 10 })).await;
    assert_eq!(all["markers"][0]["channel_id"], "2...hall");
    assert_eq!(world.refused("channel.read_marker", json!({ "user_id": ann, "channel_id": "hall" })).await, 3);
    let foreign = json!({ "user_id": ann, "channel_id": format!("4.{ben}.{ben}.") });
    assert_eq!(world.refused("channel.mark_read", foreign).await, 3);
}

/// A plugin sends to each kind of channel without being a member of it.
#[tokio::test]
async fn messages_to_rooms_groups_and_direct_channels() {
    let world = World::new().await;
    let (ann, ben) = (world.register("ann").await, world.register("ben").await);
    let group = world.call("group.create", json!({ "creator": ann, "name": "The Long Table" })).await["id"].clone();
    let targets = [
        (json!({ "type": 1, "target": "hall" }), "room_name"),
        (json!({ "type": 2, "target": ann, "sender_id": ben }), "user_id_one"),
        (json!({ "type": 3, "target": group }), "group_id"),
    ];
    for (target, place) in targets {
        let id = rpc(&world.plugins, "probe.channel_id", &target.to_string()).await.unwrap();
        let id = serde_json::from_str::<Value>(&id).unwrap()["channel_id"].clone();
        let message = json!({ "channel_id": id, "content": { "text": "skål" } });
        rpc(&world.plugins, "probe.channel_send", &message.to_string()).await.unwrap();
        let page = rpc(&world.plugins, "probe.channel_list", &json!({ "channel_id": id }).to_string()).await.unwrap();
        let page: Value = serde_json::from_str(&page).unwrap();
        let sent =
            page["messages"].as_array().unwrap().iter().filter(|message| message["code"] == 0).collect::<Vec<_>>();
        assert_eq!(sent.len(), 1, "{id}: {page}");
        assert_ne!(sent[0][place], "", "{id}");
    }
}
