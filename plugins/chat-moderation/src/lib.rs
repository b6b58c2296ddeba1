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

#[cfg(test)]
mod tests {
    use super::*;
    use meadhall_guest::error::code;
    use meadhall_guest::testing::World;

    fn message(text: &str) -> ChannelMessageSend {
        let content = json!({ "text": text }).to_string();
        ChannelMessageSend { channel_id: "2...hall".into(), content, ..ChannelMessageSend::default() }
    }

    #[test]
    fn words_are_kept_masked_or_refused() -> Result<()> {
        let world = World::with(chat_moderation::Plugin).config("forbidden_words", "nithing");
        let ada = world.user("ada").connect();
        assert_eq!(ada.before::<ChannelMessageSend>(&message("skål"))?, Before::Keep);
        assert_eq!(ada.before::<ChannelMessageSend>(&message("a troll"))?, Before::Replace(message("a *****")));
        let refused = ada.before::<ChannelMessageSend>(&message("Nithing!")).map_err(|error| error.code);
        assert_eq!(refused, Err(code::INVALID_ARGUMENT));
        Ok(())
    }

    #[test]
    fn who_writes_too_fast_waits_and_refused_messages_do_not_count() -> Result<()> {
        let world = World::with(chat_moderation::Plugin).config("messages", "2").config("window_sec", "3600");
        let (ada, ben) = (world.user("ada").connect(), world.user("ben").connect());
        assert!(ada.before::<ChannelMessageSend>(&message("nithing")).is_err());
        ada.before::<ChannelMessageSend>(&message("one"))?;
        ada.before::<ChannelMessageSend>(&message("two"))?;
        let third = ada.before::<ChannelMessageSend>(&message("three")).map_err(|error| error.code);
        assert_eq!(third, Err(code::RESOURCE_EXHAUSTED));
        assert_eq!(ben.before::<ChannelMessageSend>(&message("one"))?, Before::Keep);
        Ok(())
    }

    #[test]
    fn only_moderators_remove_messages() -> Result<()> {
        let world = World::with(chat_moderation::Plugin);
        let (ada, ben) = (world.user("ada"), world.user("ben"));
        let world = world.config("moderators", ada.id());
        let hall = channel::room("hall")?;
        let said = channel::send(&hall, &json!({}), &Sender::user(ben.id(), "ben"), true)?;
        let removal = json!({ "channel_id": hall, "message_id": said.message_id }).to_string();
        let refused = ben.rpc("moderation.remove_message", &removal).map_err(|error| error.code);
        assert_eq!(refused, Err(code::PERMISSION_DENIED));
        ada.rpc("moderation.remove_message", &removal)?;
        assert_eq!(channel::list(&hall, 10, true, None)?.messages, []);
        let again = world.server().rpc("moderation.remove_message", &removal).map_err(|error| error.code);
        assert_eq!(again, Err(code::NOT_FOUND), "a server is a moderator, and the message is gone");
        Ok(())
    }

    #[test]
    fn a_kick_takes_a_user_out_of_a_room_or_a_group() -> Result<()> {
        let world = World::with(chat_moderation::Plugin);
        let (ada, ben) = (world.user("ada"), world.user("ben").connect());
        let hall = channel::room("hall")?;
        let kick = |channel: &str, disconnect: bool| {
            let kick = json!({ "channel_id": channel, "user_id": ben.id(), "disconnect": disconnect });
            world.server().rpc("moderation.kick", &kick.to_string())
        };
        assert_eq!(kick(&hall, false).map_err(|error| error.code), Err(code::NOT_FOUND));
        let member = || Join { hidden: false, persistence: true, status: "" };
        stream::join(&Stream::room("hall"), &ben.presence(), member())?;
        assert_eq!(kick(&hall, false)?, r#"{"sockets":1}"#);

        let new = NewGroup { name: "ravens".into(), open: true, ..NewGroup::default() };
        let ravens = group::create(ada.id(), &new)?;
        group::join(ben.id(), &ravens.id)?;
        stream::join(&Stream::of_channel(&channel::group(&ravens.id)?)?, &ben.presence(), member())?;
        assert_eq!(kick(&channel::group(&ravens.id)?, true)?, r#"{"sockets":1}"#);
        assert!(!ben.is_connected());
        assert_eq!(group::users(&ravens.id, 10, None, None)?.group_users.len(), 1);
        Ok(())
    }
}
