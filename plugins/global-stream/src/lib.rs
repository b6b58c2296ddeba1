//! Streams: a stream of the game's own, which clients get onto by RPC, and the built-in ones behind chat rooms and
//! notifications, which a plugin may act on in the same way.

use meadhall_guest::prelude::*;
use serde::Deserialize;

/// A mode of the game's own: 8 to 255 are free.
const GLOBAL_MODE: u8 = 142;
/// The name of the stream, and of the chat room.
const GLOBAL_LABEL: &str = "Global Chat Room";

/// Whom `room_kick` removes.
#[derive(Deserialize)]
struct Kick {
    user_id: String,
    /// Only this socket of theirs; absent means all.
    session_id: Option<String>,
}

#[plugin]
mod global_stream {
    // The stream of the game's own.

    #[rpc]
    fn join(ctx: &Context, _payload: String) -> Result<&'static str> {
        let visible = Join { hidden: false, persistence: false, status: "" };
        stream::join(&global(), &ctx.session()?, visible)?;
        Ok("Success")
    }

    #[rpc]
    fn leave(ctx: &Context, _payload: String) -> Result<&'static str> {
        stream::leave(&global(), &ctx.session()?)?;
        Ok("Success")
    }

    /// Sends the payload to everybody on the stream.
    #[rpc]
    fn send(_ctx: &Context, data: String) -> Result<&'static str> {
        stream::send(&global(), &data)?;
        Ok("Success")
    }

    /// Whether the caller is on the stream.
    #[rpc]
    fn check(ctx: &Context, _payload: String) -> Result<Json<bool>> {
        let meta = stream::get(&global(), &ctx.session()?)?;
        Ok(Json(meta.is_some()))
    }

    /// The user ids of all who are on the stream.
    #[rpc]
    fn list(_ctx: &Context, _payload: String) -> Result<Json<Vec<String>>> {
        user_ids(&global())
    }

    /// How many are on the stream.
    #[rpc]
    fn count(_ctx: &Context, _payload: String) -> Result<Json<u32>> {
        stream::count(&global()).map(Json)
    }

    /// Takes everybody off the stream.
    #[rpc]
    fn close(_ctx: &Context, _payload: String) -> Result<&'static str> {
        stream::close(&global())?;
        Ok("Success")
    }

    // The same on the stream behind a chat room: clients see members come and go, and get its messages.

    #[rpc]
    fn room_join(ctx: &Context, _payload: String) -> Result<&'static str> {
        let member = Join { hidden: false, persistence: true, status: "" };
        stream::join(&room(), &ctx.session()?, member)?;
        Ok("Success")
    }

    #[rpc]
    fn room_leave(ctx: &Context, _payload: String) -> Result<&'static str> {
        stream::leave(&room(), &ctx.session()?)?;
        Ok("Success")
    }

    /// Says something in the room, in the caller's name; it stays in the history.
    #[rpc]
    fn room_send(ctx: &Context, text: String) -> Result<Json<ChannelMessageAck>> {
        let sender = Sender::user(ctx.user_id()?, ctx.username()?);
        channel::send(&channel::room(GLOBAL_LABEL)?, &json!({ "text": text }), &sender, true).map(Json)
    }

    #[rpc]
    fn room_check(ctx: &Context, _payload: String) -> Result<Json<bool>> {
        let meta = stream::get(&room(), &ctx.session()?)?;
        Ok(Json(meta.is_some()))
    }

    #[rpc]
    fn room_list(_ctx: &Context, _payload: String) -> Result<Json<Vec<String>>> {
        user_ids(&room())
    }

    /// Takes a user off the room; the others see them leave. A game would ask first who may do this.
    #[rpc]
    fn room_kick(_ctx: &Context, Json(kick): Json<Kick>) -> Result<Json<usize>> {
        let kicked: Vec<_> = stream::list(&room(), Show::All)?
            .into_iter()
            .map(|presence| presence.id)
            .filter(|id| id.user_id == kick.user_id)
            .filter(|id| kick.session_id.as_ref().is_none_or(|session_id| *session_id == id.session_id))
            .collect();
        for id in &kicked {
            stream::leave(&room(), id)?;
        }
        Ok(Json(kicked.len()))
    }

    // The stream behind a user's notifications.

    /// Stops live notifications to the caller's socket. It stays connected, and the stored ones are there to be read.
    #[rpc]
    fn enable_silent_mode(ctx: &Context, _payload: String) -> Result<&'static str> {
        let me = ctx.session()?;
        stream::leave(&Stream::notifications(&me.user_id), &me)?;
        Ok("Success")
    }

    /// Turns them on again, hidden as the server itself does it.
    #[rpc]
    fn disable_silent_mode(ctx: &Context, _payload: String) -> Result<&'static str> {
        let me = ctx.session()?;
        let hidden = Join { hidden: true, persistence: false, status: "" };
        stream::join(&Stream::notifications(&me.user_id), &me, hidden)?;
        Ok("Success")
    }
}

