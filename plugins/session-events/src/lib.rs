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

#[cfg(test)]
mod tests {
    use super::*;
    use meadhall_guest::testing::World;

    #[test]
    fn an_update_is_an_event_that_its_handler_knows() -> Result<()> {
        let world = World::with(session_events::Plugin);
        let ada = world.user("ada");
        ada.after::<UpdateAccount>(&UpdateAccountRequest::default(), &())?;
        assert_eq!(world.events(), [Event::new("account_updated", [("user", ada.id())])]);
        world.send_event(Event::new("fell_off_bench", []));
        assert_eq!(world.deliver(), Ok(2));
        let log = world.log();
        assert!(log[0].message.starts_with("process event: "), "{log:?}");
        assert!(log[1].message.starts_with("unrecognised event: "), "{log:?}");
        Ok(())
    }

    #[test]
    fn sessions_are_told_by_the_name_of_their_user() -> Result<()> {
        let world = World::with(session_events::Plugin);
        world.user("ada").connect().disconnect();
        assert_eq!(world.deliver(), Ok(2));
        let log = world.log();
        assert!(log[0].message.starts_with("process session start of ada"), "{log:?}");
        assert!(log[1].message.starts_with("process session end of ada"), "{log:?}");
        Ok(())
    }
}
