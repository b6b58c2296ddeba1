//! Accounts that are disabled, exported and deleted.

use crate::world::{World, content, room};
use meadhall_core::account::{AccountError, Credential, DocumentError, LoginRequest};
use meadhall_core::caller::Actor;
use meadhall_core::clock::Timestamp;
use meadhall_core::history::PageRequest;
use meadhall_core::ids::UserId;
use meadhall_core::notification::NewNotification;
use meadhall_core::session::CloseReason;
use meadhall_core::storage::{Condition, ObjectId, Put, ReadPermission, WritePermission};
use serde_json::{Value, json};
use std::io;
use uuid::Uuid;

const NOBODY: UserId = UserId::new(Uuid::from_u128(9));
const TOKEN: Uuid = Uuid::from_u128(1);

fn log_in(name: &str) -> LoginRequest {
    let credential = Credential::Device(format!("device-of-{name}"));
    LoginRequest { credential, create: true, username: name.into(), address: None }
}

/// Something of every kind for a user: a notification, an object, a message, a read marker.
async fn fill(world: &World, user: UserId, name: &str) {
    let core = &world.core;
    let (subject, content_) = ("news".into(), content(name));
    let new = NewNotification {
        user_id: user,
        subject,
        content: content_,
        code: 1,
        sender_id: UserId::NIL,
        persistent: true,
    };
    core.notifications.send(vec![new]).await.unwrap();
    let put = Put {
        id: ObjectId { collection: "saves".into(), key: "one".into(), owner: user },
        value: content(name),
        condition: Condition::Always,
        read: ReadPermission::Public,
        write: WritePermission::Owner,
    };
    core.storage.write(vec![put]).await.unwrap();
    let sender = Actor { user_id: user, username: name.into() };
    core.chat.send_as(sender, &room("hall"), &content(name), true).await.unwrap();
    core.chat.mark_read(user, &room("hall"), None).await.unwrap();
}

