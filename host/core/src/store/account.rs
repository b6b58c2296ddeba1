//! The rows of accounts: one for each account, and one index row for each name and credential, which makes it unique.

pub(crate) mod public;

use super::dump::{Fault, Table, record};
use super::key::{Key, KeyFields, Tag};
use super::view::Rows;
use super::{StoreError, Txn};
use crate::ids::UserId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use uuid::Uuid;

/// An account as it is stored and exported. A field that is added later needs a default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct AccountRow {
    pub(crate) username: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) display_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) avatar_url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) lang_tag: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) location: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) timezone: String,
    /// A JSON object.
    pub(crate) metadata: String,
    /// In lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    /// The hash of the password, as a PHC string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) password: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) devices: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) custom_id: Option<String>,
    /// How many friends the user has.
    pub(crate) edge_count: u32,
    /// Since when the account is disabled, in seconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disable_time: Option<i64>,
    /// Seconds since the Unix epoch.
    pub(crate) create_time: i64,
    /// Seconds since the Unix epoch.
    pub(crate) update_time: i64,
}

/// What only one account can have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unique {
    Username(String),
    Device(String),
    /// In lower case.
    Email(String),
    Custom(String),
}

/// Why an account cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PutError {
    /// Another account has it.
    Taken(Unique),
    Store(StoreError),
}

impl From<StoreError> for PutError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Unique {
    fn text(&self) -> &str {
        let (Self::Username(text) | Self::Device(text) | Self::Email(text) | Self::Custom(text)) = self;
        text
    }

    fn key(&self) -> Key {
        let tag = match self {
            Self::Username(_) => Tag::Username,
            Self::Device(_) => Tag::Device,
            Self::Email(_) => Tag::Email,
            Self::Custom(_) => Tag::Custom,
        };
        Key::new(tag).raw(self.text().as_bytes())
    }
}

impl AccountRow {
    /// Everything of it that no other account can have.
    fn uniques(&self) -> BTreeSet<Unique> {
        let devices = self.devices.iter().cloned().map(Unique::Device);
        let email = self.email.clone().map(Unique::Email);
        let custom = self.custom_id.clone().map(Unique::Custom);
        devices.chain(email).chain(custom).chain([Unique::Username(self.username.clone())]).collect()
    }
}

/// The account of a user.
pub(crate) fn get(rows: &impl Rows, user: UserId) -> Result<Option<AccountRow>, StoreError> {
    rows.row(&account_key(user))?.map(|value| decode(&value)).transpose()
}

/// Whether a user has an account.
pub(crate) fn exists(rows: &impl Rows, user: UserId) -> Result<bool, StoreError> {
    Ok(rows.row(&account_key(user))?.is_some())
}

/// Whose something is.
pub(crate) fn find(rows: &impl Rows, unique: &Unique) -> Result<Option<UserId>, StoreError> {
    let Some(value) = rows.row(&unique.key())? else { return Ok(None) };
    let id =
        Uuid::from_slice(&value).map_err(|_| StoreError::Unreadable(format!("the owner of {unique:?} is no id")))?;
    Ok(Some(UserId::new(id)))
}

/// Stores an account, new or changed, or removes it, with its index rows.
pub(crate) fn put(txn: &mut Txn, user: UserId, account: Option<&AccountRow>) -> Result<(), PutError> {
    let old = get(txn, user)?.map(|row| row.uniques()).unwrap_or_default();
    let new = account.map(AccountRow::uniques).unwrap_or_default();
    for added in new.difference(&old) {
        if find(txn, added)?.is_some() {
            return Err(PutError::Taken(added.clone()));
        }
        txn.put(added.key(), user.uuid().as_bytes().to_vec())?;
    }
    for removed in old.difference(&new) {
        txn.delete(removed.key())?;
    }
    match account {
        Some(account) => txn.put(account_key(user), encode(account)?)?,
        None => txn.delete(account_key(user))?,
    }
    Ok(())
}

/// Changes how many friends a user has; nothing happens when there is no such account.
pub(crate) fn count_friends(txn: &mut Txn, user: UserId, change: i32) -> Result<(), StoreError> {
    let Some(mut row) = get(txn, user)? else { return Ok(()) };
    row.edge_count = row.edge_count.saturating_add_signed(change);
    txn.put(account_key(user), encode(&row)?)
}

fn account_key(user: UserId) -> Key {
    Key::new(Tag::Account).uuid(user.uuid())
}

fn encode(row: &AccountRow) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(row).map_err(|error| StoreError::Failed(error.to_string()))
}

fn decode<T: DeserializeOwned>(value: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(value).map_err(|error| StoreError::Unreadable(format!("an account: {error}")))
}

/// How an account is exported.
#[derive(Serialize, Deserialize)]
struct AccountRecord {
    id: Uuid,
    #[serde(flatten)]
    row: AccountRow,
}

/// What is told to a user, or to whoever asks for them, of their own account: everything but the hash of the password.
pub(crate) fn document(user: UserId, row: AccountRow) -> Result<serde_json::Value, StoreError> {
    record(AccountRecord { id: user.uuid(), row: AccountRow { password: None, ..row } })
}

/// Accounts, for export and import. Their index rows are made anew, and so is the count of friends, by the friends.
pub(crate) const TABLE: Table = Table {
    kind: "account",
    rows: || Key::new(Tag::Account).range(),
    export: |key, value| {
        let id = KeyFields::new(Tag::Account, key).and_then(|mut fields| fields.uuid());
        let id = id.ok_or_else(|| StoreError::Unreadable("the key of an account is damaged".into()))?;
        record(AccountRecord { id, row: decode(value)? })
    },
    import: |txn, record| {
        let AccountRecord { id, mut row } = serde_json::from_value(record)?;
        row.edge_count = 0;
        let user = UserId::new(id);
        if get(txn, user)?.is_some() {
            return Err(Fault::Record(format!("account {id} is there twice")));
        }
        for unique in row.uniques() {
            if !(1..=255).contains(&unique.text().len()) {
                return Err(Fault::Record(format!("{unique:?} must be 1 to 255 bytes")));
            }
        }
        put(txn, user, Some(&row)).map_err(|error| match error {
            PutError::Taken(unique) => Fault::Record(format!("{unique:?} is another account's too")),
            PutError::Store(error) => error.into(),
        })
    },
};
