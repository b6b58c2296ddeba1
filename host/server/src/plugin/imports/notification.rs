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
