//! Accounts: who a user is, and how they log in.

pub(crate) mod check;
mod error;
mod user;
#[cfg(test)]
mod tests;

pub use error::AccountError;
pub use user::{Targets, User, Users};

use crate::clock::Environment;
use crate::friend;
use crate::ids::UserId;
use crate::password::{Failures, LoginLimits, Passwords};
use crate::storage;
use crate::store::account::{self as rows, AccountRow, PutError, Unique};
use crate::store::view::Rows;
use crate::store::{Store, StoreError, Txn};
use std::collections::HashSet;
use std::net::IpAddr;

/// Accounts and the credentials linked to them.
pub struct Accounts {
    store: Store,
    env: Environment,
    passwords: Passwords,
    failures: Failures,
    users: Users,
}

/// What only the user sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// What others see too.
    pub user: User,
    /// In lower case.
    pub email: Option<String>,
    /// The ids of linked devices, oldest first.
    pub devices: Vec<String>,
    /// An id that some other system gave.
    pub custom_id: Option<String>,
}

/// What to change in an account: what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountUpdate {
    /// 1 to 128 bytes.
    pub username: Option<String>,
    /// At most 255 characters.
    pub display_name: Option<String>,
    /// At most 512 characters.
    pub avatar_url: Option<String>,
    /// At most 18 characters.
    pub lang_tag: Option<String>,
    /// At most 255 characters.
    pub location: Option<String>,
    /// At most 255 characters.
    pub timezone: Option<String>,
    /// A JSON object of at most 16,384 characters; plugins only.
    pub metadata: Option<String>,
}

/// How a user proves who they are. Linking takes the same.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// By the id of a device, 10 to 128 bytes.
    Device(String),
    /// By email and password.
    Email {
        /// 10 to 255 bytes, in any case.
        email: String,
        /// At least 8 bytes.
        password: String,
    },
    /// By an id that some other system gave, 6 to 128 bytes.
    Custom(String),
}

/// A successful login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Who logged in.
    pub user_id: UserId,
    /// Their name.
    pub username: String,
    /// Whether the account was made just now.
    pub created: bool,
}

