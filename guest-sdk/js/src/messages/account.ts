// Messages about accounts, log-ins and users.

import type { Timestamp } from "./timestamp.js";

/** A device that logs in. */
export interface AccountDevice {
  /** Its id, 10 to 128 bytes. */
  id?: string;
  /** Variables for the session. */
  vars?: Record<string, string>;
}

/** An email and password that log in. */
export interface AccountEmail {
  /** The address. */
  email?: string;
  /** The password, as the user typed it. */
  password?: string;
  /** Variables for the session. */
  vars?: Record<string, string>;
}

/** An id of the studio's own that logs in. */
export interface AccountCustom {
  /** The id. */
  id?: string;
  /** Variables for the session. */
  vars?: Record<string, string>;
}

/** Logging in by device. */
export interface AuthenticateDeviceRequest {
  /** The device. */
  account?: AccountDevice;
  /** Whether to create the account when there is none; absent means yes. */
  create?: boolean;
  /** The user name for a new account; empty for one that the server makes up. */
  username?: string;
}

/** Logging in by email. */
export interface AuthenticateEmailRequest {
  /** The email and password. */
  account?: AccountEmail;
  /** Whether to create the account when there is none; absent means yes. */
  create?: boolean;
  /** The user name for a new account; empty for one that the server makes up. */
  username?: string;
}

/** Logging in by custom id. */
export interface AuthenticateCustomRequest {
  /** The id. */
  account?: AccountCustom;
  /** Whether to create the account when there is none; absent means yes. */
  create?: boolean;
  /** The user name for a new account; empty for one that the server makes up. */
  username?: string;
}

/** Getting new tokens. */
export interface SessionRefreshRequest {
  /** The refresh token. */
  token?: string;
  /** Variables that replace those of the session. */
  vars?: Record<string, string>;
}

/** Ending tokens: those given, or all of the user's when none is. */
export interface SessionLogoutRequest {
  /** A session token. */
  token?: string;
  /** A refresh token. */
  refresh_token?: string;
}

/** The tokens of a log-in. */
export interface Session {
  /** Whether the account is new. */
  created?: boolean;
  /** The session token. */
  token?: string;
  /** The refresh token. */
  refresh_token?: string;
}

/** What a user owns and only they see. */
export interface Account {
  /** The part that everybody sees. */
  user?: User;
  /** Their wallet, a JSON object. */
  wallet?: string;
  /** Their email address. */
  email?: string;
  /** Their devices. */
  devices?: AccountDevice[];
  /** Their custom id. */
  custom_id?: string;
  /** When the email address was verified. */
  verify_time?: Timestamp;
  /** When the account was disabled. */
  disable_time?: Timestamp;
}

/** Changing one's account: what is absent stays. */
export interface UpdateAccountRequest {
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
}

/** Reading users. */
export interface GetUsersRequest {
  /** By id. */
  ids?: string[];
  /** By user name. */
  usernames?: string[];
  /** By Facebook id. */
  facebook_ids?: string[];
}

/** What everybody may see of an account. */
export interface User {
  /** A UUID. */
  id?: string;
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
  /** What the game keeps with the user, a JSON object. */
  metadata?: string;
  /** Whether they have a socket open. */
  online?: boolean;
  /** How many friends they have. */
  edge_count?: number;
  /** When the account was created. */
  create_time?: Timestamp;
  /** When the account was last changed. */
  update_time?: Timestamp;
}

/** Users. */
export interface Users {
  /** Those that exist. */
  users?: User[];
}

/** An event that a client sends. Handlers get it as `PluginEvent`. */
export interface EventRequest {
  /** What happened. */
  name?: string;
  /** Its properties. */
  properties?: Record<string, string>;
  /** When. */
  timestamp?: Timestamp;
  /** True when a client sent it. */
  external?: boolean;
}
