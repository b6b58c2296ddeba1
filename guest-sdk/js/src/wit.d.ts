// The server's interfaces, as the build tool binds them: `wit/` in the types of JavaScript.

declare module "meadhall:plugin/types@0.1.0" {
  export interface Stream {
    mode: number;
    subject: string;
    subcontext: string;
    label: string;
  }
  export interface PresenceId {
    userId: string;
    sessionId: string;
  }
  export interface PresenceMeta {
    username: string;
    hidden: boolean;
    persistence: boolean;
    status: string;
  }
  export interface Presence {
    id: PresenceId;
    meta: PresenceMeta;
  }
  export interface Event {
    name: string;
    properties: [string, string][];
    timestampMs: bigint | undefined;
    external: boolean;
  }
}

declare module "meadhall:plugin/log@0.1.0" {
  export function write(level: "trace" | "debug" | "info" | "warn" | "error", message: string): void;
}

declare module "meadhall:plugin/context@0.1.0" {
  export function executionMode(): "start" | "rpc" | "before" | "after" | "event";
  export function node(): string;
  export function user(): { id: string; username: string; expiresAt: bigint } | undefined;
  export function session(): { id: string; lang: string } | undefined;
  export function client(): { address: string; port: number } | undefined;
  export function vars(): [string, string][];
  export function queryParams(): [string, string[]][];
  export function headers(): [string, string[]][];
  export function config(): [string, string][];
  export function environment(): [string, string][];
  export function extra(): [string, string][];
}

declare module "meadhall:plugin/stream@0.1.0" {
  import type { Presence, PresenceId, PresenceMeta, Stream } from "meadhall:plugin/types@0.1.0";
  export interface JoinOptions {
    hidden: boolean;
    persistence: boolean;
    status: string;
  }
  export function join(stream: Stream, who: PresenceId, options: JoinOptions): boolean;
  export function update(stream: Stream, who: PresenceId, options: JoinOptions): void;
  export function leave(stream: Stream, who: PresenceId): void;
  export function send(stream: Stream, data: string, only: PresenceId[], reliable: boolean): void;
  export function sendEnvelope(stream: Stream, envelope: string, only: PresenceId[], reliable: boolean): void;
  export function close(stream: Stream): void;
  export function count(stream: Stream): number;
  export function list(stream: Stream, includeHidden: boolean, includeNotHidden: boolean): Presence[];
  export function get(stream: Stream, who: PresenceId): PresenceMeta | undefined;
}

declare module "meadhall:plugin/channel@0.1.0" {
  export interface Sender {
    id: string;
    username: string;
  }
  export function buildId(sender: string, target: string, kind: "room" | "direct" | "group"): string;
  export function send(channelId: string, content: string, sender: Sender, persist: boolean): string;
  export function update(
    channelId: string,
    messageId: string,
    content: string,
    sender: Sender,
    persist: boolean,
  ): string;
  export function remove(channelId: string, messageId: string, sender: Sender, persist: boolean): string;
  export function list(channelId: string, limit: number, forward: boolean, cursor: string): string;
  export function listFrom(channelId: string, fromMs: bigint, limit: number, forward: boolean): string;
  export function get(channelId: string, messageId: string): string;
  export function readMarker(userId: string, channelId: string): string;
  export function markRead(userId: string, channelId: string, messageId: string | undefined): string;
  export function readMarkers(userId: string, limit: number, cursor: string): string;
}

declare module "meadhall:plugin/event@0.1.0" {
  import type { Event } from "meadhall:plugin/types@0.1.0";
  export function emit(event: Event): void;
}

declare module "meadhall:plugin/account@0.1.0" {
  export function get(userId: string): string;
  export function update(userId: string, changes: string): void;
  function remove(userId: string): void;
  export function ban(userId: string): void;
  export function unban(userId: string): void;
  function whole(userId: string): string;
  export { remove as delete, whole as export };
}

declare module "meadhall:plugin/users@0.1.0" {
  export function get(ids: string[], usernames: string[]): string;
}

