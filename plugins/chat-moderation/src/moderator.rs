//! What moderators do.
//!
//! A moderator is whose user id stands in the settings: nothing that a client can write makes one. A server of the studio's
//! own, which calls with the HTTP key, is one too.

use meadhall_guest::prelude::*;
use serde::{Deserialize, Serialize};

/// A message to remove.
#[derive(Deserialize)]
pub(crate) struct Removal {
    channel_id: String,
    message_id: String,
}

/// A user to kick.
#[derive(Deserialize)]
pub(crate) struct Kick {
    /// A room's or a group's.
    channel_id: String,
    user_id: String,
    /// Also close the sockets that they are there with.
    #[serde(default)]
    disconnect: bool,
}

/// How it went.
#[derive(Serialize)]
pub(crate) struct Kicked {
    /// With how many sockets the user was in the channel.
    sockets: usize,
}

/// The name of the moderator who calls.
///
/// # Errors
/// When the caller is none.
pub(crate) fn required(ctx: &Context) -> Result<String> {
    let Some(user) = ctx.user() else { return Ok("a server".into()) };
    let listed = ctx.config("moderators").unwrap_or_default();
    if listed.split(',').any(|id| id.trim().eq_ignore_ascii_case(&user.id)) {
        Ok(user.username.clone())
    } else {
        Err(Error::permission_denied("Only moderators can do this."))
    }
}

impl Removal {
    pub(crate) fn carry_out(&self, moderator: &str) -> Result<()> {
        let Self { channel_id, message_id } = self;
        // A message is removed in the name of its sender.
        let message = channel::get(channel_id, message_id)?;
        let sender = Sender::user(message.sender_id, message.username);
        channel::remove(channel_id, message_id, &sender, true)?;
        info!("{moderator} removed message {message_id} of {} from {channel_id}", sender.username);
        Ok(())
    }
}

impl Kick {
    pub(crate) fn carry_out(&self, moderator: &str) -> Result<Kicked> {
        let Self { channel_id, user_id, disconnect } = self;
        let stream = Stream::of_channel(channel_id)?;
        let mut present: Vec<PresenceId> =
            stream::list(&stream, Show::All)?.into_iter().map(|found| found.id).collect();
        present.retain(|id| id.user_id == *user_id);
        match stream.mode {
            // Out of the group is out of its channel.
            Stream::GROUP => group::kick(By::Server, &stream.subject, &[user_id])?,
            Stream::ROOM if present.is_empty() => {
                return Err(Error::not_found(format!("User {user_id:?} is not in {channel_id:?}.")));
            }
            // A room is open to all: nothing keeps them from coming back.
            Stream::ROOM => present.iter().try_for_each(|id| stream::leave(&stream, id))?,
            _ => return Err(Error::invalid_argument(format!("Nobody can be kicked from {channel_id:?}."))),
        }
        if *disconnect {
            present.iter().try_for_each(|id| session::disconnect(&id.session_id, Some("kicked by a moderator")))?;
        }
        info!("{moderator} kicked {user_id} from {channel_id}");
        Ok(Kicked { sockets: present.len() })
    }
}
