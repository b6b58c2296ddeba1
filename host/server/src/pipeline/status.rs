//! Statuses on sockets: following users, being seen, and changing what is seen (WIRE.md (k)).

use super::Client;
use super::reply::{Answer, Refusal, Reply};
use crate::convert;
use meadhall_core::account::Targets;
use meadhall_core::ids::UserId;
use meadhall_protocol::realtime::envelope::Message;
use meadhall_protocol::realtime::{Status, StatusFollow, StatusUnfollow, StatusUpdate};
use meadhall_protocol::texts;

/// Follows users. The reply, with what they show now, takes its place before any later change of it.
pub(super) async fn follow(client: &Client, request: StatusFollow) -> Answer {
    let ids = user_ids(&request.user_ids)?;
    if request.usernames.iter().any(String::is_empty) {
        return Err(Refusal::bad_input(texts::STATUS_USERNAME_INVALID));
    }
    let targets = Targets { ids, usernames: request.usernames };
    let followed = client.app.core.statuses.follow(&client.session, targets).await?;
    let presences = convert::presences(&followed.presences, true);
    Ok(Reply::InPlace(followed.reply, Message::Status(Status { presences })))
}

/// Follows users no more; also those that the client did not follow.
pub(super) fn unfollow(client: &Client, request: &StatusUnfollow) -> Answer {
    client.app.core.statuses.unfollow(&client.session, &user_ids(&request.user_ids)?);
    Ok(Reply::Done)
}

/// Shows a status, or none any more when it is absent.
pub(super) fn update(client: &Client, request: &StatusUpdate) -> Answer {
    client.app.core.statuses.update(&client.session, request.status.as_deref())?;
    Ok(Reply::Done)
}

fn user_ids(ids: &[String]) -> Result<Vec<UserId>, Refusal> {
    let id = |text: &String| text.parse().map_err(|_| Refusal::bad_input(texts::STATUS_USER_INVALID));
    ids.iter().map(id).collect()
}
