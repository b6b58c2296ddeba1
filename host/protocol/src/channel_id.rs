//! Channel ids as text: `mode.subject.subcontext.label`.

use uuid::Uuid;

/// A channel id, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChannelId {
    /// 2 room, 3 group, 4 direct.
    pub mode: u8,
    pub subject: Uuid,
    pub subcontext: Uuid,
    pub label: String,
}

/// The text is no channel id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid channel identifier")]
pub struct InvalidChannelId;

impl std::str::FromStr for ChannelId {
    type Err = InvalidChannelId;
    fn from_str(_text: &str) -> Result<Self, Self::Err> { todo!() }
}

impl std::fmt::Display for ChannelId {
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { todo!() }
}