/// A login attempt.
#[derive(Clone)]
pub struct LoginRequest {
    /// What proves who it is.
    pub credential: Credential,
    /// Make the account where there is none.
    pub create: bool,
    /// The name of a new account, and of an existing one where the wire lets a login by name; made up when empty.
    pub username: String,
    /// Where the attempt comes from, for the limit on failures.
    pub address: Option<IpAddr>,
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Accounts {
    /// Accounts in a store.
    pub fn new(store: Store, env: Environment, passwords: Passwords, limits: LoginLimits, users: Users) -> Self {
        Self { store, env, passwords, failures: Failures::new(limits), users }
    }

    /// Logs in, or makes an account.
    ///
    /// # Errors
    /// When something given is not valid, there is no such account, the password is wrong, or the username is taken.
    pub async fn authenticate(&self, request: LoginRequest) -> Result<Login, AccountError> {
        let LoginRequest { credential, create, username, address } = request;
        match credential {
            Credential::Device(id) => {
                check::device(&id)?;
                check_new_name(&username)?;
                self.log_in(Unique::Device(id), None, create, username).await
            }
            Credential::Custom(id) => {
                check::custom_id(&id)?;
                check_new_name(&username)?;
                self.log_in(Unique::Custom(id), None, create, username).await
            }
            Credential::Email { email, password } if email.is_empty() => {
                check::password(&password)?;
                if username.is_empty() {
                    return Err(AccountError::UsernameRequired);
                }
                check::username(&username)?;
                let found = self.password_login(Unique::Username(username), &password, address).await?;
                found.ok_or(AccountError::NotFound)
            }
            Credential::Email { email, password } => {
                let email = check::email(&email)?;
                check::password(&password)?;
                check_new_name(&username)?;
                self.email_login(email, password, create, username, address).await
            }
        }
    }

    /// Adds a way to log in. An email or custom id takes the place of the one that was linked before.
    ///
    /// # Errors
    /// When the credential is not valid, or is another account's.
    pub async fn link(&self, user: UserId, credential: Credential) -> Result<(), AccountError> {
        let hash = match &credential {
            Credential::Email { email, password } => {
                if email.is_empty() || password.is_empty() {
                    return Err(AccountError::EmailAndPasswordRequired);
                }
                check::email(email)?;
                check::password(password)?;
                Some(self.hash(password.clone()).await?)
            }
            Credential::Device(id) => check::device(id).map(|()| None)?,
            Credential::Custom(id) => check::custom_id(id).map(|()| None)?,
        };
        self.change(user, move |account| {
            match credential {
                Credential::Device(id) if account.devices.contains(&id) => {}
                Credential::Device(id) => account.devices.push(id),
                Credential::Email { email, .. } => {
                    account.email = Some(email.to_lowercase());
                    account.password = hash;
                }
                Credential::Custom(id) => account.custom_id = Some(id),
            }
            Ok(())
        })
        .await
    }

    /// Takes a way to log in away; refused for the last one. The password of an email is not asked for.
    ///
    /// # Errors
    /// When the credential is not linked to this account, or is its last.
    pub async fn unlink(&self, user: UserId, credential: Credential) -> Result<(), AccountError> {
        self.change(user, move |account| {
            let is_linked = match &credential {
                Credential::Device(id) => account.devices.contains(id),
                Credential::Email { email, .. } => account.email == Some(email.to_lowercase()),
                Credential::Custom(id) => account.custom_id.as_ref() == Some(id),
            };
            let links =
                account.devices.len() + usize::from(account.email.is_some()) + usize::from(account.custom_id.is_some());
            if !is_linked || links < 2 {
                return Err(AccountError::LastCredential);
            }
            match credential {
                Credential::Device(id) => account.devices.retain(|device| *device != id),
                Credential::Email { .. } => (account.email, account.password) = (None, None),
                Credential::Custom(_) => account.custom_id = None,
            }
            Ok(())
        })
        .await
    }

    /// The account of a user. The nil user is the server itself.
    ///
    /// # Errors
    /// When there is none.
    pub async fn get(&self, user: UserId) -> Result<Account, AccountError> {
        if user.is_nil() {
            return Ok(Account { user: self.users.server(), ..Account::default() });
        }
        let found = self.store.read(move |reader| rows::get(reader, user)).await?;
        let row = found.ok_or(AccountError::NotFound)?;
        Ok(Account {
            email: row.email.clone(),
            devices: row.devices.clone(),
            custom_id: row.custom_id.clone(),
            user: self.users.user(user, row),
        })
    }

    /// Changes an account.
    ///
    /// # Errors
    /// When nothing is given, something is not valid, or the username is taken.
    pub async fn update(&self, user: UserId, update: AccountUpdate) -> Result<(), AccountError> {
        check::update(&update)?;
        self.change(user, move |account| {
            let fields = [
                (&mut account.username, update.username),
                (&mut account.display_name, update.display_name),
                (&mut account.avatar_url, update.avatar_url),
                (&mut account.lang_tag, update.lang_tag),
                (&mut account.location, update.location),
                (&mut account.timezone, update.timezone),
                (&mut account.metadata, update.metadata),
            ];
            for (field, value) in fields {
                if let Some(value) = value {
                    *field = value;
                }
            }
            Ok(())
        })
        .await
    }

    /// Deletes an account, its credentials, its edges and its storage objects; nothing happens when there is none. Whoever calls
    /// this revokes the user's tokens and closes their sockets.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn delete(&self, user: UserId) -> Result<(), AccountError> {
        let deleted = self.store.write(move |txn| -> Result<(), AccountError> {
            friend::delete_all(txn, user)?;
            storage::delete_all(txn, user)?;
            put(txn, user, None)
        });
        deleted.await?
    }

