//! Channel ids as text: `mode.subject.subcontext.label`.

use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// A channel id, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChannelId {
    /// [`ROOM`], [`GROUP`] or [`DIRECT`], which are the modes of the streams behind channels.
    pub mode: u8,
    /// The group, or the lower of the two users; nil for a room.
    pub subject: Uuid,
    /// The higher of the two users; nil for rooms and groups.
    pub subcontext: Uuid,
    /// The room's name, 1 to [`ROOM_NAME_BYTES_MAX`] bytes; empty for groups and users.
    pub label: String,
}

/// The mode of a room: `2...name`.
pub const ROOM: u8 = 2;
/// The mode of a group's channel: `3.group..`.
pub const GROUP: u8 = 3;
/// The mode of a channel between two users: `4.lower.higher.`.
pub const DIRECT: u8 = 4;

/// The longest name of a room, in bytes.
pub const ROOM_NAME_BYTES_MAX: usize = 64;

/// The text is no channel id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid channel identifier")]
pub struct InvalidChannelId;

impl ChannelId {
    /// The channel of a room. Whether the name is allowed is for the one who lets somebody join to check.
    pub fn room(name: impl Into<String>) -> Self {
        Self { mode: ROOM, subject: Uuid::nil(), subcontext: Uuid::nil(), label: name.into() }
    }

    /// The channel of a group.
    pub fn group(group: Uuid) -> Self {
        Self { mode: GROUP, subject: group, subcontext: Uuid::nil(), label: String::new() }
    }

    /// The channel between two users, whichever is named first: ids have the lower one in front.
    pub fn direct(one: Uuid, two: Uuid) -> Self {
        Self { mode: DIRECT, subject: one.min(two), subcontext: one.max(two), label: String::new() }
    }
}

/// Splits into at most four parts, so a room's name may contain dots.
impl FromStr for ChannelId {
    type Err = InvalidChannelId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(4, '.');
        let mut part = || parts.next().ok_or(InvalidChannelId);
        match [part()?, part()?, part()?, part()?] {
            ["2", "", "", name] if (1..=ROOM_NAME_BYTES_MAX).contains(&name.len()) => Ok(Self::room(name)),
            ["3", group, "", ""] => Ok(Self::group(uuid(group)?)),
            // The order is kept: an id with its users the wrong way round names another channel, one that nobody joins.
            ["4", one, two, ""] => {
                Ok(Self { mode: DIRECT, subject: uuid(one)?, subcontext: uuid(two)?, label: String::new() })
            }
            _ => Err(InvalidChannelId),
        }
    }
}

/// The id of a group or user, which is never nil.
fn uuid(text: &str) -> Result<Uuid, InvalidChannelId> {
    Uuid::try_parse(text).ok().filter(|id| !id.is_nil()).ok_or(InvalidChannelId)
}

/// The text of the id; a nil id is left out.
impl fmt::Display for ChannelId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.mode)?;
        for id in [self.subject, self.subcontext] {
            formatter.write_str(".")?;
            if !id.is_nil() {
                id.fmt(formatter)?;
            }
        }
        write!(formatter, ".{}", self.label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LOWER: &str = "11111111-1111-4111-8111-111111111111";
    const HIGHER: &str = "22222222-2222-4222-8222-222222222222";

    #[test]
    fn the_three_kinds_are_read_and_written() {
        let lower = LOWER.parse().unwrap();
        let higher = HIGHER.parse().unwrap();
        for (text, id) in [
            ("2...lobby".to_owned(), ChannelId::room("lobby")),
            ("2...a.b..c".to_owned(), ChannelId::room("a.b..c")),
            (format!("3.{LOWER}.."), ChannelId::group(lower)),
            (format!("4.{LOWER}.{HIGHER}."), ChannelId::direct(higher, lower)),
        ] {
            assert_eq!(text.parse(), Ok(id.clone()), "{text}");
            assert_eq!(id.to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        let long = format!("2...{}", "a".repeat(65));
        let umlauts = format!("2...{}", "ä".repeat(33));
        let swapped = format!("2.{LOWER}..lobby");
        let labelled = format!("3.{LOWER}..lobby");
        let third = format!("4.{LOWER}.{HIGHER}.x");
        for text in [
            "", "2", "2..", "2...", "...", "0...x", "1...x", "5...x", "02...x", "x...x", "3...", "3.x..", "4...",
            "4.x.y.", &long, &umlauts, &swapped, &labelled, &third,
        ] {
            assert_eq!(text.parse::<ChannelId>(), Err(InvalidChannelId), "{text}");
        }
        assert!(format!("2...{}", "a".repeat(64)).parse::<ChannelId>().is_ok());
    }

    proptest! {
        #[test]
        fn rooms_keep_their_name(name in ".{1,16}") {
            prop_assume!((1..=ROOM_NAME_BYTES_MAX).contains(&name.len()));
            let id = ChannelId::room(name);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn what_is_read_can_be_written_and_read_again(text in "[2-4]\\.[a-f0-9.-]{0,80}") {
            if let Ok(id) = text.parse::<ChannelId>() {
                prop_assert_eq!(id.to_string().parse(), Ok(id));
            }
        }
    }
}
