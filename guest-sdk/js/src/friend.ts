// Friends: edges between two users, and who has blocked whom. What is done here is done for a user, with the rules, the
// notifications and the errors that their own client would meet.

import {
  add as witAdd,
  block as witBlock,
  delete as witDelete,
  list as witList,
  listOfFriends as witListOfFriends,
} from "meadhall:plugin/friend@0.1.0";
import type { FriendList, FriendsOfFriendsList } from "./messages/index.js";
import type { Page } from "./page.js";
import { host } from "./host.js";
import { PAGE } from "./page.js";

/** What another user is to one. */
export const state = { friend: 0, inviteSent: 1, inviteReceived: 2, blocked: 3 } as const;

/** Users by id or by name, at most 100. */
export interface Whom {
  ids?: string[];
  usernames?: string[];
}

/** One page of a user's edges, by state and then by user; of one `state`, or of all. */
export function list(userId: string, page: Page & { state?: number } = {}): FriendList {
  return JSON.parse(host(witList, userId, page.limit ?? PAGE, page.state, page.cursor ?? ""));
}

/** One page of the friends of a user's friends. */
export function listOfFriends(userId: string, page: Page = {}): FriendsOfFriendsList {
  return JSON.parse(host(witListOfFriends, userId, page.limit ?? PAGE, page.cursor ?? ""));
}

/** The user asks these users to be friends, and accepts those who have asked. The metadata is kept with the user's side of
 * the edge. */
export function add(userId: string, whom: Whom, metadata?: object): void {
  host(witAdd, userId, whom.ids ?? [], whom.usernames ?? [], metadata === undefined ? "" : JSON.stringify(metadata));
}

/** The user ends friendships, takes invitations back, refuses them, and unblocks. */
function remove(userId: string, whom: Whom): void {
  host(witDelete, userId, whom.ids ?? [], whom.usernames ?? []);
}

/** The user blocks these users, which ends what was between them. */
export function block(userId: string, whom: Whom): void {
  host(witBlock, userId, whom.ids ?? [], whom.usernames ?? []);
}

export { remove as delete };
