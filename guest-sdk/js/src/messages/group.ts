// Messages about groups.

import type { User } from "./account.js";
import type { Timestamp } from "./timestamp.js";

/** A group. */
export interface Group {
  /** A UUID. */
  id?: string;
  /** Who made it, a UUID. */
  creator_id?: string;
  /** Its name, which no other group has. */
  name?: string;
  /** What it is about. */
  description?: string;
  /** The language, such as `en`. */
  lang_tag?: string;
  /** What the game keeps with the group, a JSON object. */
  metadata?: string;
  /** Where the picture is. */
  avatar_url?: string;
  /** Whether everybody may join; otherwise they ask. */
  open?: boolean;
  /** How many members it has. */
  edge_count?: number;
  /** How many there may be. */
  max_count?: number;
  /** When it was made. */
  create_time?: Timestamp;
  /** When it was last changed. */
  update_time?: Timestamp;
}

/** One page of groups. */
export interface GroupList {
  /** The groups. */
  groups?: Group[];
  /** Where the next page begins; empty when this is the last. */
  cursor?: string;
}

/** A user of a group. */
export interface GroupUser {
  /** The user. */
  user?: User;
  /** 0 for a superadmin, 1 for an admin, 2 for a member, 3 for one who asks to join, 4 for one who is banned. */
  state?: number;
}

/** One page of a group's users. */
export interface GroupUserList {
  /** The users, by state. */
  group_users?: GroupUser[];
  /** Where the next page begins; empty when this is the last. */
  cursor?: string;
}

/** A group of a user. */
export interface UserGroup {
  /** The group. */
  group?: Group;
  /** The user's state there, as in `GroupUser`. */
  state?: number;
}

/** One page of a user's groups. */
export interface UserGroupList {
  /** The groups, by state. */
  user_groups?: UserGroup[];
  /** Where the next page begins; empty when this is the last. */
  cursor?: string;
}

/** Making a group. */
export interface CreateGroupRequest {
  /** Its name, 1 to 255 bytes. */
  name?: string;
  /** What it is about. */
  description?: string;
  /** The language; `en` when empty. */
  lang_tag?: string;
  /** Where the picture is. */
  avatar_url?: string;
  /** Whether everybody may join; otherwise they ask. */
  open?: boolean;
  /** How many members there may be; 100 when absent. */
  max_count?: number;
}

/** Changing a group: what is absent stays. */
export interface UpdateGroupRequest {
  /** Which. */
  group_id?: string;
  /** Its name. */
  name?: string;
  /** What it is about. */
  description?: string;
  /** The language. */
  lang_tag?: string;
  /** Where the picture is. */
  avatar_url?: string;
  /** Whether everybody may join. */
  open?: boolean;
}

/** Deleting a group. */
export interface DeleteGroupRequest {
  /** Which. */
  group_id?: string;
}

/** Joining a group, or asking to. */
export interface JoinGroupRequest {
  /** Which. */
  group_id?: string;
}

/** Leaving a group. */
export interface LeaveGroupRequest {
  /** Which. */
  group_id?: string;
}

/** Adding users to a group, or accepting those who have asked. */
export interface AddGroupUsersRequest {
  /** Which group. */
  group_id?: string;
  /** Whom. */
  user_ids?: string[];
}

/** Taking users out of a group, or refusing those who have asked. */
export interface KickGroupUsersRequest {
  /** Which group. */
  group_id?: string;
  /** Whom. */
  user_ids?: string[];
}

/** Taking users out of a group for good. */
export interface BanGroupUsersRequest {
  /** Which group. */
  group_id?: string;
  /** Whom. */
  user_ids?: string[];
}

/** Raising users of a group by one rank. */
export interface PromoteGroupUsersRequest {
  /** Which group. */
  group_id?: string;
  /** Whom. */
  user_ids?: string[];
}

/** Lowering users of a group by one rank. */
export interface DemoteGroupUsersRequest {
  /** Which group. */
  group_id?: string;
  /** Whom. */
  user_ids?: string[];
}

/** Reading groups. */
export interface ListGroupsRequest {
  /** The whole name, or its beginning and a `%`. Stands alone. */
  name?: string;
  /** Where to go on, from an earlier page. */
  cursor?: string;
  /** How many, 1 to 100; absent means 1. */
  limit?: number;
  /** Of this language. */
  lang_tag?: string;
  /** With at most so many members. */
  members?: number;
  /** Only open ones, or only closed ones. */
  open?: boolean;
}

/** Reading the users of a group. */
export interface ListGroupUsersRequest {
  /** Which. */
  group_id?: string;
  /** How many, 1 to 100; absent means 100. */
  limit?: number;
  /** Those of one state; absent means all. */
  state?: number;
  /** Where to go on, from an earlier page. */
  cursor?: string;
}

/** Reading the groups of a user. */
export interface ListUserGroupsRequest {
  /** Whose. */
  user_id?: string;
  /** How many, 1 to 100; absent means 100. */
  limit?: number;
  /** Those of one state; absent means all. */
  state?: number;
  /** Where to go on, from an earlier page. */
  cursor?: string;
}
