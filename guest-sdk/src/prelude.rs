//! What a plugin imports: `use meadhall_guest::prelude::*;`.

pub use crate::channel::Sender;
pub use crate::context::Mode;
pub use crate::friend::{FriendState, Whom};
pub use crate::group::{By, GroupChanges, GroupFilter, GroupState, NewGroup};
pub use crate::hook::*;
pub use crate::message::*;
pub use crate::notification::NewNotification;
pub use crate::storage::{Condition, ObjectId, Put, ReadPermission, Removal, WritePermission};
pub use crate::stream::{Join, Presence, PresenceId, PresenceMeta, Show, Stream};
pub use crate::{Context, Error, Event, Json, Result};
// `event` is the module and the attribute.
pub use crate::{account, channel, event, file, friend, group, http, metrics, notification};
pub use crate::{session, status, storage, stream, users};
// `error` is the macro, and the module with the codes.
pub use crate::{debug, error, info, trace, warn};
pub use meadhall_guest_macros::{after, before, cron, plugin, rpc, session_end, session_start, start};
pub use serde_json::json;
