from meadhall import ChannelMessageAck, ChannelMessageSend, Context, after, log, rpc


@rpc
def greet(ctx: Context, name: str) -> str:
    """Clients call it by its name: `client.rpc(session, "greet", "Ada")`. Servers call it too, without a user."""
    caller = ctx.user.username if ctx.user else "a server"
    return f"hello {name}, you are {caller}"


@after("ChannelMessageSend")
def seen(ctx: Context, req: ChannelMessageSend, reply: ChannelMessageAck) -> None:
    """Runs after somebody wrote in a chat channel."""
    log.info(f"{ctx.username} wrote {req.content} in {reply.channel_id}")