fn global() -> Stream {
    Stream::new(GLOBAL_MODE).label(GLOBAL_LABEL)
}

fn room() -> Stream {
    Stream::room(GLOBAL_LABEL)
}

fn user_ids(stream: &Stream) -> Result<Json<Vec<String>>> {
    let presences = stream::list(stream, Show::All)?;
    Ok(Json(presences.into_iter().map(|presence| presence.id.user_id).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use meadhall_guest::testing::{Received, World};

    #[test]
    fn who_is_on_the_stream_gets_what_is_sent() -> Result<()> {
        let world = World::with(global_stream::Plugin);
        let (ada, ben) = (world.user("ada").connect(), world.user("ben").connect());
        assert_eq!(ada.rpc("join", "")?, "Success");
        assert_eq!((ada.rpc("check", "")?, ben.rpc("check", "")?), ("true".into(), "false".into()));
        ben.rpc("send", "drums")?;
        assert_eq!(ada.received(), [Received::Data { stream: global(), data: "drums".into() }]);
        assert_eq!(ben.received(), []);
        ada.rpc("close", "")?;
        assert_eq!(ada.rpc("count", "")?, "0");
        Ok(())
    }

    #[test]
    fn a_socket_is_needed_to_join() {
        let world = World::with(global_stream::Plugin);
        let error = world.user("ada").rpc("join", "").expect_err("the call came over HTTP");
        assert_eq!(error.code, meadhall_guest::error::code::FAILED_PRECONDITION);
    }

    #[test]
    fn a_kick_takes_all_sockets_of_a_user_or_one() -> Result<()> {
        let world = World::with(global_stream::Plugin);
        let (ada, ben) = (world.user("ada"), world.user("ben").connect());
        let sockets = [ada.connect(), ada.connect(), ada.connect(), ben.clone()];
        sockets.iter().try_for_each(|socket| socket.rpc("room_join", "").map(drop))?;
        let first = json!({ "user_id": ada.id(), "session_id": sockets[0].presence().session_id });
        assert_eq!(ben.rpc("room_kick", &first.to_string())?, "1");
        assert_eq!(ben.rpc("room_kick", &json!({ "user_id": ada.id() }).to_string())?, "2");
        assert_eq!(ben.rpc("room_list", "")?, json!([ben.id()]).to_string());
        Ok(())
    }

    #[test]
    fn what_is_said_in_the_room_stays_there() -> Result<()> {
        let world = World::with(global_stream::Plugin);
        let ada = world.user("ada").connect();
        ada.rpc("room_join", "")?;
        ada.rpc("room_send", "skål")?;
        let history = channel::list(&channel::room(GLOBAL_LABEL)?, 10, true, None)?;
        assert_eq!(history.messages[0].content, r#"{"text":"skål"}"#);
        assert_eq!(ada.received(), [Received::Message(history.messages[0].clone())]);
        Ok(())
    }

    #[test]
    fn silence_keeps_notifications_off_the_socket() -> Result<()> {
        let world = World::with(global_stream::Plugin);
        let ada = world.user("ada").connect();
        let told = || notification::send(&[NewNotification::new(ada.id(), "gift", &json!({}), 1)?]);
        ada.rpc("enable_silent_mode", "")?;
        told()?;
        assert_eq!(ada.received(), []);
        ada.rpc("disable_silent_mode", "")?;
        told()?;
        assert_eq!(ada.received().len(), 1);
        Ok(())
    }
}
