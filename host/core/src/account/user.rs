//! Users: what everybody may see of an account.

use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::store::StoreError;
use crate::store::account::public::PublicRow;
use crate::store::view::Rows;
use std::sync::Arc;

/// Whether a session of the user with a status is connected. Given by whoever knows the presences.
type OnlineCheck = Arc<dyn Fn(UserId) -> bool + Send + Sync>;

/// What everybody may see of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// Who.
    pub id: UserId,
    /// Unique, 1 to 128 bytes.
    pub username: String,
    /// Empty for none.
    pub display_name: String,
    /// Empty for none.
    pub avatar_url: String,
    /// Such as `en`.
    pub lang_tag: String,
    /// Empty for none.
    pub location: String,
    /// Empty for none.
    pub timezone: String,
    /// A JSON object.
    pub metadata: String,
    /// Whether a session with a status is connected.
    pub online: bool,
    /// How many friends.
    pub edge_count: u32,
    /// A whole second.
    pub create_time: Timestamp,
    /// A whole second.
    pub update_time: Timestamp,
}

/// Whom an operation is about: by id, by name, or both.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// Users' ids.
    pub ids: Vec<UserId>,
    /// Users' names.
    pub usernames: Vec<String>,
}

/// Makes users of the rows of accounts. Cloning is cheap.
#[derive(Clone)]
pub struct Users {
    is_online: OnlineCheck,
    started: Timestamp,
}

impl std::fmt::Debug for Users {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Users").field("started", &self.started).finish_non_exhaustive()
    }
}

impl Users {
    /// Users, of which `is_online` says who is connected with a status. The server itself is a user since `started`.
    pub fn new(started: Timestamp, is_online: impl Fn(UserId) -> bool + Send + Sync + 'static) -> Self {
        Self { is_online: Arc::new(is_online), started: started.whole_second() }
    }

    /// The user of an id, the server itself for the nil one; none when there is no such account.
    pub(crate) fn read(&self, rows: &impl Rows, id: UserId) -> Result<Option<User>, StoreError> {
        if id.is_nil() {
            return Ok(Some(self.server()));
        }
        Ok(rows.public_row(id)?.map(|row| self.user(id, row)))
    }

    /// The nil user is the server itself, since it was started.
    pub(crate) fn server(&self) -> User {
        let (create_time, update_time) = (self.started, self.started);
        User { lang_tag: "en".into(), metadata: "{}".into(), create_time, update_time, ..User::default() }
    }

    /// The user of an account.
    pub(crate) fn user(&self, id: UserId, row: impl Into<PublicRow>) -> User {
        let row = row.into();
        User {
            id,
            username: row.username,
            display_name: row.display_name,
            avatar_url: row.avatar_url,
            lang_tag: row.lang_tag,
            location: row.location,
            timezone: row.timezone,
            metadata: row.metadata,
            online: (self.is_online)(id),
            edge_count: row.edge_count,
            create_time: Timestamp::from_seconds(row.create_time),
            update_time: Timestamp::from_seconds(row.update_time),
        }
    }
}
