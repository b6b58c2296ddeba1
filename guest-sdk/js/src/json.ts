// RPCs whose payload and result are JSON.

import type { Context } from "./context.js";
import { PluginError } from "./error.js";

/**
 * An RPC's function that gets its payload as the value that the client wrote as JSON; an empty payload is `null`. A payload
 * that is no JSON is refused (3). What a function returns is written as JSON anyway, unless it is a text.
 *
 * The server does not look at the value's shape: check what came before you rely on it.
 */
export function json<Payload = unknown, Result = unknown>(
  handler: (ctx: Context, payload: Payload) => Result | Promise<Result>,
): (ctx: Context, payload: string) => Result | Promise<Result> {
  return (ctx, payload) => handler(ctx, parse(payload) as Payload);
}

function parse(payload: string): unknown {
  try {
    return payload === "" ? null : JSON.parse(payload);
  } catch (error) {
    throw PluginError.invalidArgument(`bad payload: ${(error as Error).message}`);
  }
}
