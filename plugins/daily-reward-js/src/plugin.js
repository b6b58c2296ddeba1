// @ts-check
// A reward a day, larger for days in a row. Purses are storage objects of their users, who may read but not write them.

import { channel, event, json, log, metrics, notification, plugin, PluginError, storage } from "meadhall-guest";
import { claim, EMPTY, rewardOf } from "./reward.js";

/** @param {string} userId */
const purseOf = (userId) => ({ collection: "purses", key: "gold", userId });

/** What clients tell this plugin's notifications by. */
const REWARDED = 1;

export default plugin({
  rpc: {
    /** Takes today's reward. Two calls at once cannot both get it: each write says which version it changes. */
    "daily.claim": json((ctx) => {
      const id = purseOf(ctx.userId);
      const found = storage.get(id);
      const purse = claim(found?.value ?? EMPTY, new Date());
      if (purse === undefined) throw PluginError.failedPrecondition("today's reward is taken, come back tomorrow");
      const onlyIf = found ? { version: found.version } : "absent";
      storage.write([{ ...id, value: purse, onlyIf, write: "none" }]);
      const reward = rewardOf(purse.streak);
      event.emit("daily_reward", { user_id: ctx.userId, reward: String(reward) });
      return { reward, gold: purse.gold, streak: purse.streak };
    }),

    /** What is in the caller's purse. */
    "daily.purse": json((ctx) => storage.get(purseOf(ctx.userId))?.value ?? EMPTY),
  },

  before: {
    /** A name that looks like the server's own is refused. */
    UpdateAccount(_ctx, request) {
      if (request.display_name?.toLowerCase().includes("treasurer")) {
        throw PluginError.permissionDenied("there is one treasurer, and it is not you");
      }
    },
  },

  after: {
    /** Who joins the tavern hears what waits for them. */
    ChannelJoin(ctx, request, reply) {
      if (request.type !== 1 || request.target !== "tavern") return;
      const sender = { id: "", username: "treasurer" };
      channel.send(reply.id ?? "", { text: `${ctx.username}, take your reward: daily.claim` }, { sender, persist: false });
    },
  },

  /** Rewards are told once they are given, apart from the call that gave them. */
  event(_ctx, { name, properties }) {
    if (name !== "daily_reward") return;
    const { user_id: userId = "", reward } = properties;
    const subject = `You got ${reward} gold`;
    notification.send([{ userId, subject, content: { reward: Number(reward) }, code: REWARDED, persistent: true }]);
    metrics.counterAdd("rewards", {}, 1);
  },

  sessionStart(ctx) {
    log.info(`${ctx.username} is here`);
    metrics.counterAdd("visits", {}, 1);
  },

  sessionEnd(ctx, { properties }) {
    log.info(`${ctx.username} has left`, properties.reason || "of their own accord");
  },

  /** Once a day, at the moment when rewards may be taken again. */
  cron: {
    "0 0 * * *"(_ctx, due) {
      event.emit("daily_reset", { day: due.toISOString().slice(0, 10) });
    },
  },
});
