use meadhall_guest::prelude::*;

struct Opaque;

#[plugin]
mod types {
    #[rpc]
    fn payload(_ctx: &Context, _payload: u32) -> Result<String> {
        Ok(String::new())
    }

    #[rpc]
    fn result_content(_ctx: &Context, _payload: String) -> Result<Opaque> {
        Ok(Opaque)
    }

    #[rpc]
    fn no_result(_ctx: &Context, payload: String) -> String {
        payload
    }

    #[before(UpdateAccount)]
    fn another_request(_ctx: &Context, _req: ChannelMessageSend) -> Result<Before<UpdateAccountRequest>> {
        Ok(Before::Keep)
    }

    #[before(ChannelJoin)]
    fn no_before(_ctx: &Context, _req: ChannelJoin) -> Result<ChannelJoin> {
        Err("closed".into())
    }

    #[after(UpdateAccount)]
    fn another_reply(_ctx: &Context, _req: &UpdateAccountRequest, _reply: &Account) -> Result<()> {
        Ok(())
    }

    #[cron("@daily")]
    fn due_as_a_number(_ctx: &Context, _due: i64) -> Result<()> {
        Ok(())
    }

    #[after(Opaque)]
    fn no_message(_ctx: &Context, _req: &(), _reply: &()) -> Result<()> {
        Ok(())
    }

    #[event]
    fn more_than_done(_ctx: &Context, _event: Event) -> Result<u32> {
        Ok(7)
    }
}

fn main() {}
