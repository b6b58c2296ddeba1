//! What players do becomes events, and events are handled in the background: no player waits for analytics.
//!
//! When an account was updated, the after-hook queues an event of the plugin's own. The handlers get that one, those
//! that clients send, and the server's own for the start and the end of a session.

use meadhall_guest::prelude::*;

#[plugin]
mod session_events {
    #[start]
    fn start(_ctx: &Context) -> Result<()> {
        info!("session-events loaded");
        Ok(())
    }

    #[after(UpdateAccount)]
    fn account_updated(ctx: &Context, _req: &UpdateAccountRequest, _reply: &()) -> Result<()> {
        event::emit("account_updated", [("user", ctx.user_id()?)])
    }

    #[event]
    fn process_event(_ctx: &Context, event: Event) -> Result<()> {
        match event.name.as_str() {
            // Here a studio sends it on to its analytics service.
            "account_updated" => info!("process event: {event:?}"),
            _ => warn!("unrecognised event: {event:?}"),
        }
        Ok(())
    }

    #[session_start]
    fn process_session_start(ctx: &Context, event: Event) -> Result<()> {
        info!("process session start of {}: {event:?}", ctx.username()?);
        Ok(())
    }

    #[session_end]
    fn process_session_end(ctx: &Context, event: Event) -> Result<()> {
        info!("process session end of {}: {event:?}", ctx.username()?);
        Ok(())
    }
}
