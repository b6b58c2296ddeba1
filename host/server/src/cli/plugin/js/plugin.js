// @ts-check
import { json, plugin, PluginError, storage } from "meadhall-guest";

export default plugin({
  rpc: {
    /** Clients call it by its name: `client.rpc(session, "greet", "Ada")`. Servers call it too, without a user. */
    greet(ctx, name) {
      if (name === "") throw PluginError.invalidArgument("say whom to greet");
      return `hello ${name}, you are ${ctx.user?.username ?? "a server"}`;
    },

    /** Counts how often a user called it. What must last goes to storage. */
    count: json((ctx) => {
      const id = { collection: "counts", key: "greetings", userId: ctx.userId };
      const calls = Number(storage.get(id)?.value.calls ?? 0) + 1;
      storage.put(id, { calls });
      return { calls };
    }),
  },

  after: {
    /** Runs after somebody wrote in a chat channel. */
    ChannelMessageSend(ctx, request, reply) {
      console.log(`${ctx.username} wrote ${request.content} in ${reply.channel_id}`);
    },
  },
});
