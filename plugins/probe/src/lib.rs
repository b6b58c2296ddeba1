//! Every function and hook that the conformance harness and the load tool call: each does one thing that a plugin can
//! do, with its payload and result as JSON. Tests and benches load it; nobody wants it on a server with players.

mod caller;
mod chat;
mod counter;
mod events;
mod notices;
mod objects;
mod social;
mod streams;

use chat::{HistoryPage, HistoryRequest, MessageAck, MessageRequest, Target};
use meadhall_guest::prelude::*;
use serde::{Deserialize, Serialize};
use streams::{Address, EnvelopeRequest, JoinRequest, ListRequest, MemberRequest, SendRequest};

/// An error to fail with.
#[derive(Deserialize)]
struct Failure {
    #[serde(default)]
    message: String,
    code: Option<u32>,
}

/// A session to close.
#[derive(Deserialize)]
struct Disconnect {
    session_id: Option<String>,
}

/// The result `{}`.
#[derive(Serialize)]
struct Nothing {}

#[plugin]
pub mod probe {
    #[rpc("probe.echo")]
    fn echo(_ctx: &Context, payload: String) -> Result<String> {
        Ok(payload)
    }

    /// A payload that it cannot read is a failure of its own, with no code, as in the recorded conversations.
    #[rpc("probe.fail")]
    fn fail(_ctx: &Context, payload: String) -> Result<()> {
        let failure: Failure = serde_json::from_str(&payload)?;
        Err(match failure.code {
            Some(code) => Error::new(code, failure.message),
            None => failure.message.into(),
        })
    }

    #[rpc("probe.context")]
    fn context(ctx: &Context, _payload: String) -> Result<Json<caller::Facts>> {
        Ok(Json(caller::Facts::of(ctx)))
    }

    #[rpc("probe.stream_join")]
    fn stream_join(ctx: &Context, Json(request): Json<JoinRequest>) -> Result<Json<serde_json::Value>> {
        let new = stream::join(&request.stream(), &request.member.or_caller(ctx)?, request.join())?;
        Ok(Json(json!({ "new": new })))
    }

    #[rpc("probe.stream_update")]
    fn stream_update(ctx: &Context, Json(request): Json<JoinRequest>) -> Result<Json<Nothing>> {
        stream::update(&request.stream(), &request.member.or_caller(ctx)?, request.join())?;
        Ok(Json(Nothing {}))
    }

    #[rpc("probe.stream_leave")]
    fn stream_leave(ctx: &Context, Json(request): Json<MemberRequest>) -> Result<Json<Nothing>> {
        stream::leave(&request.address.stream(), &request.member.or_caller(ctx)?)?;
        Ok(Json(Nothing {}))
    }

    #[rpc("probe.stream_send")]
    fn stream_send(_ctx: &Context, Json(request): Json<SendRequest>) -> Result<Json<Nothing>> {
        stream::send_with(&request.address.stream(), &request.data, &request.only(), request.reliable)?;
        Ok(Json(Nothing {}))
    }

    #[rpc("probe.stream_send_raw")]
    fn stream_send_raw(_ctx: &Context, Json(request): Json<EnvelopeRequest>) -> Result<Json<Nothing>> {
        stream::send_envelope(&request.address.stream(), &request.envelope, &[], request.reliable)?;
        Ok(Json(Nothing {}))
    }

    #[rpc("probe.stream_close")]
    fn stream_close(_ctx: &Context, Json(address): Json<Address>) -> Result<Json<Nothing>> {
        stream::close(&address.stream())?;
        Ok(Json(Nothing {}))
    }

    #[rpc("probe.stream_count")]
    fn stream_count(_ctx: &Context, Json(address): Json<Address>) -> Result<Json<serde_json::Value>> {
        Ok(Json(json!({ "count": stream::count(&address.stream())? })))
    }

    #[rpc("probe.stream_list")]
    fn stream_list(_ctx: &Context, Json(request): Json<ListRequest>) -> Result<Json<serde_json::Value>> {
        Ok(Json(json!({ "presences": request.list()? })))
    }

