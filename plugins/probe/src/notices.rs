//! Payloads about notifications.

use meadhall_guest::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A notification to send.
#[derive(Deserialize)]
pub(crate) struct Notice {
    user_id: String,
    subject: String,
    #[serde(default)]
    content: Map<String, Value>,
    code: i32,
    #[serde(default)]
    sender_id: String,
    #[serde(default)]
    persistent: bool,
}

impl Notice {
    pub(crate) fn send(self) -> Result<()> {
        let new = NewNotification::new(self.user_id, self.subject, &self.content, self.code)?;
        notification::send(&[new.sender(self.sender_id).persistent(self.persistent)])
    }
}
