// Groups: users with a name, a chat channel of their own, and ranks.
//
// An `actor` is the id of the user in whose name something is done, who needs the rank for it; `null` is the server itself,
// which may do everything.

import {
  add as witAdd,
  ban as witBan,
  create as witCreate,
  delete as witDelete,
  demote as witDemote,
  get as witGet,
  join as witJoin,
  kick as witKick,
  leave as witLeave,
  list as witList,
  ofUser as witOfUser,
  promote as witPromote,
  update as witUpdate,
  users as witUsers,
} from "meadhall:plugin/group@0.1.0";
import type { Group, GroupList, GroupUserList, UserGroupList } from "./messages/index.js";
import type { Page } from "./page.js";
import { host } from "./host.js";
import { PAGE } from "./page.js";

/** What a user is in a group. */
export const state = { superadmin: 0, admin: 1, member: 2, joinRequest: 3, banned: 4 } as const;

/** A user's id, or `null` for the server itself. */
export type Actor = string | null;

/** Changes of a group: what is left out stays. */
export interface GroupChanges {
  /** Its name, 1 to 255 bytes, which no other group has. */
  name?: string;
  /** What it is about. */
  description?: string;
  /** The language, such as `en`. */
  lang_tag?: string;
  /** Where the picture is. */
  avatar_url?: string;
  /** Whether everybody may join; otherwise they ask. */
  open?: boolean;
  /** How many members there may be. */
  max_count?: number;
  /** What the game keeps with the group. */
  metadata?: object;
}

/** A group to make: a name, and what else it has. */
export type NewGroup = GroupChanges & { name: string };

/** Which groups. */
export interface GroupFilter {
  /** The whole name in any case, or its beginning and a `%`; it stands alone. */
  name?: string;
  /** Only open ones, or only closed ones. */
  open?: boolean;
  /** Of this language. */
  lang_tag?: string;
  /** With at most so many members. */
  members?: number;
}

/** Makes a group whose superadmin is `creator`. Already exists (6) when the name is taken. */
export function create(creator: string, group: NewGroup): Group {
  return JSON.parse(host(witCreate, creator, JSON.stringify(group)));
}

/** Changes a group. */
export function update(actor: Actor, groupId: string, changes: GroupChanges): void {
  host(witUpdate, actor ?? "", groupId, JSON.stringify(changes));
}

/** Deletes a group and closes its channel. */
function remove(actor: Actor, groupId: string): void {
  host(witDelete, actor ?? "", groupId);
}

/** The groups with these ids, at most 100; unknown ones are left out. */
export function get(ids: string[]): Group[] {
  return JSON.parse(host(witGet, ids)).groups ?? [];
}

/** One page of groups. */
export function list(filter: GroupFilter = {}, page: Page = {}): GroupList {
  return JSON.parse(host(witList, JSON.stringify(filter), page.limit ?? PAGE, page.cursor ?? ""));
}

/** One page of a group's users, by state and then by user. Without a `state` it is all but the banned. */
export function users(groupId: string, page: Page & { state?: number } = {}): GroupUserList {
  return JSON.parse(host(witUsers, groupId, page.limit ?? PAGE, page.state, page.cursor ?? ""));
}

/** One page of a user's groups, by state and then by group. */
export function ofUser(userId: string, page: Page & { state?: number } = {}): UserGroupList {
  return JSON.parse(host(witOfUser, userId, page.limit ?? PAGE, page.state, page.cursor ?? ""));
}

/** The user joins an open group, or asks to join a closed one. */
export function join(userId: string, groupId: string): void {
  host(witJoin, userId, groupId);
}

/** The user leaves a group, or takes their request back. Refused for its last superadmin. */
export function leave(userId: string, groupId: string): void {
  host(witLeave, userId, groupId);
}

/** Adds users, at most 100, or accepts their requests. */
export function add(actor: Actor, groupId: string, userIds: string[]): void {
  host(witAdd, actor ?? "", groupId, userIds);
}

/** Takes users out, at most 100, refuses their requests, or lifts their ban. */
export function kick(actor: Actor, groupId: string, userIds: string[]): void {
  host(witKick, actor ?? "", groupId, userIds);
}

/** Takes users out for good, at most 100: joining has no effect for them. */
export function ban(actor: Actor, groupId: string, userIds: string[]): void {
  host(witBan, actor ?? "", groupId, userIds);
}

/** Raises users by one rank, at most 100. */
export function promote(actor: Actor, groupId: string, userIds: string[]): void {
  host(witPromote, actor ?? "", groupId, userIds);
}

/** Lowers users by one rank, at most 100. */
export function demote(actor: Actor, groupId: string, userIds: string[]): void {
  host(witDemote, actor ?? "", groupId, userIds);
}

export { remove as delete };
