// Calls to the server.

import { PluginError } from "./error.js";

/** Whether a handler has begun: while the component is built, where the top of each module runs, there is no server. */
let handling = false;

/** A handler begins. */
export function handlerBegins(): void {
  handling = true;
}

/** Throws where there is no server to do it: the engine would break off without a word that helps. */
export function needHandler(what: string): void {
  if (!handling) throw new Error(`${what} work in handlers only, and this runs while the plugin is built`);
}

/** Calls a function of the server. The error that it answers is thrown as a `PluginError`. */
export function host<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): R {
  needHandler("calls to the server");
  try {
    return fn(...args);
  } catch (error) {
    throw answered(error);
  }
}

/** The bindings throw what the server answered as the `payload` of an error of their own; their other errors are about
 * arguments of a wrong type, and get a stack that leads to the plugin's code. */
function answered(error: unknown): unknown {
  const { payload, message } = error as { payload?: { code: number; message: string }; message?: string };
  if (payload !== undefined) return new PluginError(payload.code, payload.message);
  return new TypeError(`the server cannot be called with these arguments: ${message}`);
}

/** Pairs of an object of texts, or of pairs as they are. */
export function pairs(texts: Record<string, string> | Iterable<readonly [string, string]>): [string, string][] {
  const list = Symbol.iterator in texts ? [...(texts as Iterable<readonly [string, string]>)] : Object.entries(texts);
  return list.map(([name, value]) => [name, String(value)]);
}
