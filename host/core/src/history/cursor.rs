//! Cursors: places in a history, as opaque text.

use crate::ids::MessageId;
use crate::stream::Stream;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use uuid::Uuid;

/// Changes with the encoding, so that a cursor of another build is refused and not misread.
const VERSION: u8 = 1;

/// Bytes before the label: version, flags, mode, subject, subcontext, id.
const FIXED: usize = 3 + 3 * 16;

const FORWARD: u8 = 1;
const ONWARD: u8 = 2;

/// A place in the history of one channel, read in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) stream: Stream,
    /// Whether pages are read oldest first.
    pub(crate) forward: bool,
    /// Whether the page lies behind the place in the direction of reading; otherwise it ends before it.
    pub(crate) onward: bool,
    /// The message that the page begins after, or ends before. It may have been removed since.
    pub(crate) id: MessageId,
}

impl Cursor {
    /// As text that fits a query parameter.
    pub(crate) fn encode(&self) -> String {
        let mut bytes = Vec::with_capacity(FIXED + self.stream.label.len());
        let flags = if self.forward { FORWARD } else { 0 } | if self.onward { ONWARD } else { 0 };
        bytes.extend([VERSION, flags, self.stream.mode]);
        bytes.extend(self.stream.subject.as_bytes());
        bytes.extend(self.stream.subcontext.as_bytes());
        bytes.extend(self.id.uuid().as_bytes());
        bytes.extend(self.stream.label.as_bytes());
        URL_SAFE.encode(bytes)
    }

    /// From text; none when [`Self::encode`] did not make it.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE.decode(text).ok()?;
        let (fixed, label) = bytes.split_at_checked(FIXED)?;
        let uuid = |at: usize| fixed.get(at..at + 16).and_then(|bytes| Uuid::from_slice(bytes).ok());
        let (&[version, flags, mode], _) = fixed.split_first_chunk()?;
        if version != VERSION || flags > FORWARD | ONWARD {
            return None;
        }
        let label = std::str::from_utf8(label).ok()?.into();
        let stream = Stream { mode, subject: uuid(3)?, subcontext: uuid(19)?, label };
        let id = MessageId::new(uuid(35)?);
        Some(Self { stream, forward: flags & FORWARD != 0, onward: flags & ONWARD != 0, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_it_was(
            mode: u8, subject: u128, subcontext: u128, label: String, forward: bool, onward: bool, id: u128,
        ) {
            let stream = Stream {
                mode,
                subject: Uuid::from_u128(subject),
                subcontext: Uuid::from_u128(subcontext),
                label: label.into(),
            };
            let cursor = Cursor { stream, forward, onward, id: MessageId::new(Uuid::from_u128(id)) };
            prop_assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        }

        #[test]
        fn junk_is_refused(junk in ".*") {
            prop_assert_eq!(Cursor::decode(&junk), None);
        }
    }

    #[test]
    fn text_of_base64_is_not_enough() {
        assert_eq!(Cursor::decode("aGVsbG8gdGhlcmU="), None);
        assert_eq!(Cursor::decode(&URL_SAFE.encode([9; 60])), None);
        assert_eq!(Cursor::decode(&URL_SAFE.encode([VERSION, 0, 2])), None);
    }
}