async fn document(world: &World, user: UserId) -> Result<Value, DocumentError> {
    let mut text = String::new();
    let write = |part: &str| {
        text.push_str(part);
        io::Result::Ok(())
    };
    world.core.export_account(user, write).await?;
    Ok(serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn a_ban_closes_sockets_and_doors_until_it_is_lifted_also_across_restarts() {
    let mut world = World::new();
    let ann = world.account("ann").await;
    let (client, other) = (world.client(ann.uuid().as_u128()), world.client(2));
    let issued = world.core.revocations.issue_time(ann, world.core.env.now());
    world.core.ban(ann).await.unwrap();
    world.core.ban(ann).await.unwrap();
    assert_eq!(client.session.closing().await, CloseReason::Disconnected { detail: None });
    let told = &client.notifications()[0];
    assert_eq!((told.code, &*told.subject, told.persistent), (-8, "banned", false));
    assert_eq!(other.session.close_reason(), None);
    let late = world.client(ann.uuid().as_u128());
    assert!(late.session.close_reason().is_some(), "a socket whose token was checked before the ban");
    for _ in 0..2 {
        assert_eq!(world.core.accounts.authenticate(log_in("ann")).await, Err(AccountError::Banned));
        let since = world.core.accounts.get(ann).await.unwrap().disable_time;
        assert_eq!(since, Some(Timestamp::from_seconds(1_700_000_000)));
        assert!(world.core.revocations.is_banned(ann));
        let later = Timestamp::from_seconds(i64::MAX / 2_000_000_000);
        assert!(world.core.revocations.is_revoked(ann, TOKEN, later), "also one that is signed at this moment");
        world = world.restart().await;
    }
    world.core.unban(ann).await.unwrap();
    world.core.unban(ann).await.unwrap();
    for _ in 0..2 {
        assert!(world.core.revocations.is_revoked(ann, TOKEN, issued), "tokens from before stay dead");
        let login = world.core.accounts.authenticate(log_in("ann")).await.unwrap();
        assert_eq!((login.user_id, login.created), (ann, false));
        let issued = world.core.revocations.issue_time(ann, world.core.env.now());
        assert!(!world.core.revocations.is_revoked(ann, TOKEN, issued), "those of a new login count at once");
        assert_eq!(world.core.accounts.get(ann).await.unwrap().disable_time, None);
        world = world.restart().await;
    }
    for error in [world.core.ban(NOBODY).await, world.core.unban(NOBODY).await] {
        assert_eq!(error, Err(AccountError::NotFound));
    }
    assert!(!world.core.revocations.is_banned(NOBODY));
}

#[tokio::test]
async fn a_wrong_password_does_not_tell_of_a_ban() {
    let world = World::new();
    let login = |password: &str| {
        let credential = Credential::Email { email: "ann@example.test".into(), password: password.into() };
        LoginRequest { credential, create: true, username: "ann".into(), address: None }
    };
    let ann = world.core.accounts.authenticate(login("correct horse")).await.unwrap().user_id;
    world.core.ban(ann).await.unwrap();
    let wrong = world.core.accounts.authenticate(login("battery staple")).await;
    assert_eq!(wrong, Err(AccountError::InvalidCredentials));
    assert_eq!(world.core.accounts.authenticate(login("correct horse")).await, Err(AccountError::Banned));
}

#[tokio::test]
async fn a_document_holds_what_is_stored_about_the_user_and_nothing_else() {
    let world = World::new();
    let email = Credential::Email { email: "ann@example.test".into(), password: "correct horse".into() };
    let (ann, ben) = (world.account("ann").await, world.account("ben").await);
    world.core.accounts.link(ann, email).await.unwrap();
    for (user, name) in [(ann, "ann"), (ben, "ben")] {
        fill(&world, user, name).await;
    }
    let document = document(&world, ann).await.unwrap();
    let account = &document["account"];
    assert_eq!((&account["id"], &account["username"]), (&json!(ann.to_string()), &json!("ann")));
    assert_eq!((&account["email"], &account["devices"]), (&json!("ann@example.test"), &json!(["device-of-ann"])));
    assert!(account.get("password").is_none());
    for (list, field) in [("notifications", "content"), ("storage_objects", "value"), ("messages", "content")] {
        let list = document[list].as_array().unwrap();
        assert_eq!(list.len(), 1, "{list:?}");
        assert_eq!(list[0][field], content("ann"));
    }
    assert_eq!(document["read_markers"][0]["label"], "hall");
    assert_eq!(document["groups"], json!([]));
    assert!(!document.to_string().contains("ben"));
}

#[tokio::test]
async fn a_deleted_account_leaves_its_messages_and_nothing_else() {
    let mut world = World::new();
    let (ann, ben) = (world.account("ann").await, world.account("ben").await);
    for (user, name) in [(ann, "ann"), (ben, "ben")] {
        fill(&world, user, name).await;
    }
    let bens = document(&world, ben).await.unwrap();
    let client = world.client(ann.uuid().as_u128());
    let until = Timestamp::from_seconds(1_700_000_100);
    world.core.delete_account(ann, until).await.unwrap();
    assert!(client.session.close_reason().is_some());
    assert!(world.client(ann.uuid().as_u128()).session.close_reason().is_some());
    world = world.restart().await;
    let core = &world.core;
    assert_eq!(core.accounts.get(ann).await, Err(AccountError::NotFound));
    assert_eq!(core.delete_account(ann, until).await, Err(AccountError::NotFound));
    assert_eq!(document(&world, ann).await.unwrap_err().to_string(), "User account not found.");
    assert!(core.revocations.is_revoked(ann, TOKEN, until));
    assert!(core.notifications.list(ann, 100, None).await.unwrap().notifications.is_empty());
    assert!(core.storage.list("saves".into(), ann, 100, None).await.unwrap().objects.is_empty());
    let request = PageRequest { stream: room("hall"), limit: 100, forward: true, from: None, cursor: None };
    let names: Vec<_> = core.chat.list(UserId::NIL, request).await.unwrap().messages;
    assert_eq!(names.iter().map(|message| &*message.username).collect::<Vec<_>>(), ["ann", "ben"]);
    assert_eq!(document(&world, ben).await.unwrap(), bens);
    let mut lines = Vec::new();
    let keep = |line: &str| {
        lines.push(line.to_owned());
        io::Result::Ok(())
    };
    core.store.export(keep).await.unwrap();
    let left = lines.iter().filter(|line| line.contains(&ann.to_string()));
    let left: Vec<Value> = left.map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = left.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["channel_message", "revoked_user"]);
    assert!(world.core.accounts.authenticate(log_in("ann")).await.unwrap().created, "the name is free");
}