declare module "meadhall:plugin/friend@0.1.0" {
  export function list(userId: string, limit: number, state: number | undefined, cursor: string): string;
  export function listOfFriends(userId: string, limit: number, cursor: string): string;
  export function add(userId: string, ids: string[], usernames: string[], metadata: string): void;
  function remove(userId: string, ids: string[], usernames: string[]): void;
  export function block(userId: string, ids: string[], usernames: string[]): void;
  export { remove as delete };
}

declare module "meadhall:plugin/group@0.1.0" {
  export function create(creator: string, group: string): string;
  export function update(actor: string, groupId: string, changes: string): void;
  function remove(actor: string, groupId: string): void;
  export function get(ids: string[]): string;
  export function list(filter: string, limit: number, cursor: string): string;
  export function users(groupId: string, limit: number, state: number | undefined, cursor: string): string;
  export function ofUser(userId: string, limit: number, state: number | undefined, cursor: string): string;
  export function join(userId: string, groupId: string): void;
  export function leave(userId: string, groupId: string): void;
  export function add(actor: string, groupId: string, userIds: string[]): void;
  export function kick(actor: string, groupId: string, userIds: string[]): void;
  export function ban(actor: string, groupId: string, userIds: string[]): void;
  export function promote(actor: string, groupId: string, userIds: string[]): void;
  export function demote(actor: string, groupId: string, userIds: string[]): void;
  export { remove as delete };
}

declare module "meadhall:plugin/notification@0.1.0" {
  export interface NewNotification {
    userId: string;
    subject: string;
    content: string;
    code: number;
    senderId: string;
    persistent: boolean;
  }
  export function send(notifications: NewNotification[]): void;
  export function list(userId: string, limit: number, cursor: string): string;
  function remove(userId: string, ids: string[]): void;
  export { remove as delete };
}

declare module "meadhall:plugin/status@0.1.0" {
  export function follow(sessionId: string, ids: string[], usernames: string[]): string;
  export function unfollow(sessionId: string, ids: string[]): void;
  export function update(sessionId: string, status: string | undefined): void;
  export function online(ids: string[]): string[];
  export function list(ids: string[]): string;
}

declare module "meadhall:plugin/session@0.1.0" {
  export function disconnect(sessionId: string, reason: string | undefined): void;
}

declare module "meadhall:plugin/storage@0.1.0" {
  export interface ObjectId {
    collection: string;
    key: string;
    userId: string | undefined;
  }
  export type ReadPermission = "none" | "owner" | "public";
  export type WritePermission = "none" | "owner";
  export type Condition = { tag: "always" } | { tag: "absent" } | { tag: "version"; val: string };
  export interface Object {
    id: ObjectId;
    value: string;
    version: string;
    read: ReadPermission;
    write: WritePermission;
    createTimeMs: bigint;
    updateTimeMs: bigint;
  }
  export interface Put {
    id: ObjectId;
    value: string;
    condition: Condition;
    read: ReadPermission;
    write: WritePermission;
  }
  export interface Removal {
    id: ObjectId;
    condition: Condition;
  }
  export interface Page {
    objects: Object[];
    cursor: string | undefined;
  }
  export function read(ids: ObjectId[]): Object[];
  export function write(objects: Put[]): string[];
  function remove(objects: Removal[]): void;
  export function list(collection: string, userId: string | undefined, limit: number, cursor: string | undefined): Page;
  export { remove as delete };
}

declare module "meadhall:plugin/metrics@0.1.0" {
  export function counterAdd(name: string, tags: [string, string][], delta: bigint): void;
  export function gaugeSet(name: string, tags: [string, string][], value: number): void;
  export function timerRecord(name: string, tags: [string, string][], milliseconds: number): void;
}

declare module "meadhall:plugin/http@0.1.0" {
  export interface Request {
    method: string;
    url: string;
    headers: [string, string][];
    body: Uint8Array;
    timeoutMs: number | undefined;
  }
  export interface Response {
    status: number;
    headers: [string, string][];
    body: Uint8Array;
  }
  export function send(request: Request): Response;
}

declare module "meadhall:plugin/file@0.1.0" {
  export function read(path: string): Uint8Array;
  export function list(path: string): string[];
}
