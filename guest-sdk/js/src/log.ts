// The server's log. Lines carry the plugin's name, and the caller's user and session. `console` writes to it too. A call may
// write 100 lines; the server drops the rest, and says so once.

import { write as witWrite } from "meadhall:plugin/log@0.1.0";
import { needHandler } from "./host.js";
import { inSource } from "./lines.js";

/** How much a line matters. */
export type Level = "trace" | "debug" | "info" | "warn" | "error";

/** Writes one line. Values stand beside each other: texts as they are, errors with their stack, the rest as JSON. */
export function write(level: Level, ...values: unknown[]): void {
  needHandler("calls to the server");
  witWrite(level, values.map((value) => shown(value)).join(" "));
}

/** The finest detail. */
export function trace(...values: unknown[]): void {
  write("trace", ...values);
}

/** For whoever writes the plugin. */
export function debug(...values: unknown[]): void {
  write("debug", ...values);
}

/** What happened. */
export function info(...values: unknown[]): void {
  write("info", ...values);
}

/** Something is odd. */
export function warn(...values: unknown[]): void {
  write("warn", ...values);
}

/** Something failed. */
export function error(...values: unknown[]): void {
  write("error", ...values);
}

/** Makes `console` write to the log. */
export function installConsole(): void {
  Object.assign(globalThis.console, { trace, debug, log: info, info, warn, error });
}

/** How many causes below causes are told; two errors may be the cause of each other. */
const CAUSES = 3;

/** A value as a person reads it. It never throws, whatever the value does when it is looked at. */
export function shown(value: unknown, causes = CAUSES): string {
  try {
    if (typeof value === "string") return value;
    return isError(value) ? withStack(value, causes) : (asJson(value) ?? String(value));
  } catch {
    return "a value that cannot be shown";
  }
}

/** Whether it is an error, also one of the bindings, which have an `Error` of their own. */
export function isError(value: unknown): value is Error {
  return Object.prototype.toString.call(value) === "[object Error]";
}

/** How much of a stack helps; a recursion without end fills it. */
const STACK_LINES = 20;

function withStack(error: Error, causes: number): string {
  const lines = (error.stack ?? "").trim().split("\n").map(inSource);
  // What lies below the handler is the SDK's, and the same each time.
  const below = lines.findIndex((line) => /(answer|guarded)@meadhall-guest\/(component|engine)\.ts:/.test(line));
  const own = lines.slice(0, below === -1 ? undefined : below).slice(0, STACK_LINES);
  const stack = own.map((line) => (line === "" ? "" : `\n    at ${line}`)).join("");
  const told = error.cause !== undefined && causes > 0;
  const cause = told ? `\ncaused by: ${shown(error.cause, causes - 1)}` : "";
  return `${error.name}: ${error.message}${stack}${cause}`;
}

/** Undefined for what JSON does not have, such as a function, and for what has a circle in it. */
function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_key, part) => (typeof part === "bigint" ? String(part) : part));
  } catch {
    return undefined;
  }
}
