// The online statuses of users: who shows one, and which sessions are told of it.

import {
  follow as witFollow,
  list as witList,
  online as witOnline,
  unfollow as witUnfollow,
  update as witUpdate,
} from "meadhall:plugin/status@0.1.0";
import type { UserPresence } from "./messages/index.js";
import type { Whom } from "./friend.js";
import { host } from "./host.js";

/** The session is told from now on when the status of these users changes; unknown ones are left out. Returns who of them is
 * online now. Not found (5) when the session is not connected. */
export function follow(sessionId: string, whom: Whom): UserPresence[] {
  return presences(host(witFollow, sessionId, whom.ids ?? [], whom.usernames ?? []));
}

/** The session is no longer told of these users, at most 100. Nothing happens when it is not connected. */
export function unfollow(sessionId: string, userIds: string[]): void {
  host(witUnfollow, sessionId, userIds);
}

/** The session shows a status, at most 2048 bytes; without one it goes offline. Not found (5) when the session is not
 * connected. */
export function update(sessionId: string, status?: string): void {
  host(witUpdate, sessionId, status);
}

/** Which of these users are online, at most 100: those who show a status on some session. */
export function online(userIds: string[]): string[] {
  return host(witOnline, userIds);
}

/** The statuses that these users show, at most 100, one for each session. */
export function list(userIds: string[]): UserPresence[] {
  return presences(host(witList, userIds));
}

function presences(status: string): UserPresence[] {
  return JSON.parse(status).presences ?? [];
}
