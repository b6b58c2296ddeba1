//! Cursors: places in a user's list of notifications, as opaque text.

use crate::ids::{NotificationId, UserId};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use uuid::Uuid;

/// Changes with the encoding, so that a cursor of another build is refused and not misread.
const VERSION: u8 = 1;

/// A place in the list of one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) user: UserId,
    /// The notification that was seen last, which may be deleted since; nil at the beginning.
    pub(super) last: NotificationId,
}

impl Cursor {
    /// As text that fits a query parameter.
    pub(super) fn encode(self) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(self.user.uuid().as_bytes());
        bytes.extend(self.last.uuid().as_bytes());
        URL_SAFE.encode(bytes)
    }

    /// From text; none when [`Self::encode`] did not make it.
    pub(super) fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE.decode(text).ok()?;
        let (&[version], ids) = bytes.split_first_chunk()?;
        let (user, last) = ids.split_at_checked(16)?;
        if version != VERSION {
            return None;
        }
        let [user, last] = [user, last].map(Uuid::from_slice);
        Some(Self { user: UserId::new(user.ok()?), last: NotificationId::new(last.ok()?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_it_was_and_no_other_length_is_one(user: u128, last: u128, bytes: Vec<u8>) {
            let user = UserId::new(Uuid::from_u128(user));
            let cursor = Cursor { user, last: NotificationId::new(Uuid::from_u128(last)) };
            prop_assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
            prop_assume!(bytes.len() != 33 || bytes[0] != VERSION);
            prop_assert_eq!(Cursor::decode(&URL_SAFE.encode(bytes)), None);
        }

        #[test]
        fn junk_is_refused(junk in ".*") {
            prop_assert_eq!(Cursor::decode(&junk), None);
        }
    }
}