    /// The users with these ids or names, each once, in the order asked for; unknown ones are left out.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn users(&self, ids: Vec<UserId>, usernames: Vec<String>) -> Result<Vec<User>, AccountError> {
        let found = self.store.read(move |reader| {
            let mut seen = HashSet::new();
            let mut found = Vec::new();
            let ids = ids.into_iter().map(|id| Ok(Some(id)));
            let named = usernames.into_iter().map(|name| rows::find(reader, &Unique::Username(name)));
            for id in ids.chain(named) {
                let Some(id) = id? else { continue };
                if !seen.insert(id) {
                    continue;
                }
                if id.is_nil() {
                    found.push((id, None));
                } else if let Some(row) = rows::get(reader, id)? {
                    found.push((id, Some(row)));
                }
            }
            Ok(found)
        });
        let users = found.await?.into_iter();
        Ok(users.map(|(id, row)| row.map_or_else(|| self.users.server(), |row| self.users.user(id, row))).collect())
    }

    /// Logs in with what needs no password.
    async fn log_in(
        &self,
        unique: Unique,
        password: Option<String>,
        create: bool,
        username: String,
    ) -> Result<Login, AccountError> {
        let wanted = unique.clone();
        if let Some((login, _)) = self.store.read(move |reader| look_up(reader, &wanted)).await? {
            return Ok(login);
        }
        if !create {
            return Err(AccountError::NotFound);
        }
        let env = self.env.clone();
        let made = self.store.write(move |txn| make(txn, &env, unique, password, username));
        made.await?
    }

    async fn email_login(
        &self,
        email: String,
        password: String,
        create: bool,
        username: String,
        address: Option<IpAddr>,
    ) -> Result<Login, AccountError> {
        let unique = Unique::Email(email);
        if let Some(login) = self.password_login(unique.clone(), &password, address).await? {
            return Ok(login);
        }
        if !create {
            return Err(AccountError::NotFound);
        }
        let hash = self.hash(password.clone()).await?;
        let login = self.log_in(unique.clone(), Some(hash), true, username).await?;
        if login.created {
            return Ok(login);
        }
        // Somebody else made the account while the password was hashed: then it must be theirs too.
        self.password_login(unique, &password, address).await?.ok_or(AccountError::NotFound)
    }

    /// Logs in to an existing account with a password; none when there is no such account.
    async fn password_login(
        &self,
        unique: Unique,
        password: &str,
        address: Option<IpAddr>,
    ) -> Result<Option<Login>, AccountError> {
        let Some((login, hash)) = self.store.read(move |reader| look_up(reader, &unique)).await? else {
            return Ok(None);
        };
        let Some(hash) = hash else { return Err(AccountError::InvalidCredentials) };
        let user = login.user_id;
        self.failures.check(self.env.now(), user, address)?;
        if self.passwords.verify(password.to_owned(), hash).await? {
            self.failures.succeeded(self.env.now(), user, address)?;
            Ok(Some(login))
        } else {
            self.failures.failed(self.env.now(), user, address);
            Err(AccountError::InvalidCredentials)
        }
    }

    async fn hash(&self, password: String) -> Result<String, AccountError> {
        let mut salt = [0; 16];
        self.env.fill(&mut salt);
        Ok(self.passwords.hash(password, salt).await?)
    }

    /// Changes an existing account on the writer.
    async fn change(
        &self,
        user: UserId,
        change: impl FnOnce(&mut AccountRow) -> Result<(), AccountError> + Send + 'static,
    ) -> Result<(), AccountError> {
        let now = self.env.now().seconds();
        let changed = self.store.write(move |txn| {
            let mut account = rows::get(txn, user)?.ok_or(AccountError::NotFound)?;
            change(&mut account)?;
            account.update_time = now;
            put(txn, user, Some(&account))
        });
        changed.await?
    }
}

/// A name for a new account; empty when one is to be made up.
fn check_new_name(name: &str) -> Result<(), AccountError> {
    if name.is_empty() { Ok(()) } else { check::username(name) }
}

/// The account with a credential or name, and the hash of its password.
fn look_up(reader: &impl Rows, unique: &Unique) -> Result<Option<(Login, Option<String>)>, StoreError> {
    let Some(user_id) = rows::find(reader, unique)? else { return Ok(None) };
    let Some(row) = rows::get(reader, user_id)? else { return Ok(None) };
    Ok(Some((Login { user_id, username: row.username, created: false }, row.password)))
}

/// Makes an account, where there is none still.
fn make(
    txn: &mut Txn,
    env: &Environment,
    unique: Unique,
    password: Option<String>,
    mut username: String,
) -> Result<Login, AccountError> {
    if let Some((login, _)) = look_up(txn, &unique)? {
        return Ok(login);
    }
    while username.is_empty() {
        let made_up = made_up_name(env);
        if rows::find(txn, &Unique::Username(made_up.clone()))?.is_none() {
            username = made_up;
        }
    }
    let now = env.now().seconds();
    let mut account = AccountRow {
        username: username.clone(),
        lang_tag: "en".into(),
        metadata: "{}".into(),
        password,
        create_time: now,
        update_time: now,
        ..AccountRow::default()
    };
    match unique {
        Unique::Device(id) => account.devices.push(id),
        Unique::Email(email) => account.email = Some(email),
        Unique::Custom(id) => account.custom_id = Some(id),
        Unique::Username(_) => return Err(AccountError::NotFound),
    }
    let user_id = env.user_id();
    put(txn, user_id, Some(&account))?;
    Ok(Login { user_id, username, created: true })
}

/// Ten letters.
fn made_up_name(env: &Environment) -> String {
    const LETTERS: &[u8; 52] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut random = [0; 10];
    env.fill(&mut random);
    random.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}

fn put(txn: &mut Txn, user: UserId, account: Option<&AccountRow>) -> Result<(), AccountError> {
    rows::put(txn, user, account).map_err(|error| match error {
        PutError::Taken(Unique::Username(_)) => AccountError::UsernameTaken,
        PutError::Taken(Unique::Device(_)) => AccountError::DeviceTaken,
        PutError::Taken(Unique::Email(_)) => AccountError::EmailTaken,
        PutError::Taken(Unique::Custom(_)) => AccountError::CustomIdTaken,
        PutError::Store(error) => error.into(),
    })
}
