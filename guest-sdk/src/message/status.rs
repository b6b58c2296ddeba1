//! Messages about online statuses.

use super::{UserPresence, messages};

messages! {
    /// Wanting to be told of the statuses of users.
    StatusFollow {
        /// By id.
        user_ids: Vec<String>,
        /// By user name.
        usernames: Vec<String>,
    }

    /// Wanting it no more.
    StatusUnfollow {
        /// Of whom.
        user_ids: Vec<String>,
    }

    /// Showing a status.
    StatusUpdate {
        /// Free text, at most 2048 bytes; absent to go offline.
        status: Option<String>,
    }

    /// Who is online.
    Status {
        /// The statuses, one for each session.
        presences: Vec<UserPresence>,
    }
}
