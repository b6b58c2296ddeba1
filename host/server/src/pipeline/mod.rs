//! Realtime: what a client sends on its socket, and what it gets.
//!
//! A message goes: name it → before-hook → the feature's file → answer → after-hook. Without a hook on a message nothing
//! is encoded for one.

mod channel;
pub mod push;
mod reply;
mod rpc;
mod status;

use crate::app::App;
use crate::plugin::{Before, CallContext};
use meadhall_core::session::{CloseReason, Session};
use meadhall_protocol::codec::{Format, decode_envelope};
use meadhall_protocol::error::RealtimeCode;
use meadhall_protocol::realtime::envelope::Message;
use meadhall_protocol::realtime::{Envelope, Pong};
use meadhall_protocol::texts;
use reply::{Answer, Refusal, Reply};
use std::sync::Arc;

/// A connected client: its session, and how it is spoken to.
#[derive(Clone, Debug)]
pub struct Client {
    /// The server it is connected to.
    pub app: Arc<App>,
    pub session: Arc<Session>,
    pub format: Format,
}

/// An envelope from what a client sent.
///
/// # Errors
/// What is malformed ends the session.
pub fn decode(client: &Client, bytes: &[u8]) -> Result<Envelope, CloseReason> {
    decode_envelope(client.format, bytes).map_err(|error| {
        tracing::debug!(session = %client.session.id(), user = %client.session.user_id(), %error, "malformed message");
        CloseReason::MalformedPayload
    })
}

/// Handles one message of a client, from before-hook to after-hook. The answer goes to the client's outbox.
///
/// # Errors
/// The reason to end the session: no message, one that clients do not send, or one that a hook dropped.
pub async fn process(client: Arc<Client>, envelope: Envelope) -> Result<(), CloseReason> {
    let Envelope { cid, message } = envelope;
    let Some(message) = message else {
        return refuse_and_close(&client, cid, RealtimeCode::MissingPayload, texts::MISSING_MESSAGE);
    };
    if !message.is_from_client() {
        return refuse_and_close(&client, cid, RealtimeCode::UnrecognizedPayload, texts::UNRECOGNIZED_MESSAGE);
    }
    let name = message.name();
    let plugins = &client.app.plugins;
    if !is_hookable(&message) || !(plugins.wants_before(name) || plugins.wants_after(name)) {
        let answer = handle(&client, message).await;
        reply::send(&client, cid, answer);
        return Ok(());
    }
    process_hooked(&client, cid, message).await
}

/// The same, for a message that some plugin wants to see.
async fn process_hooked(client: &Client, cid: String, mut message: Message) -> Result<(), CloseReason> {
    let name = message.name();
    let plugins = &client.app.plugins;
    if plugins.wants_before(name) {
        match plugins.before(name, message.inner_json(), call_context(client)).await {
            Ok(Before::Keep) => {}
            Ok(Before::Replace(json)) => match message.replace_inner(&json) {
                Ok(replaced) => message = replaced,
                Err(error) => {
                    let text = format!("a plugin made no valid {name} of the message: {error}");
                    let refusal = Refusal::new(RealtimeCode::RuntimeFunctionException, text);
                    reply::send(client, cid, Err(refusal));
                    return Ok(());
                }
            },
            Ok(Before::Drop) => return Err(CloseReason::ProcessingFailed),
            Err(error) => {
                reply::send(client, cid, Err(error.into()));
                return Ok(());
            }
        }
    }
    let request = plugins.wants_after(name).then(|| message.inner_json());
    let answer = handle(client, message).await;
    let seen = match (&request, &answer) {
        (Some(_), Ok(reply)) => Some(reply.inner_json()),
        _ => None,
    };
    reply::send(client, cid, answer);
    if let (Some(request), Some(reply)) = (request, seen) {
        plugins.after(name, &request, &reply, call_context(client)).await;
    }
    Ok(())
}

/// Everything has hooks but these (DESIGN.md §4.8).
fn is_hookable(message: &Message) -> bool {
    !matches!(message, Message::Rpc(_) | Message::Ping(_) | Message::Pong(_))
}

/// The names of all messages of sockets that plugins can hook.
pub fn hooked_names() -> Vec<&'static str> {
    use meadhall_protocol::envelope::{KINDS, Sender};
    let named = |kind: &&meadhall_protocol::envelope::Kind| {
        matches!(kind.sender, Sender::Client) && !matches!(kind.name, "Rpc" | "Ping" | "Pong")
    };
    KINDS.iter().filter(named).map(|kind| kind.name).collect()
}

/// The features, one file each.
async fn handle(client: &Client, message: Message) -> Answer {
    match message {
        Message::Ping(_) => Ok(Reply::Message(Message::Pong(Pong {}))),
        Message::Pong(_) => Ok(Reply::Nothing),
        Message::Rpc(request) => rpc::call(client, request).await,
        Message::ChannelJoin(request) => channel::join(client, request).await,
        Message::ChannelLeave(request) => channel::leave(client, &request),
        Message::ChannelMessageSend(request) => channel::send(client, request).await,
        Message::ChannelMessageUpdate(request) => channel::update(client, request).await,
        Message::ChannelMessageRemove(request) => channel::remove(client, request).await,
        Message::StatusFollow(request) => status::follow(client, request).await,
        Message::StatusUnfollow(request) => status::unfollow(client, &request),
        Message::StatusUpdate(request) => status::update(client, &request),
        other => Err(Refusal::new(RealtimeCode::BadInput, texts::not_supported(other.kind().name))),
    }
}

/// What plugins are told of the client.
fn call_context(client: &Client) -> CallContext {
    CallContext { caller: client.session.caller.clone(), ..CallContext::default() }
}

fn refuse_and_close(client: &Client, cid: String, code: RealtimeCode, text: &'static str) -> Result<(), CloseReason> {
    reply::send(client, cid, Err(Refusal::new(code, text)));
    Err(CloseReason::ProcessingFailed)
}
