// Messages about friends.

import type { User } from "./account.js";
import type { Timestamp } from "./timestamp.js";

/** A user, and what they are to another one. */
export interface Friend {
  /** The user. */
  user?: User;
  /** 0 for a friend, 1 for one who is invited, 2 for one who invites, 3 for one who is blocked. */
  state?: number;
  /** When it changed last. */
  update_time?: Timestamp;
  /** A JSON object, as text. */
  metadata?: string;
}

/** One page of a user's edges. */
export interface FriendList {
  /** The edges, by state. */
  friends?: Friend[];
  /** Where the next page begins; empty when this is the last. */
  cursor?: string;
}

/** A friend of a friend. */
export interface FriendOfFriend {
  /** The friend whose friend it is, a UUID. */
  referrer?: string;
  /** The user. */
  user?: User;
}

/** One page of the friends of a user's friends. */
export interface FriendsOfFriendsList {
  /** The users. */
  friends_of_friends?: FriendOfFriend[];
  /** Where the next page begins; empty when this is the last. */
  cursor?: string;
}

/** Asking users to be friends, or accepting those who have asked. */
export interface AddFriendsRequest {
  /** By id. */
  ids?: string[];
  /** By user name. */
  usernames?: string[];
  /** A JSON object, as text; empty for none. */
  metadata?: string;
}

/** Blocking users. */
export interface BlockFriendsRequest {
  /** By id. */
  ids?: string[];
  /** By user name. */
  usernames?: string[];
}

/** Ending friendships, invitations and blocks. */
export interface DeleteFriendsRequest {
  /** By id. */
  ids?: string[];
  /** By user name. */
  usernames?: string[];
}

/** Reading one's edges. */
export interface ListFriendsRequest {
  /** How many, 1 to 1000; absent means 1000. */
  limit?: number;
  /** Those of one state; absent means all. */
  state?: number;
  /** Where to go on, from an earlier page. */
  cursor?: string;
}

/** Reading the friends of one's friends. */
export interface ListFriendsOfFriendsRequest {
  /** How many; absent means the default. */
  limit?: number;
  /** Where to go on, from an earlier page. */
  cursor?: string;
}
