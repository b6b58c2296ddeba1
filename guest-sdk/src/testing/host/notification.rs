//! Notifications.

use super::json;
use crate::bindings::meadhall::plugin::notification::NewNotification;
use crate::message::NotificationList;
use crate::testing::checks::{at_most_many, id, ids, is_object, page_size, user_or_server};
use crate::testing::state::{NIL, State, with};
use crate::{Error, Result};

const SUBJECT_CHARACTERS: usize = 255;
const CONTENT_BYTES: usize = 64 << 10;

pub fn send(notifications: &[NewNotification]) -> Result<()> {
    at_most_many("notification", notifications.len())?;
    let mut lifted = Vec::with_capacity(notifications.len());
    for new in notifications {
        lifted.push((id("user id", &new.user_id)?, user_or_server("sender id", &new.sender_id)?, new));
    }
    notifications.iter().try_for_each(check)?;
    with(|state| {
        for (user, _, new) in &lifted {
            if new.persistent && !state.accounts.contains_key(user) {
                return Err(Error::not_found(format!("there is no user {user} to store a notification for")));
            }
        }
        for (user, sender, new) in lifted {
            post(state, &user, &sender, new);
        }
        Ok(())
    })
}

fn post(state: &mut State, user: &str, sender: &str, new: &NewNotification) {
    let mut notification = super::notification(state, new.subject.clone(), new.content.clone(), new.code, sender);
    notification.persistent = new.persistent;
    state.notify(user, notification);
}

pub fn list(user_id: &str, limit: u32, cursor: &str) -> Result<String> {
    let (user, limit) = (id("user id", user_id)?, page_size(limit)?);
    let wrong = || Error::invalid_argument("Cursor is invalid.");
    let after = match cursor {
        "" => Some(NIL.to_owned()),
        cursor => Some(cursor.strip_prefix("after ").ok_or_else(wrong)?.to_owned()),
    };
    let all = with(|state| state.notifications.get(&user).cloned().unwrap_or_default());
    let all = all.into_iter().filter(|one| after.as_ref().is_none_or(|after| one.id > *after));
    let mut found: Vec<_> = all.take(limit).collect();
    for one in &mut found {
        if one.sender_id == NIL {
            one.sender_id.clear();
        }
    }
    let last = found.last().map(|last| last.id.clone()).or(after).unwrap_or_default();
    let cacheable_cursor = format!("after {last}");
    Ok(json(&NotificationList { notifications: found, cacheable_cursor, ..NotificationList::default() }))
}

pub fn delete(user_id: &str, notification_ids: &[impl AsRef<str>]) -> Result<()> {
    let (user, gone) = (id("user id", user_id)?, ids("notification id", notification_ids)?);
    with(|state| {
        if let Some(kept) = state.notifications.get_mut(&user) {
            kept.retain(|one| !gone.contains(&one.id));
        }
    });
    Ok(())
}

fn check(new: &NewNotification) -> Result<()> {
    let length = new.subject.chars().count();
    let problem = match new {
        new if new.subject.is_empty() => "subject must not be empty".to_owned(),
        _ if length > SUBJECT_CHARACTERS => {
            format!("subject is {length} characters, the limit is {SUBJECT_CHARACTERS}")
        }
        new if new.content.len() > CONTENT_BYTES => {
            format!("content is {} bytes, the limit is {CONTENT_BYTES}", new.content.len())
        }
        new if !is_object(&new.content) => "content must be a JSON object".to_owned(),
        new if new.code <= 0 => format!("code must be above 0, it is {}", new.code),
        _ => return Ok(()),
    };
    Err(Error::invalid_argument(problem))
}
