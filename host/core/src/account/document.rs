//! Everything that is stored about one user, as one JSON document.

use super::{AccountError, rows};
use crate::ids::UserId;
use crate::store::key::{Key, KeyRange, Tag};
use crate::store::{Store, StoreError, account, friend, group, history, notification, read_marker};
use crate::{Core, storage};
use serde_json::{Value as Json, json};
use std::io;

/// Rows that are looked at in one go, so that commits are not held up for long.
const PAGE: usize = 500;

/// One list of the document.
struct Section {
    name: &'static str,
    rows: fn(UserId) -> KeyRange,
    /// Whether a row of these is about the user.
    is_about: fn(&[u8], UserId) -> bool,
    export: fn(&[u8], &[u8]) -> Result<Json, StoreError>,
}

/// What is stored about a user beside the account itself. A new feature adds its own.
const SECTIONS: &[Section] = &[
    owned("friends", |user| Key::new(Tag::Friend).uuid(user.uuid()).range(), friend::TABLE.export),
    owned(
        "groups",
        |user| Key::new(Tag::UserGroup).uuid(user.uuid()).range(),
        |key, _| {
            let (group, state) = group::user_group_of(key)?;
            Ok(json!({ "group_id": group.uuid(), "state": state as u8 }))
        },
    ),
    owned("notifications", |user| Key::new(Tag::Notification).uuid(user.uuid()).range(), notification::TABLE.export),
    owned("storage_objects", |user| Key::new(Tag::Object).uuid(user.uuid()).range(), storage::TABLE.export),
    owned("read_markers", |user| Key::new(Tag::ReadMarker).uuid(user.uuid()).range(), read_marker::TABLE.export),
    // Messages lie by channel, so all of them are looked at: slow, and exact.
    Section {
        name: "messages",
        rows: |_| Key::new(Tag::History).range(),
        is_about: history::is_from,
        export: history::TABLE.export,
    },
];

/// Rows of which all are about the user.
const fn owned(
    name: &'static str,
    rows: fn(UserId) -> KeyRange,
    export: fn(&[u8], &[u8]) -> Result<Json, StoreError>,
) -> Section {
    Section { name, rows, is_about: |_, _| true, export }
}

/// Why a document ended early.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// There is no such account, or the disk fails.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// It could not be written.
    #[error("the document cannot be written: {0}")]
    Write(#[from] io::Error),
}

impl From<StoreError> for DocumentError {
    fn from(error: StoreError) -> Self {
        Self::Account(error.into())
    }
}

impl Core {
    /// Writes everything that is stored about a user as one JSON object, piece by piece: the account with its
    /// credentials, but for the hash of the password, and beside it lists of friends, groups, notifications, storage
    /// objects, read markers, and the messages the user sent. Each row is as it was at some moment of the export. It looks
    /// at every message that is stored, so it takes long on a large server, without holding up anybody.
    ///
    /// # Errors
    /// When there is no such account, `write` fails, or the disk does.
    pub async fn export_account(
        &self,
        user: UserId,
        mut write: impl FnMut(&str) -> io::Result<()>,
    ) -> Result<(), DocumentError> {
        let account =
            self.store.read(move |reader| rows::get(reader, user)?.map(|row| account::document(user, row)).transpose());
        let account = account.await?.ok_or(AccountError::NotFound)?;
        write(&format!("{{\"account\":{account}"))?;
        for section in SECTIONS {
            write(&format!(",\"{}\":[", section.name))?;
            let (mut rest, mut separator) = (Some((section.rows)(user)), "");
            while let Some(range) = rest {
                let (found, next) = page(&self.store, section, user, range).await?;
                for row in found {
                    write(&format!("{separator}{row}"))?;
                    separator = ",";
                }
                rest = next;
            }
            write("]")?;
        }
        Ok(write("}")?)
    }
}

/// What the next rows say of a user, and where the rest is.
async fn page(
    store: &Store,
    section: &'static Section,
    user: UserId,
    range: KeyRange,
) -> Result<(Vec<Json>, Option<KeyRange>), StoreError> {
    let read = store.read(move |reader| {
        let (mut found, mut last, mut count) = (Vec::new(), None, 0);
        for row in reader.range(range.clone()).take(PAGE) {
            let (key, value) = row?;
            if (section.is_about)(&value, user) {
                found.push((section.export)(&key, &value)?);
            }
            (last, count) = (Some(key), count + 1);
        }
        Ok((found, last.filter(|_| count == PAGE).map(|last| range.after(last))))
    });
    read.await
}
