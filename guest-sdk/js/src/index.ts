// What plugins for Meadhall in JavaScript and TypeScript are written with. README.md tells how.

/// <reference path="./globals.d.ts" />
/// <reference path="./wit.d.ts" />

export * as account from "./account.js";
export * as channel from "./channel.js";
export * as event from "./event.js";
export * as file from "./file.js";
export * as friend from "./friend.js";
export * as group from "./group.js";
export * as http from "./http.js";
export * as log from "./log.js";
export * as metrics from "./metrics.js";
export * as notification from "./notification.js";
export * as session from "./session.js";
export * as status from "./status.js";
export * as storage from "./storage.js";
export * as stream from "./stream.js";
export * as users from "./users.js";

export { PluginError, code } from "./error.js";
export { drop, plugin } from "./plugin.js";
export { json } from "./json.js";

export type { AccountChanges } from "./account.js";
export type { CallerUser, ClientAddress, Context, Mode } from "./context.js";
export type { PluginEvent } from "./event.js";
export type { Whom } from "./friend.js";
export type { GroupChanges, GroupFilter, NewGroup } from "./group.js";
export type { Hooks, Nothing } from "./hooks.js";
export type { HttpRequest, HttpResponse } from "./http.js";
export type * from "./messages/index.js";
export type { NewNotification } from "./notification.js";
export type { Page } from "./page.js";
export type {
  AfterHandler,
  BeforeHandler,
  CronHandler,
  Definition,
  EventHandler,
  Needs,
  Plugin,
  RpcHandler,
} from "./plugin.js";
export type { ObjectId, ObjectPage, OnlyIf, Permissions, Put, Removal, StoredObject } from "./storage.js";
export type { Join, Presence, PresenceId, PresenceMeta, SendOptions, Stream } from "./stream.js";
