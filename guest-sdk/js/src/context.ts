// Who called, and how.

import {
  client,
  config,
  environment,
  executionMode,
  extra,
  headers,
  node,
  queryParams,
  session,
  user,
  vars,
} from "meadhall:plugin/context@0.1.0";
import type { PresenceId } from "./stream.js";
import { PluginError } from "./error.js";

/** How the plugin came to run. */
export type Mode = "start" | "rpc" | "before" | "after" | "event";

/** The caller's user. */
export interface CallerUser {
  /** A UUID. */
  id: string;
  /** The name in the caller's session token. */
  username: string;
  /** When the session token expires, in seconds since the Unix epoch. */
  expiresAt: number;
}

/** Where a client connects from. */
export interface ClientAddress {
  /** Its IP address. */
  address: string;
  /** Its TCP port, 0 where unknown. */
  port: number;
}

/** Texts by name. */
export type Texts = Readonly<Record<string, string>>;

/** Lists of texts by name. */
export type TextLists = Readonly<Record<string, readonly string[]>>;

/** What the server has told of a call; null where there is no such thing. */
interface Known {
  user?: CallerUser | null;
  session?: { id: string; lang: string } | null;
  client?: ClientAddress | null;
  vars?: Texts;
  queryParams?: TextLists;
  headers?: TextLists;
  config?: Texts;
  environment?: Texts;
  extra?: Texts;
}

/**
 * The facts of the call that is running.
 *
 * Each is asked of the server when it is first wanted, and then kept: a function that asks for nothing pays for nothing.
 * A context is good for its own call only.
 */
export class Context {
  #known: Known = {};

  /** The caller's user; undefined when a server calls with the HTTP key, and when the plugin starts. */
  get user(): CallerUser | undefined {
    if (this.#known.user === undefined) {
      const caller = user();
      this.#known.user = caller ? { ...caller, expiresAt: Number(caller.expiresAt) } : null;
    }
    return this.#known.user ?? undefined;
  }

  /** The user's id, a UUID. Throws unauthenticated (16) for a call without a user. */
  get userId(): string {
    return this.#neededUser().id;
  }

  /** The name in the session token. Throws unauthenticated (16) for a call without a user. */
  get username(): string {
    return this.#neededUser().username;
  }

  /**
   * The caller's socket, as the place in streams that it has. Throws unauthenticated (16) for a call without a user, and
   * failed precondition (9) for one over plain HTTP.
   */
  get session(): PresenceId {
    const userId = this.userId;
    const sessionId = this.sessionId;
    if (sessionId === undefined) {
      throw PluginError.failedPrecondition("this needs a socket, and the call came over plain HTTP");
    }
    return { userId, sessionId };
  }

  /** The id of the caller's socket, a UUID; undefined for a call over plain HTTP. */
  get sessionId(): string | undefined {
    return this.#callerSession()?.id;
  }

  /** The language that the client asked for, such as `en`; undefined for a call over plain HTTP. */
  get lang(): string | undefined {
    return this.#callerSession()?.lang;
  }

  /** Where the client connects from; undefined when no client caused the call. */
  get client(): ClientAddress | undefined {
    this.#known.client ??= client() ?? null;
    return this.#known.client ?? undefined;
  }

  /** The variables that the client gave when it logged in. */
  get vars(): Texts {
    return (this.#known.vars ??= Object.fromEntries(vars()));
  }

  /** The query parameters of an RPC over HTTP, without `http_key` and `unwrap`. */
  get queryParams(): TextLists {
    return (this.#known.queryParams ??= Object.fromEntries(queryParams()));
  }

  /** The headers of an RPC over HTTP, their names in lower case, without `authorization` and `cookie`. */
  get headers(): TextLists {
    return (this.#known.headers ??= Object.fromEntries(headers()));
  }

  /** The plugin's own settings, from the section `[plugin.NAME]` of the server's configuration. */
  get config(): Texts {
    return (this.#known.config ??= Object.fromEntries(config()));
  }

  /** The environment variables of the server that its configuration grants to the plugin. */
  get environment(): Texts {
    return (this.#known.environment ??= Object.fromEntries(environment()));
  }

  /** Facts that later servers add, by name. */
  get extra(): Texts {
    return (this.#known.extra ??= Object.fromEntries(extra()));
  }

  /** The server's name. */
  get node(): string {
    return node();
  }

  /** How the plugin came to run. */
  get mode(): Mode {
    return executionMode();
  }

  #neededUser(): CallerUser {
    const caller = this.user;
    if (caller === undefined) {
      throw PluginError.unauthenticated("this needs a user, and the call was made without one");
    }
    return caller;
  }

  #callerSession(): { id: string; lang: string } | undefined {
    this.#known.session ??= session() ?? null;
    return this.#known.session ?? undefined;
  }
}
