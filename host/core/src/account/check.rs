//! The rules for what accounts are made of, in the order in which Nakama checks them (api_authenticate.go, api_link.go).

use super::{AccountError, AccountUpdate};
use crate::json;

/// Bytes of a password: argon2 reads all of them before its cost begins.
const PASSWORD_LEN_MAX: usize = 4096;
/// Bytes of metadata.
pub(crate) const METADATA_LEN_MAX: usize = 16 * 1024;

/// A device id.
pub(super) fn device(id: &str) -> Result<(), AccountError> {
    match id {
        "" => Err(AccountError::DeviceRequired),
        _ if has_blank_or_control(id) => Err(AccountError::DeviceCharacters),
        _ if !(10..=128).contains(&id.len()) => Err(AccountError::DeviceLength),
        _ => Ok(()),
    }
}

/// A custom id.
pub(super) fn custom_id(id: &str) -> Result<(), AccountError> {
    match id {
        "" => Err(AccountError::CustomIdRequired),
        _ if has_blank_or_control(id) => Err(AccountError::CustomIdCharacters),
        _ if !(6..=128).contains(&id.len()) => Err(AccountError::CustomIdLength),
        _ => Ok(()),
    }
}

/// An email address; in lower case, as it is stored.
pub(super) fn email(email: &str) -> Result<String, AccountError> {
    if has_blank_or_control(email) {
        return Err(AccountError::EmailCharacters);
    }
    if !has_email_form(email) {
        return Err(AccountError::EmailFormat);
    }
    let lower = email.to_lowercase();
    // Some letters take more bytes in lower case, and the limit is that of a key.
    if !(10..=255).contains(&email.len()) || lower.len() > 255 {
        return Err(AccountError::EmailLength);
    }
    Ok(lower)
}

/// A password that somebody wants to have.
pub(super) fn password(password: &str) -> Result<(), AccountError> {
    match password.len() {
        0..8 => Err(AccountError::PasswordTooShort),
        8..=PASSWORD_LEN_MAX => Ok(()),
        length => Err(AccountError::PasswordTooLong(length)),
    }
}

/// A username that somebody wants to have.
pub(super) fn username(name: &str) -> Result<(), AccountError> {
    match name {
        _ if name.chars().any(char::is_control) => Err(AccountError::UsernameCharacters),
        _ if !(1..=128).contains(&name.len()) => Err(AccountError::UsernameLength),
        _ => Ok(()),
    }
}

/// The fields of an update. The limits count characters, as those of Nakama's database do.
pub(super) fn update(update: &AccountUpdate) -> Result<(), AccountError> {
    if *update == AccountUpdate::default() {
        return Err(AccountError::NothingToUpdate);
    }
    if let Some(name) = &update.username {
        username(name)?;
    }
    let limited = [
        ("display_name", text(&update.display_name), 255),
        ("avatar_url", text(&update.avatar_url), 512),
        ("lang_tag", text(&update.lang_tag), 18),
        ("location", text(&update.location), 255),
        ("timezone", text(&update.timezone), 255),
        ("metadata", text(&update.metadata), METADATA_LEN_MAX),
    ];
    if let Some((field, length, limit)) = too_long(limited) {
        return Err(AccountError::FieldTooLong { field, length, limit });
    }
    match &update.metadata {
        Some(text) if !json::is_object(text) => Err(AccountError::InvalidMetadata),
        _ => Ok(()),
    }
}

/// The first field with more characters than it may have: its name, how many it has, and how many it may have.
pub(crate) fn too_long<'a>(
    fields: impl IntoIterator<Item = (&'static str, &'a str, usize)>,
) -> Option<(&'static str, usize, usize)> {
    let mut counted = fields.into_iter().map(|(field, text, limit)| (field, text.chars().count(), limit));
    counted.find(|(_, length, limit)| length > limit)
}

/// The text of a field; empty where there is none.
pub(crate) fn text(field: &Option<String>) -> &str {
    field.as_deref().unwrap_or_default()
}

fn has_blank_or_control(text: &str) -> bool {
    text.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// Something, an at sign, something, a dot, something.
fn has_email_form(text: &str) -> bool {
    let Some((before, after)) = text.rsplit_once('.') else { return false };
    // The last at sign that has something before it and something between it and the last dot.
    !after.is_empty() && before.char_indices().any(|(at, c)| c == '@' && at > 0 && at + 1 < before.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails_have_their_form() {
        for good in ["ann@example.test", "a@b.example.", "a@b@c.example", "a.b@c.de-long"] {
            let expected = if good.ends_with('.') { Err(AccountError::EmailFormat) } else { Ok(good.to_owned()) };
            assert_eq!(email(good), expected, "{good}");
        }
        assert_eq!(email("Ann@Example.TEST"), Ok("ann@example.test".into()));
        for bad in ["nothing.example.test", "@example.test", "ann@example", "ann@.testtest", "annexample.t@st"] {
            assert_eq!(email(bad), Err(AccountError::EmailFormat), "{bad}");
        }
        assert_eq!(email("not an address"), Err(AccountError::EmailCharacters));
        assert_eq!(email("a@b.c"), Err(AccountError::EmailLength));
    }
}
