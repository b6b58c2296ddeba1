use meadhall_guest::prelude::*;

#[plugin]
mod shapes {
    #[rpc]
    fn no_context(payload: String) -> Result<String> {
        Ok(payload)
    }

    #[rpc]
    fn payload_first(payload: String, _ctx: &Context) -> Result<String> {
        Ok(payload)
    }

    #[rpc]
    fn returns_nothing(_ctx: &Context, _payload: String) {}

    #[rpc]
    async fn is_async(_ctx: &Context, payload: String) -> Result<String> {
        Ok(payload)
    }

    #[rpc]
    fn is_generic<T>(_ctx: &Context, _payload: T) -> Result<String> {
        Ok(String::new())
    }

    #[before(UpdateAccount)]
    fn by_reference(_ctx: &Context, _req: &UpdateAccountRequest) -> Result<Before<UpdateAccountRequest>> {
        Ok(Before::Keep)
    }

    #[after(UpdateAccount)]
    fn without_reply(_ctx: &Context, _req: &UpdateAccountRequest) -> Result<()> {
        Ok(())
    }

    #[after(GetAccount)]
    fn by_value(_ctx: &Context, _req: (), _reply: Account) -> Result<()> {
        Ok(())
    }

    #[event]
    fn without_event(_ctx: &Context) -> Result<()> {
        Ok(())
    }

    #[cron("@daily")]
    fn without_due(_ctx: &Context) -> Result<()> {
        Ok(())
    }

    #[start]
    fn with_payload(_ctx: &Context, _payload: String) -> Result<()> {
        Ok(())
    }
}

fn main() {}
