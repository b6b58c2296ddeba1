//! Accounts: who a user is, and how they log in.

use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::store::StoreError;
use std::net::IpAddr;

/// Accounts and the credentials linked to them.
#[derive(Debug)]
pub struct Accounts {}

/// What everybody may see of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub username: String,
    pub display_name: String,
    pub avatar_url: String,
    pub lang_tag: String,
    pub location: String,
    pub timezone: String,
    /// A JSON object.
    pub metadata: String,
    /// Whether a session with a status is connected.
    pub online: bool,
    /// How many friends.
    pub edge_count: u32,
    pub create_time: Timestamp,
    pub update_time: Timestamp,
}

/// What only the user sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    pub user: User,
    pub email: Option<String>,
    pub devices: Vec<String>,
    pub custom_id: Option<String>,
}

/// What to change in an account: what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountUpdate {
    pub username: Option<String>,
    pub display_name: Option<String>,
    pub avatar_url: Option<String>,
    pub lang_tag: Option<String>,
    pub location: Option<String>,
    pub timezone: Option<String>,
    /// A JSON object; plugins only.
    pub metadata: Option<String>,
}

/// How a user proves who they are. Linking takes the same.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    Device(String),
    Email { email: String, password: String },
    Custom(String),
}

/// A successful login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    pub user_id: UserId,
    pub username: String,
    /// Whether the account was made just now.
    pub created: bool,
}

/// A login attempt.
#[derive(Clone)]
pub struct LoginRequest {
    pub credential: Credential,
    /// Make the account where there is none.
    pub create: bool,
    /// The name of a new account, and of an existing one where the wire lets a login by name; made up when empty.
    pub username: String,
    /// Where the attempt comes from, for the limit on failures.
    pub address: Option<IpAddr>,
}

/// Why an account operation is refused. (Variants are completed by the implementation: one for each text of the wire.)
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    #[error("User account not found.")]
    NotFound,
    #[error("Username is already in use.")]
    UsernameTaken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Logs in, or makes an account.
    pub async fn authenticate(&self, _request: LoginRequest) -> Result<Login, AccountError> {
        todo!()
    }
    /// Adds a way to log in.
    pub async fn link(&self, _user: UserId, _credential: Credential) -> Result<(), AccountError> {
        todo!()
    }
    /// Takes a way to log in away; refused for the last one.
    pub async fn unlink(&self, _user: UserId, _credential: Credential) -> Result<(), AccountError> {
        todo!()
    }
    /// The account of a user.
    pub async fn get(&self, _user: UserId) -> Result<Account, AccountError> {
        todo!()
    }
    /// Changes an account.
    pub async fn update(&self, _user: UserId, _update: AccountUpdate) -> Result<(), AccountError> {
        todo!()
    }
    /// Deletes an account and closes its sockets.
    pub async fn delete(&self, _user: UserId) -> Result<(), AccountError> {
        todo!()
    }
    /// The users with these ids or names; unknown ones are left out.
    pub async fn users(&self, _ids: Vec<UserId>, _usernames: Vec<String>) -> Result<Vec<User>, AccountError> {
        todo!()
    }
}
