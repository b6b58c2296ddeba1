use meadhall_guest::prelude::*;

#[plugin]
mod attributes {
    #[rpc(7)]
    fn id_is_a_number(_ctx: &Context, _payload: String) -> Result<()> {
        Ok(())
    }

    #[rpc("")]
    fn id_is_empty(_ctx: &Context, _payload: String) -> Result<()> {
        Ok(())
    }

    #[rpc = "id"]
    fn id_after_equals(_ctx: &Context, _payload: String) -> Result<()> {
        Ok(())
    }

    #[before]
    fn no_message(_ctx: &Context, _req: ()) -> Result<Before<()>> {
        Ok(Before::Keep)
    }

    #[after("UpdateAccount")]
    fn message_in_quotes(_ctx: &Context, _req: &UpdateAccountRequest, _reply: &()) -> Result<()> {
        Ok(())
    }

    #[event("bought")]
    fn event_by_name(_ctx: &Context, _event: Event) -> Result<()> {
        Ok(())
    }

    #[cron]
    fn no_time(_ctx: &Context, _due: Timestamp) -> Result<()> {
        Ok(())
    }

    #[cron("0 4 * *")]
    fn four_fields(_ctx: &Context, _due: Timestamp) -> Result<()> {
        Ok(())
    }

    #[rpc]
    #[event]
    fn two_roles(_ctx: &Context, _payload: String) -> Result<()> {
        Ok(())
    }

    #[rpc]
    struct NotAFunction;
}

fn main() {}
