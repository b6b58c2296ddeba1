//! The rules for what groups are made of.

use super::{GroupError, GroupUpdate, NewGroup};
use crate::account::check::{METADATA_LEN_MAX, text, too_long};
use crate::json;
use crate::store::group::fold;

/// Bytes of a name.
pub(crate) const NAME_LEN_MAX: usize = 255;

/// A new group.
pub(super) fn new(new: &NewGroup) -> Result<(), GroupError> {
    if new.name.is_empty() {
        return Err(GroupError::NameRequired);
    }
    name(&new.name)?;
    lengths(&new.description, &new.lang_tag, &new.avatar_url, &new.metadata)?;
    if !new.metadata.is_empty() {
        metadata(&new.metadata)?;
    }
    max_count(new.max_count)
}

/// A change of a group.
pub(super) fn update(update: &GroupUpdate) -> Result<(), GroupError> {
    if *update == GroupUpdate::default() {
        return Err(GroupError::NothingToUpdate);
    }
    match update.name.as_deref() {
        Some("") => return Err(GroupError::NameEmpty),
        Some(new) => name(new)?,
        None => {}
    }
    if update.lang_tag.as_deref() == Some("") {
        return Err(GroupError::LanguageEmpty);
    }
    lengths(text(&update.description), text(&update.lang_tag), text(&update.avatar_url), text(&update.metadata))?;
    update.metadata.as_deref().map_or(Ok(()), metadata)?;
    match update.max_count {
        Some(0) => Err(GroupError::InvalidMaxCount),
        Some(count) => max_count(count),
        None => Ok(()),
    }
}

fn name(name: &str) -> Result<(), GroupError> {
    // Some letters take more bytes in lower case, and the limit is that of a key.
    let length = name.len().max(fold(name).len());
    match name {
        _ if length > NAME_LEN_MAX => Err(GroupError::NameTooLong(length)),
        _ if name.chars().any(char::is_control) => Err(GroupError::NameCharacters),
        _ => Ok(()),
    }
}

/// The limits count characters, as those of accounts do.
fn lengths(description: &str, lang_tag: &str, avatar_url: &str, metadata: &str) -> Result<(), GroupError> {
    let limited = [
        ("description", description, 255),
        ("lang_tag", lang_tag, 18),
        ("avatar_url", avatar_url, 512),
        ("metadata", metadata, METADATA_LEN_MAX),
    ];
    match too_long(limited) {
        Some((field, length, limit)) => Err(GroupError::FieldTooLong { field, length, limit }),
        None => Ok(()),
    }
}

fn metadata(text: &str) -> Result<(), GroupError> {
    if json::is_object(text) { Ok(()) } else { Err(GroupError::InvalidMetadata) }
}

/// The wire tells of it in 32 bits with a sign.
fn max_count(count: u32) -> Result<(), GroupError> {
    if i32::try_from(count).is_ok() { Ok(()) } else { Err(GroupError::InvalidMaxCount) }
}
