//! Chat that is moderated. What players write is reviewed before it is sent or changed: some words are refused, milder ones
//! are masked, and who writes too fast is slowed down. Moderators remove anybody's messages, and kick.
//!
//! Its settings, in the server's configuration:
//!
//! ```toml
//! [plugin.chat_moderation]
//! forbidden_words = "nithing, oathbreaker"    # a message with one of them is refused
//! masked_words = "troll"                      # these are sent as *****
//! messages = "5"                              # so many messages of a user …
//! window_sec = "10"                           # … in so many seconds; "0" messages turn this off
//! moderators = "6a1c1b1e-0000-4000-8000-000000000001"    # their user ids; nobody where it is absent
//! ```

mod moderator;
mod pace;
mod words;

use meadhall_guest::prelude::*;
use moderator::{Kick, Kicked, Removal};

#[plugin]
mod chat_moderation {
    #[before(ChannelMessageSend)]
    fn review_message(ctx: &Context, req: ChannelMessageSend) -> Result<Before<ChannelMessageSend>> {
        let reviewed = words::review(ctx, &req.content)?;
        // Only what would be sent counts.
        pace::slow_down(ctx)?;
        Ok(reviewed.map_or(Before::Keep, |content| Before::Replace(ChannelMessageSend { content, ..req })))
    }

    #[before(ChannelMessageUpdate)]
    fn review_change(ctx: &Context, req: ChannelMessageUpdate) -> Result<Before<ChannelMessageUpdate>> {
        let reviewed = words::review(ctx, &req.content)?;
        pace::slow_down(ctx)?;
        Ok(reviewed.map_or(Before::Keep, |content| Before::Replace(ChannelMessageUpdate { content, ..req })))
    }

    /// Removes a message, whoever sent it.
    #[rpc("moderation.remove_message")]
    fn remove_message(ctx: &Context, Json(removal): Json<Removal>) -> Result<()> {
        removal.carry_out(&moderator::required(ctx)?)
    }

    /// Takes a user out of a group, or off a room.
    #[rpc("moderation.kick")]
    fn kick(ctx: &Context, Json(kick): Json<Kick>) -> Result<Json<Kicked>> {
        kick.carry_out(&moderator::required(ctx)?).map(Json)
    }
}
