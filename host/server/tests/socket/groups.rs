//! Groups' channels on the socket: members join, and whoever is taken out is out at once.

use super::support::{Client, TestServer, start};
use meadhall_core::caller::Actor;
use meadhall_core::group::NewGroup;
use meadhall_core::ids::{GroupId, UserId};
use serde_json::{Value, json};
use uuid::Uuid;

fn id(user: u128) -> UserId {
    UserId::new(Uuid::from_u128(user))
}

async fn group(server: &TestServer, owner: u128) -> GroupId {
    let new = NewGroup { name: "guild".into(), open: false, ..NewGroup::default() };
    server.server.app().core.groups.create(id(owner), new).await.unwrap().id
}

async fn join(client: &mut Client, target: &str) -> Value {
    let request = json!({"cid": "join", "channel_join": {"target": target, "type": 3}});
    client.ask(&request.to_string()).await
}

fn refused(cid: &str, message: &str) -> Value {
    json!({"cid": cid, "error": {"code": 3, "message": message}})
}

#[tokio::test]
async fn members_join_and_whoever_is_kicked_is_out_at_once() {
    let server = start(|_| {}).await;
    let (owner, member) = (server.user("owner").await, server.user("member").await);
    let group = group(&server, owner).await;
    let (mut ann, mut ben) = (server.connect(owner).await, server.connect(member).await);
    let not_found = refused("join", "Group not found: Invalid channel target");
    assert_eq!(join(&mut ben, &group.to_string()).await, not_found);

    let core = &server.server.app().core;
    core.groups.add(Actor::server(), group, vec![id(member)]).await.unwrap();
    ben.next_of("notifications").await;
    for client in [&mut ann, &mut ben] {
        let reply = join(client, &group.to_string().to_uppercase()).await;
        let channel = &reply["channel"];
        assert_eq!((&channel["id"], &channel["group_id"]), (&json!(format!("3.{group}..")), &json!(group.to_string())));
        client.next_of("channel_presence_event").await;
    }
    ann.next_of("channel_presence_event").await;
    core.groups.kick(Actor::server(), group, vec![id(member)]).await.unwrap();
    for client in [&mut ann, &mut ben] {
        let message = client.json().await["channel_message"].take();
        assert_eq!((&message["code"], &message["content"]), (&json!(6), &json!("{}")));
        assert_eq!(message["sender_id"], id(member).to_string());
    }
    assert_eq!(ann.json().await["channel_presence_event"]["leaves"][0]["user_id"], id(member).to_string());
    let send = json!({"cid": "1", "channel_message_send": {"channel_id": format!("3.{group}.."), "content": "{}"}});
    assert_eq!(ben.ask(&send.to_string()).await, refused("1", "Must join channel before sending messages"));
    assert_eq!(join(&mut ben, &group.to_string()).await, not_found);
}

#[tokio::test]
async fn malformed_and_unknown_groups_are_refused() {
    let server = start(|_| {}).await;
    let user = server.user("user").await;
    let mut client = server.connect(user).await;
    for (target, message) in [
        ("nope", "Invalid group ID in group channel join: Invalid channel target"),
        ("11111111-2222-4333-8444-555555555555", "Group not found: Invalid channel target"),
    ] {
        assert_eq!(join(&mut client, target).await, refused("join", message));
    }
}
