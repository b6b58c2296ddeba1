//! All kinds of handlers, with names that meet those of the generated code.

use meadhall_guest::prelude::*;
use serde::{Deserialize, Serialize};

/// Also a name of the SDK.
#[derive(Deserialize, Serialize)]
struct Registration {
    name: String,
}

#[plugin]
pub mod all {
    #[start]
    fn start(ctx: &Context) -> Result<()> {
        info!("{:?} {}", ctx.config("greeting"), ctx.node());
        Ok(())
    }

    #[rpc]
    fn payload(_ctx: &Context, payload: String) -> Result<String> {
        Ok(payload)
    }

    #[rpc("Other.Id")]
    fn request(_ctx: &Context, _request: ()) -> Result<()> {
        Ok(())
    }

    #[rpc]
    fn context_alone(ctx: &Context) -> Result<String> {
        Ok(ctx.node().to_owned())
    }

    #[rpc(id = "third")]
    fn third(_ctx: &Context, Json(it): Json<Registration>) -> Result<Json<Registration>> {
        Ok(Json(it))
    }

    #[before(ChannelMessageSend)]
    fn before(_ctx: &Context, req: ChannelMessageSend) -> Result<Before<ChannelMessageSend>> {
        Ok(Before::Replace(req))
    }

    #[before(GetAccount)]
    fn nothing(_ctx: &Context, _req: ()) -> Result<Before<()>> {
        Ok(Before::Keep)
    }

    #[before(Event)]
    fn before_event(_ctx: &Context, _req: EventRequest) -> Result<Before<EventRequest>> {
        Ok(Before::Drop)
    }

    #[meadhall_guest::after(UpdateAccount)]
    fn after(_ctx: &Context, _req: &UpdateAccountRequest, _reply: &()) -> Result<()> {
        event::emit("updated", [])
    }

    #[event]
    fn event(_ctx: &Context, event: Event) -> Result<()> {
        helper(&event)
    }

    #[session_start]
    fn session_start(_ctx: &Context, _event: Event) -> Result<()> {
        Ok(())
    }

    #[session_end]
    fn session_end(_ctx: &Context, event: Event) -> Result<()> {
        warn!("{:?}", event.property("reason"));
        Ok(())
    }

    #[cron("0 4 * * MON-FRI")]
    fn tick(_ctx: &Context, due: Timestamp) -> Result<()> {
        info!("{due}");
        Ok(())
    }

    #[cron("@daily")]
    fn daily(_ctx: &Context, _due: Timestamp) -> Result<()> {
        Ok(())
    }

    #[cfg(any())]
    #[rpc]
    fn absent(_ctx: &Context, _payload: Missing) -> Result<()> {
        Ok(())
    }

    fn helper(_event: &Event) -> Result<()> {
        Ok(())
    }
}

fn main() {}
