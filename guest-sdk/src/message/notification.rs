//! Messages about notifications.

use super::{Timestamp, messages};

messages! {
    /// What a user is told.
    Notification {
        /// A UUID.
        id: String,
        /// What it is about.
        subject: String,
        /// A JSON object, as text.
        content: String,
        /// Above 0 for the game's own; 0 and below are the server's.
        code: i32,
        /// Who sent it, a UUID; empty or nil for the server itself.
        sender_id: String,
        /// When.
        create_time: Option<Timestamp>,
        /// Whether it is kept until the user deletes it.
        persistent: bool,
    }

    /// One page of the notifications that are kept for a user.
    NotificationList {
        /// The notifications, oldest first.
        notifications: Vec<Notification>,
        /// Where newer ones will be.
        cacheable_cursor: String,
    }

    /// Reading one's notifications.
    ListNotificationsRequest {
        /// How many, 1 to 100; absent means 1.
        limit: Option<i32>,
        /// Where to go on, from an earlier page.
        cacheable_cursor: String,
    }

    /// Deleting notifications of one's own.
    DeleteNotificationsRequest {
        /// Which.
        ids: Vec<String>,
    }
}
