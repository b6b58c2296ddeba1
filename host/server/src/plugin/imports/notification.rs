//! Notifications. Core checks subject, content and code; how many there may be in one call is checked here.

use super::wit::notification::{Host, NewNotification};
use super::wit::types::Error;
use super::{at_most_many, cursor, id, ids, page_size, refused, user_or_server};
use crate::convert;
use crate::plugin::guest::Guest;
use crate::plugin::limits::NOTIFICATIONS;
use meadhall_core::notification as core;
use meadhall_protocol::codec::to_json;

impl Host for Guest {
    async fn send(&mut self, notifications: Vec<NewNotification>) -> Result<(), Error> {
        let core = self.core()?;
        at_most_many("notification", notifications.len(), NOTIFICATIONS)?;
        let notifications = notifications.into_iter().map(lift).collect::<Result<_, _>>()?;
        core.notifications.send(notifications).await.map_err(refused)
    }

    async fn list(&mut self, user_id: String, limit: u32, after: String) -> Result<String, Error> {
        let core = self.core()?;
        let (user, limit) = (id("user id", &user_id)?, page_size(limit)?);
        let page = core.notifications.list(user, limit, cursor(after)).await.map_err(refused)?;
        Ok(to_json(&convert::notification_list(&page)))
    }

    async fn delete(&mut self, user_id: String, notification_ids: Vec<String>) -> Result<(), Error> {
        let core = self.core()?;
        let user = id("user id", &user_id)?;
        let notifications = ids("notification id", &notification_ids, NOTIFICATIONS)?;
        core.notifications.delete(user, notifications).await.map_err(refused)
    }
}

fn lift(new: NewNotification) -> Result<core::NewNotification, Error> {
    Ok(core::NewNotification {
        user_id: id("user id", &new.user_id)?,
        subject: new.subject,
        content: new.content,
        code: new.code,
        sender_id: user_or_server("sender id", &new.sender_id)?,
        persistent: new.persistent,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::guest::tests::{World, received};
    use meadhall_core::push::PushEvent;
    use serde_json::Value;
    use uuid::Uuid;

    fn gift(user_id: String) -> NewNotification {
        NewNotification {
            user_id,
            subject: "a gift".into(),
            content: r#"{"gold":5}"#.into(),
            code: 7,
            sender_id: String::new(),
            persistent: true,
        }
    }

    async fn kept(guest: &mut Guest, user_id: &str) -> Vec<Value> {
        let page = Host::list(guest, user_id.into(), 100, String::new()).await.unwrap();
        let page: Value = serde_json::from_str(&page).unwrap();
        page["notifications"].as_array().cloned().unwrap_or_default()
    }

    #[tokio::test]
    async fn notifications_are_sent_kept_listed_and_deleted() {
        let world = World::new();
        let (mut guest, ann) = (world.guest(), world.register("ann").await);
        let socket = world.session(ann.uuid().as_u128());
        let passing = NewNotification { persistent: false, code: 8, ..gift(ann.to_string()) };
        guest.send(vec![gift(ann.to_string()), passing]).await.unwrap();
        let codes: Vec<i32> = received(&socket)
            .into_iter()
            .filter_map(|event| match event {
                PushEvent::Notification(notification) => Some(notification.code),
                _ => None,
            })
            .collect();
        assert_eq!(codes, [7, 8]);

        let found = kept(&mut guest, &ann.to_string()).await;
        assert_eq!(found.len(), 1, "one was not to be kept: {found:?}");
        assert_eq!((&found[0]["subject"], &found[0]["content"]), (&"a gift".into(), &r#"{"gold":5}"#.into()));
        let id = found[0]["id"].as_str().unwrap().to_owned();
        Host::delete(&mut guest, ann.to_string(), vec![id.clone(), id]).await.unwrap();
        assert!(kept(&mut guest, &ann.to_string()).await.is_empty());
    }

    #[tokio::test]
    async fn one_bad_notification_keeps_all_back() {
        let world = World::new();
        let (mut guest, ann) = (world.guest(), world.register("ann").await.to_string());
        let good = || gift(ann.clone());
        let bad = [
            (NewNotification { code: 0, ..good() }, "code must be above 0"),
            (NewNotification { code: -1, ..good() }, "code must be above 0"),
            (NewNotification { subject: String::new(), ..good() }, "subject"),
            (NewNotification { content: "[]".into(), ..good() }, "content"),
            (NewNotification { content: String::new(), ..good() }, "content"),
            (NewNotification { user_id: "nobody".into(), ..good() }, "user id \"nobody\" is not a UUID"),
            (NewNotification { user_id: String::new(), ..good() }, "user id \"\" is not a UUID"),
            (NewNotification { sender_id: "nobody".into(), ..good() }, "sender id \"nobody\" is not a UUID"),
        ];
        for (bad, text) in bad {
            let error = guest.send(vec![good(), bad.clone()]).await.unwrap_err();
            assert!(error.code == 3 && error.message.contains(text), "{bad:?}: {error:?}");
        }
        let error = guest.send(vec![good(); NOTIFICATIONS + 1]).await.unwrap_err();
        assert_eq!(error.message, "101 notifications in one call, the limit is 100");
        assert!(kept(&mut guest, &ann).await.is_empty());
        guest.send(vec![]).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_no_list_or_id_is_refused() {
        let mut guest = World::new().guest();
        let user = || Uuid::from_u128(1).to_string();
        for (user, limit, cursor) in [(user(), 0, ""), (user(), 101, ""), ("x".into(), 1, ""), (user(), 1, "junk")] {
            let error = Host::list(&mut guest, user, limit, cursor.into()).await.unwrap_err();
            assert_eq!(error.code, 3, "{limit} {cursor:?}");
        }
        assert_eq!(Host::delete(&mut guest, user(), vec!["x".into()]).await.unwrap_err().code, 3);
        assert_eq!(Host::delete(&mut guest, user(), vec![user(); NOTIFICATIONS + 1]).await.unwrap_err().code, 3);
    }
}
