use meadhall_guest::prelude::*;

#[plugin]
mod doubles {
    #[rpc]
    fn greet(_ctx: &Context, _payload: String) -> Result<()> {
        Ok(())
    }

    #[rpc("GREET")]
    fn greet_again(_ctx: &Context, _payload: String) -> Result<()> {
        Ok(())
    }

    #[event]
    fn first(_ctx: &Context, _event: Event) -> Result<()> {
        Ok(())
    }

    #[event]
    fn second(_ctx: &Context, _event: Event) -> Result<()> {
        Ok(())
    }

    #[cron("@daily")]
    fn once(_ctx: &Context, _due: Timestamp) -> Result<()> {
        Ok(())
    }

    #[cron("@daily")]
    fn twice(_ctx: &Context, _due: Timestamp) -> Result<()> {
        Ok(())
    }
}

fn main() {}
