// Users: what everybody may see of an account.

import { get as witGet } from "meadhall:plugin/users@0.1.0";
import type { User } from "./messages/index.js";
import { host } from "./host.js";

/** The users with these ids, at most 100; unknown ones are left out. */
export function byId(ids: string[]): User[] {
  return found(host(witGet, ids, []));
}

/** The users with these names, at most 100; unknown ones are left out. */
export function byUsername(usernames: string[]): User[] {
  return found(host(witGet, [], usernames));
}

function found(users: string): User[] {
  return JSON.parse(users).users ?? [];
}
