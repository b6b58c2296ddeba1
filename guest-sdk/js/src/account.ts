// Accounts: what a user owns and only they see.

import {
  ban as witBan,
  delete as witDelete,
  export as witExport,
  get as witGet,
  unban as witUnban,
  update as witUpdate,
} from "meadhall:plugin/account@0.1.0";
import type { Account } from "./messages/index.js";
import { host } from "./host.js";

/** Changes of an account: what is left out stays. */
export interface AccountChanges {
  /** The user name. */
  username?: string;
  /** The name to show. */
  display_name?: string;
  /** Where the picture is. */
  avatar_url?: string;
  /** The language, such as `en`. */
  lang_tag?: string;
  /** Where the user is. */
  location?: string;
  /** The user's time zone. */
  timezone?: string;
  /** What the game keeps with the user. */
  metadata?: object;
}

/** An account. */
export function get(userId: string): Account {
  return JSON.parse(host(witGet, userId));
}

/** Changes an account. */
export function update(userId: string, changes: AccountChanges): void {
  host(witUpdate, userId, JSON.stringify(changes));
}

/** Deletes an account and closes its sockets. */
function remove(userId: string): void {
  host(witDelete, userId);
}

/** Disables an account: its user cannot log in, their tokens count no more, and their sockets are told and closed. */
export function ban(userId: string): void {
  host(witBan, userId);
}

/** Enables an account again; its user logs in anew. */
export function unban(userId: string): void {
  host(witUnban, userId);
}

/** Everything that is stored about a user. Resource exhausted (8) when it is more than 8 MiB. */
function whole(userId: string): Record<string, unknown> {
  return JSON.parse(host(witExport, userId));
}

export { remove as delete, whole as export };
