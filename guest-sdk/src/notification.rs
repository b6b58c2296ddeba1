//! Notifications: what a user is told, live on every socket and, where wanted, kept until they delete it.
//!
//! ```no_run
//! # use meadhall_guest::prelude::*;
//! # fn f(ctx: &Context) -> Result<()> {
//! let code = 1; // the game's own: clients tell notifications apart by it
//! let gift = NewNotification::new(ctx.user_id()?, "a gift", &json!({ "gold": 5 }), code)?;
//! notification::send(&[gift.persistent(true)])?;
//! # Ok(()) }
//! ```

use crate::Result;
use crate::host::host_call;
use crate::message::NotificationList;
use serde::Serialize;

pub use crate::bindings::meadhall::plugin::notification::NewNotification;

impl NewNotification {
    /// A notification of the server itself, for the sockets of the moment. `content` becomes a JSON object; the code is
    /// above 0.
    ///
    /// # Errors
    /// When the content cannot be written as JSON.
    pub fn new(
        user_id: impl Into<String>,
        subject: impl Into<String>,
        content: &impl Serialize,
        code: i32,
    ) -> Result<Self> {
        Ok(Self {
            user_id: user_id.into(),
            subject: subject.into(),
            content: serde_json::to_string(content)?,
            code,
            sender_id: String::new(),
            persistent: false,
        })
    }

    /// Says which user sends it.
    #[must_use]
    pub fn sender(mut self, user_id: impl Into<String>) -> Self {
        self.sender_id = user_id.into();
        self
    }

    /// Says whether it is kept until the user deletes it.
    #[must_use]
    pub fn persistent(mut self, persistent: bool) -> Self {
        self.persistent = persistent;
        self
    }
}

/// Sends notifications, at most 100, all or none. Those that are kept are on disk before this returns.
///
/// # Errors
/// Invalid argument (3) for a code that is not above 0, an empty subject, content that is no JSON object, an id that is
/// no UUID, or too many.
pub fn send(notifications: &[NewNotification]) -> Result<()> {
    host_call!(notification::send(notifications))
}

/// One page of the notifications that are kept for a user, oldest first, 1 to 100. The cursor is one of an earlier page.
///
/// # Errors
/// Invalid argument (3) for another limit, or a cursor that is not of this list.
pub fn list(user_id: &str, limit: u32, cursor: Option<&str>) -> Result<NotificationList> {
    let page = host_call!(notification::list(user_id, limit, cursor.unwrap_or_default()))?;
    Ok(serde_json::from_str(&page)?)
}

/// Deletes notifications that are kept for a user, at most 100; unknown ones are ignored.
///
/// # Errors
/// Invalid argument (3) for ids that are no UUIDs, and for too many.
pub fn delete(user_id: &str, ids: &[String]) -> Result<()> {
    host_call!(notification::delete(user_id, ids))
}
