// What a plugin handles, as its author writes it.

import type { Context } from "./context.js";
import type { PluginEvent } from "./event.js";
import type { Hooks } from "./hooks.js";

/** What a before-hook returns to end a request as if the feature did not exist; on a socket the session is closed. To refuse
 * with a reason, throw a `PluginError`. */
export const drop: unique symbol = Symbol("drop");

/** Or a promise of it: handlers may be `async`. */
type Awaitable<T> = T | Promise<T>;

/** A function that clients call by its id. It gets what the client sent, as text; a result that is no text is written as
 * JSON, and none at all is the empty text. `json` reads the payload too. */
export type RpcHandler = (ctx: Context, payload: string) => unknown;

/** Runs before a message. It returns the request that goes on, nothing to let it go on as it came, or `drop`. */
export type BeforeHandler<Name extends keyof Hooks> = (
  ctx: Context,
  request: Hooks[Name]["request"],
) => Awaitable<Hooks[Name]["request"] | typeof drop | undefined | void>;

/** Runs after a message succeeded. An error is logged; the caller already has the answer. */
export type AfterHandler<Name extends keyof Hooks> = (
  ctx: Context,
  request: Hooks[Name]["request"],
  reply: Hooks[Name]["reply"],
) => Awaitable<void>;

/** Runs in the background. An error is logged. */
export type EventHandler = (ctx: Context, event: PluginEvent) => Awaitable<void>;

/** Runs at the times of a cron expression, once each. `due` is the time it was due. */
export type CronHandler = (ctx: Context, due: Date) => Awaitable<void>;

/** What a plugin needs that the server's configuration has to grant. */
export interface Needs {
  /** Hosts to ask, such as `api.example.com`, or with a port. */
  http?: string[];
  /** Settings of the plugin's own whose values are URLs to ask, so that the operator says where. */
  urls?: string[];
  /** Environment variables. */
  environment?: string[];
  /** Folders to read. */
  folders?: string[];
  /** Settings of the plugin's own, without which it does not start. */
  settings?: string[];
}

/** What a plugin handles. */
export interface Definition {
  /** Functions that clients call, by id. Ids are the same in upper and lower case. */
  rpc?: Record<string, RpcHandler>;
  /** Functions before messages, by the message's name. */
  before?: { [Name in keyof Hooks]?: BeforeHandler<Name> };
  /** Functions after messages, by the message's name. */
  after?: { [Name in keyof Hooks]?: AfterHandler<Name> };
  /** For events of clients and plugins. */
  event?: EventHandler;
  /** A client opened a socket. */
  sessionStart?: EventHandler;
  /** A client's socket is closed. The property `reason` says why. */
  sessionEnd?: EventHandler;
  /** Functions by when they run: cron expressions of five fields, in UTC, such as `0 4 * * *`. */
  cron?: Record<string, CronHandler>;
  /** Runs once after the plugin is loaded, before the server takes connections. An error stops the load. */
  start?: (ctx: Context) => Awaitable<void>;
  /** What the server's configuration has to grant. */
  needs?: Needs;
}

/** A plugin, for `export default`. */
export interface Plugin {
  /** What it handles. */
  readonly definition: Definition;
}

/** Makes a plugin of what it handles. Throws a `TypeError` that says what is wrong with it. */
export function plugin(definition: Definition): Plugin {
  check(definition);
  return { definition };
}

const FUNCTIONS = ["event", "sessionStart", "sessionEnd", "start"];
const TABLES = ["rpc", "before", "after", "cron"];
const NEEDS = ["http", "urls", "environment", "folders", "settings"];

function check(definition: unknown): void {
  for (const [key, value] of entries(definition, "plugin({ … })")) {
    if (value === undefined) continue;
    if (FUNCTIONS.includes(key)) {
      checkFunction(value, key);
    } else if (TABLES.includes(key)) {
      for (const [name, handler] of entries(value, key)) checkFunction(handler, `${key}[${JSON.stringify(name)}]`);
    } else if (key === "needs") {
      for (const [kind, names] of entries(value, key)) checkNeed(kind, names);
    } else {
      throw new TypeError(`plugin({ … }) has no "${key}": it knows ${[...TABLES, ...FUNCTIONS, "needs"].join(", ")}`);
    }
  }
}

function entries(value: unknown, what: string): [string, unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`${what} wants an object, and got ${kindOf(value)}`);
  }
  return Object.entries(value);
}

function checkFunction(value: unknown, what: string): void {
  if (typeof value !== "function") throw new TypeError(`${what} wants a function, and got ${kindOf(value)}`);
}

function checkNeed(kind: string, names: unknown): void {
  if (!NEEDS.includes(kind)) throw new TypeError(`needs has no "${kind}": it knows ${NEEDS.join(", ")}`);
  if (!Array.isArray(names) || names.some((name) => typeof name !== "string")) {
    throw new TypeError(`needs.${kind} wants an array of texts`);
  }
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? "an array" : `a ${typeof value}`;
}
