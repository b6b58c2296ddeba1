//! What the server checks of arguments, with its codes and texts.

use super::state::{NIL, State};
use crate::{Error, Result};
use serde_json::Value;

/// Bytes of content in one message, of an envelope, of an event.
pub(super) const CONTENT: usize = 64 << 10;
/// Users, groups, notifications or objects in one call, and entries of a page.
pub(super) const MANY: usize = 100;

/// An id, in lower case; `what` names it.
pub(super) fn id(what: &str, text: &str) -> Result<String> {
    uuid(text).ok_or_else(|| Error::invalid_argument(format!("{what} {:?} is not a UUID", shortened(text))))
}

/// A UUID with or without its hyphens.
pub(super) fn uuid(text: &str) -> Option<String> {
    let digits = match text.len() {
        36 if [8, 13, 18, 23].iter().all(|&place| text.as_bytes()[place] == b'-') => text.replace('-', ""),
        32 => text.to_owned(),
        _ => return None,
    };
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let digits = digits.to_lowercase();
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    Some(parts.join("-"))
}

/// Many ids.
pub(super) fn ids(what: &str, texts: &[impl AsRef<str>]) -> Result<Vec<String>> {
    at_most_many(what, texts.len())?;
    texts.iter().map(|text| id(what, text.as_ref())).collect()
}

/// The id of a user who is somebody.
pub(super) fn somebody(text: &str) -> Result<String> {
    match id("user id", text)? {
        nil if nil == NIL => Err(Error::invalid_argument("the server itself cannot do this: the user id is nil")),
        user => Ok(user),
    }
}

/// A user, or the server itself where the text is empty.
pub(super) fn user_or_server(what: &str, text: &str) -> Result<String> {
    if text.is_empty() { Ok(NIL.to_owned()) } else { id(what, text) }
}

/// Refuses a list that is too long.
pub(super) fn at_most_many(what: &str, count: usize) -> Result<()> {
    if count > MANY {
        return Err(Error::invalid_argument(format!("{count} {what}s in one call, the limit is {MANY}")));
    }
    Ok(())
}

/// Refuses a text that is too long.
pub(super) fn at_most(what: &str, text: &str, bytes: usize) -> Result<()> {
    if text.len() > bytes {
        return Err(Error::invalid_argument(format!("{what} is {} bytes, the limit is {bytes}", text.len())));
    }
    Ok(())
}

/// The size of a page.
pub(super) fn page_size(limit: u32) -> Result<usize> {
    match limit as usize {
        size @ 1..=MANY => Ok(size),
        _ => Err(Error::invalid_argument(format!("limit {limit} must be 1 to {MANY}"))),
    }
}

/// As much of a text as an error repeats.
pub(super) fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(100)]
}

/// Whether a text is a JSON object.
pub(super) fn is_object(json: &str) -> bool {
    matches!(serde_json::from_str(json), Ok(Value::Object(_)))
}

/// A page of a list, and the cursor behind it: the number of entries before the next page.
pub(super) fn page<T>(all: Vec<T>, limit: usize, cursor: &str, invalid: &str) -> Result<(Vec<T>, String)> {
    let wrong = || Error::invalid_argument(invalid);
    let begin = match cursor {
        "" => 0,
        cursor => cursor.strip_prefix("after ").and_then(|count| count.parse().ok()).ok_or_else(wrong)?,
    };
    if begin > all.len() {
        return Err(wrong());
    }
    let end = all.len().min(begin + limit);
    let next = if end < all.len() { format!("after {end}") } else { String::new() };
    Ok((all.into_iter().skip(begin).take(limit).collect(), next))
}

impl State {
    /// Whom a call is about, each once: by id whether there is such a user or not, by name those who are there.
    pub(super) fn targets(&self, user_ids: &[impl AsRef<str>], usernames: &[impl AsRef<str>]) -> Result<Vec<String>> {
        at_most_many("user", user_ids.len() + usernames.len())?;
        let mut found = ids("user id", user_ids)?;
        found.extend(usernames.iter().filter_map(|name| self.user_named(name.as_ref())));
        let mut seen = std::collections::BTreeSet::new();
        found.retain(|id| seen.insert(id.clone()));
        Ok(found)
    }

    /// Somebody who does something, by the name that they have now; the server itself has none.
    pub(super) fn acting(&self, user_id: &str) -> Result<String> {
        let user = self.user(user_id).ok_or_else(|| Error::not_found("User account not found."))?;
        Ok(user.username)
    }
}
