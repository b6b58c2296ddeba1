// Messages about online statuses.

import type { UserPresence } from "./channel.js";

/** Wanting to be told of the statuses of users. */
export interface StatusFollow {
  /** By id. */
  user_ids?: string[];
  /** By user name. */
  usernames?: string[];
}

/** Wanting it no more. */
export interface StatusUnfollow {
  /** Of whom. */
  user_ids?: string[];
}

/** Showing a status. */
export interface StatusUpdate {
  /** Free text, at most 2048 bytes; absent to go offline. */
  status?: string;
}

/** Who is online. */
export interface Status {
  /** The statuses, one for each session. */
  presences?: UserPresence[];
}
