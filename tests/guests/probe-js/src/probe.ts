// Every function and kind of handler that the SDK has, for tests and benches to call.

import * as sdk from "meadhall-guest";
import type { Context, PluginEvent } from "meadhall-guest";
import { drop, json, log, plugin, PluginError, storage, stream } from "meadhall-guest";

type Namespace = Record<string, (...values: unknown[]) => unknown>;

const { account, channel, event, file, friend, group, http } = sdk;
const { metrics, notification, session, status, users } = sdk;
const namespaces = {
  ...{ account, channel, event, file, friend, group, http, log },
  ...{ metrics, notification, session, status, storage, stream, users },
} as unknown as Record<string, Namespace>;

interface Call {
  /** Such as `stream.join`. */
  call: string;
  values?: unknown[];
}

interface Move {
  hop: number;
}

/** The facts of a call, all of them. */
function facts(ctx: Context) {
  const { user, sessionId, lang, client, vars, queryParams, headers, config, environment, extra, node, mode } = ctx;
  return { user, sessionId, lang, client, vars, queryParams, headers, config, environment, extra, node, mode };
}

/** Something happened to the plugin: kept where a test finds it. */
function happened(what: string, value: object): void {
  storage.put({ collection: "happened", key: what }, value);
}

function on(what: string) {
  return (ctx: Context, { time, ...it }: PluginEvent) => {
    // Too many to keep each: a bench sends them.
    if (it.name === "mead") {
      metrics.counterAdd("handled", { kind: what }, 1);
      return;
    }
    happened(what, { ...it, at: time?.getTime(), username: ctx.user?.username });
    if (it.name === "fail") throw PluginError.aborted("as you wish");
  };
}

export default plugin({
  rpc: {
    "probe.echo": (_ctx, payload) => payload,
    "probe.hop": json((_ctx, move: Move) => ({ hop: move.hop + 1 })),
    "probe.context": (ctx) => facts(ctx),
    "probe.session": (ctx) => ctx.session,
    "probe.stream_count": json((_ctx, at: { mode: number; label: string }) => ({ count: stream.count(at) })),

    /** Calls a function of the SDK by its name. What it returns is told as JSON, texts too. */
    "probe.call": json((_ctx, { call, values = [] }: Call) => {
      const [name = "", member = ""] = call.split(".");
      const result = namespaces[name]?.[member]?.(...values);
      return JSON.stringify(result instanceof Uint8Array ? [...result] : (result ?? null));
    }),

    /** The functions that the SDK has. */
    "probe.functions": () => {
      const functions = Object.entries(namespaces).flatMap(([name, members]) =>
        Object.keys(members)
          .filter((member) => typeof members[member] === "function")
          .map((member) => `${name}.${member}`),
      );
      return functions.sort();
    },

    "probe.later": async (_ctx, payload) => {
      await new Promise<void>((done) => setTimeout(done, 1));
      return `later ${payload}`;
    },
    "probe.console": () => {
      console.debug("to the log:", { mead: 1 }, [2n]);
      console.log("hollow", new Error("horn"));
      console.warn("low on mead");
    },
    "probe.random": () => [Math.random(), crypto.randomUUID(), Date.now()],
    "probe.fail": (_ctx, code) => {
      throw new PluginError(Number(code), "as you wish");
    },
    "probe.reject": async () => {
      throw PluginError.notFound("nothing here");
    },
  },

  before: {
    UpdateAccount(_ctx, request) {
      switch (request.location) {
        case "shouting":
          return { ...request, location: request.location.toUpperCase() };
        case "dropped":
          return drop;
        case "refused":
          throw PluginError.permissionDenied("not there");
        case "null":
          return null as never;
        default:
          return undefined;
      }
    },
    async ChannelMessageSend(_ctx, request) {
      await Promise.resolve();
      return request.content?.includes("mead") ? { ...request, content: '{"words":"***"}' } : undefined;
    },
  },

  after: {
    UpdateAccount(ctx, request, reply) {
      happened("updated", { request, reply, username: ctx.username });
    },
    ChannelJoin(_ctx, request, reply) {
      happened("joined", { request, room: reply.room_name });
    },
  },

  event: on("event"),
  sessionStart: on("session_start"),
  sessionEnd: on("session_end"),

  cron: {
    "*/5 * * * *"(_ctx, due) {
      happened("tick", { due: due.toISOString() });
    },
  },

  start(ctx) {
    happened("start", facts(ctx));
    if (ctx.config["start"] === "fail") throw PluginError.failedPrecondition("no mead left");
  },
});