    #[rpc("probe.stream_get")]
    fn stream_get(ctx: &Context, Json(request): Json<MemberRequest>) -> Result<Json<serde_json::Value>> {
        let meta = stream::get(&request.address.stream(), &request.member.or_caller(ctx)?)?;
        Ok(Json(json!({ "presence": meta.map(streams::Meta::from) })))
    }

    #[rpc("probe.event")]
    fn event(_ctx: &Context, Json(request): Json<events::NewEvent>) -> Result<Json<Nothing>> {
        request.emit()?;
        Ok(Json(Nothing {}))
    }

    #[rpc("probe.channel_id")]
    fn channel_id(_ctx: &Context, Json(target): Json<Target>) -> Result<Json<serde_json::Value>> {
        Ok(Json(json!({ "channel_id": target.channel_id()? })))
    }

    #[rpc("probe.channel_send")]
    fn channel_send(_ctx: &Context, Json(message): Json<MessageRequest>) -> Result<Json<MessageAck>> {
        message.send().map(Json)
    }

    #[rpc("probe.channel_update")]
    fn channel_update(_ctx: &Context, Json(message): Json<MessageRequest>) -> Result<Json<MessageAck>> {
        message.update().map(Json)
    }

    #[rpc("probe.channel_remove")]
    fn channel_remove(_ctx: &Context, Json(message): Json<MessageRequest>) -> Result<Json<MessageAck>> {
        message.remove().map(Json)
    }

    #[rpc("probe.channel_list")]
    fn channel_list(_ctx: &Context, Json(request): Json<HistoryRequest>) -> Result<Json<HistoryPage>> {
        request.read().map(Json)
    }

    #[rpc("probe.notify")]
    fn notify(_ctx: &Context, Json(notice): Json<notices::Notice>) -> Result<Json<Nothing>> {
        notice.send()?;
        Ok(Json(Nothing {}))
    }

    /// Friends, groups, statuses, notifications and read markers: `call` names the function.
    #[rpc("probe.social")]
    fn social(_ctx: &Context, Json(call): Json<social::Call>) -> Result<Json<serde_json::Value>> {
        call.run().map(Json)
    }

    /// Storage: `call` names the function.
    #[rpc("probe.storage")]
    fn storage(_ctx: &Context, Json(call): Json<objects::Call>) -> Result<Json<serde_json::Value>> {
        call.run().map(Json)
    }

    #[rpc("probe.session_disconnect")]
    fn session_disconnect(ctx: &Context, Json(request): Json<Disconnect>) -> Result<Json<Nothing>> {
        let session_id = request.session_id.map_or_else(|| ctx.session().map(|me| me.session_id), Ok)?;
        session::disconnect(&session_id, None)?;
        Ok(Json(Nothing {}))
    }

    #[rpc("probe.counter")]
    fn counter(ctx: &Context, _payload: String) -> Result<Json<counter::Counter>> {
        counter::read(ctx.user_id()?).map(Json)
    }

    #[before(ChannelMessageSend)]
    fn before_message(_ctx: &Context, req: ChannelMessageSend) -> Result<Before<ChannelMessageSend>> {
        chat::before_send(req)
    }

    #[before(UpdateAccount)]
    fn before_update(_ctx: &Context, req: UpdateAccountRequest) -> Result<Before<UpdateAccountRequest>> {
        match req.display_name.as_deref() {
            Some("reject-me") => Err(Error::failed_precondition("probe rejected account update")),
            Some("disable-me") => Ok(Before::Drop),
            Some("rewrite-me") => {
                Ok(Before::Replace(UpdateAccountRequest { display_name: Some("rewritten".into()), ..req }))
            }
            _ => Ok(Before::Keep),
        }
    }

    #[after(UpdateAccount)]
    fn after_update(ctx: &Context, _req: &UpdateAccountRequest, _reply: &()) -> Result<()> {
        counter::increment(ctx.user_id()?)
    }

    /// There is a handler, so events are delivered; the load tool measures what that costs.
    #[event]
    fn handle(_ctx: &Context, event: Event) -> Result<()> {
        events::count(&event);
        Ok(())
    }

    #[session_start]
    fn session_starts(_ctx: &Context, event: Event) -> Result<()> {
        events::count(&event);
        Ok(())
    }

    #[session_end]
    fn session_ends(_ctx: &Context, event: Event) -> Result<()> {
        events::count(&event);
        Ok(())
    }
}
