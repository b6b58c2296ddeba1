use meadhall_guest::prelude::*;

#[plugin]
mod game {
    /// Clients call it by its name: `client.rpc(session, "greet", "Ada")`. Servers call it too, without a user.
    #[rpc]
    fn greet(ctx: &Context, name: String) -> Result<String> {
        let caller = ctx.user().map_or("a server", |user| &user.username);
        Ok(format!("hello {name}, you are {caller}"))
    }

    /// Runs after somebody wrote in a chat channel.
    #[after(ChannelMessageSend)]
    fn seen(ctx: &Context, req: &ChannelMessageSend, reply: &ChannelMessageAck) -> Result<()> {
        info!("{} wrote {} in {}", ctx.username()?, req.content, reply.channel_id);
        Ok(())
    }
}
