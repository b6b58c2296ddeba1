// From a plugin to what the server calls: the exports of the component.

import type { Event as Occurrence } from "meadhall:plugin/types@0.1.0";
import { Context } from "./context.js";
import { settled } from "./engine.js";
import { PluginError, code } from "./error.js";
import { received } from "./event.js";
import { handlerBegins } from "./host.js";
import type { Lines } from "./lines.js";
import { setLines } from "./lines.js";
import { installConsole, shown, write } from "./log.js";
import type { Plugin } from "./plugin.js";
import { drop } from "./plugin.js";

/** An answer of the component's functions, as the bindings take it without a throw. */
type Answer<T> = { tag: "ok"; val: T } | { tag: "err"; val: { code: number; message: string } };

type Outcome = { tag: "keep" } | { tag: "drop" } | { tag: "replace"; val: string };

/** A handler of whatever kind; which arguments it gets, its place in the definition says. */
type Handler = (...args: any[]) => unknown;

/** What the server calls. The build's entry exports it. */
export function component(plugin: Plugin, version: string, lines: Lines) {
  setLines(lines);
  if (typeof plugin?.definition !== "object") {
    throw new TypeError("the default export is no plugin: it must say `export default plugin({ … })`");
  }
  const { rpc, before, after, cron, needs, start, event, sessionStart, sessionEnd } = plugin.definition;
  // The server writes ids in lower case.
  const functions = table(rpc, (id) => id.toLowerCase());
  const [befores, afters, times] = [table(before), table(after), table(cron)];
  const single = { event, "session-start": sessionStart, "session-end": sessionEnd };
  const handlers = [
    ...named("rpc", functions),
    ...named("before", befores),
    ...named("after", afters),
    ...named("cron", times),
    ...Object.entries(single).flatMap(([kind, handler]) => (handler ? [{ kind, name: "" }] : [])),
  ];
  return {
    lifecycle: {
      register: () => ({ version, handlers }),
      start: () => answer("start", "", start, nothing),
    },
    rpc: {
      call: (id: string, payload: string) => answer("rpc", id, functions.get(id), text, payload),
    },
    hooks: {
      before: (name: string, request: string) =>
        answer("before-hook", name, befores.get(name), (result) => outcome(name, result), JSON.parse(request)),
      after: (name: string, request: string, reply: string) =>
        answer("after-hook", name, afters.get(name), nothing, JSON.parse(request), JSON.parse(reply)),
    },
    events: {
      event: (it: Occurrence) => answer("event", it.name, event, nothing, received(it)),
      sessionStart: (it: Occurrence) => answer("sessionStart", "", sessionStart, nothing, received(it)),
      sessionEnd: (it: Occurrence) => answer("sessionEnd", "", sessionEnd, nothing, received(it)),
    },
    schedule: {
      tick: (expression: string, dueMs: bigint) =>
        answer("cron", expression, times.get(expression), nothing, new Date(Number(dueMs))),
    },
    capabilities: {
      needs: () => [
        ...(needs?.http ?? []).map((name) => ({ kind: "http", name })),
        ...(needs?.urls ?? []).map((name) => ({ kind: "url", name })),
        ...(needs?.environment ?? []).map((name) => ({ kind: "environment", name })),
        ...(needs?.folders ?? []).map((name) => ({ kind: "folder", name })),
        ...(needs?.settings ?? []).map((name) => ({ kind: "setting", name })),
      ],
    },
  };
}

function table(handlers: object | undefined, key = (name: string) => name): Map<string, Handler> {
  const defined = Object.entries(handlers ?? {}).filter(([, handler]) => handler !== undefined);
  return new Map(defined.map(([name, handler]) => [key(name), handler as Handler]));
}

function named(kind: string, handlers: Map<string, Handler>): { kind: string; name: string }[] {
  return [...handlers.keys()].map((name) => ({ kind, name }));
}

/** `console` cannot reach the server while the component is being built, where the plugin's top-level code runs. */
let consoleIsInstalled = false;

/** Runs a handler, and makes an answer of what it returns, throws or promises. Its kind and name are for the log. */
function answer<T>(kind: string, name: string, handler: Handler | undefined, read: (result: unknown) => T, ...args: unknown[]) {
  if (!consoleIsInstalled) {
    handlerBegins();
    installConsole();
    consoleIsInstalled = true;
  }
  const refuse = (error: unknown) => refusal(kind, name, error);
  try {
    const result = handler?.(new Context(), ...args);
    if (result instanceof Promise) {
      const promised = result.then((value): Answer<T> => ({ tag: "ok", val: read(value) })).catch(refuse);
      return settled(promised, refuse);
    }
    return { tag: "ok", val: read(result) } satisfies Answer<T>;
  } catch (error) {
    return refuse(error);
  }
}

/** What becomes of something that was thrown. */
function refusal(kind: string, name: string, error: unknown): Answer<never> {
  if (isPluginError(error)) return { tag: "err", val: { code: error.code, message: error.message } };
  const told = shown(error);
  write("error", `${name === "" ? kind : `${kind} ${JSON.stringify(name)}`} threw: ${told}`);
  const [sentence = ""] = told.split("\n", 1);
  return { tag: "err", val: { code: code.internal, message: sentence } };
}

/** Some things throw when they are asked what they are. */
function isPluginError(error: unknown): error is PluginError {
  try {
    return error instanceof PluginError;
  } catch {
    return false;
  }
}

function nothing(): undefined {
  return undefined;
}

function text(result: unknown): string {
  if (typeof result === "string") return result;
  if (result === undefined || result === null) return "";
  const written = JSON.stringify(result);
  if (written === undefined) throw new TypeError(`an RPC returned a ${typeof result}, which is no JSON`);
  return written;
}

function outcome(name: string, result: unknown): Outcome {
  if (result === undefined) return { tag: "keep" };
  if (result === drop) return { tag: "drop" };
  if (typeof result === "object" && result !== null) return { tag: "replace", val: JSON.stringify(result) };
  throw new TypeError(
    `before.${name} returned ${String(result)}: it returns the request, nothing to keep it, or \`drop\` to drop it`,
  );
}
