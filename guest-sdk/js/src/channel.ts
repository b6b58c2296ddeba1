// Chat channels: messages that are sent, and the history that is kept. A plugin need not be a member.

import {
  buildId as witBuildId,
  get as witGet,
  list as witList,
  listFrom as witListFrom,
  markRead as witMarkRead,
  readMarker as witReadMarker,
  readMarkers as witReadMarkers,
  remove as witRemove,
  send as witSend,
  update as witUpdate,
} from "meadhall:plugin/channel@0.1.0";
import type { Page } from "./page.js";
import type {
  ChannelMessage,
  ChannelMessageAck,
  ChannelMessageList,
  ReadMarker,
  ReadMarkerList,
} from "./messages/index.js";
import { host } from "./host.js";
import { PAGE } from "./page.js";

/** In whose name a message is sent. */
export interface Sender {
  /** A user's UUID, or empty for the server itself. */
  id: string;
  /** The name shown with the message. */
  username: string;
}

/** How a message is sent, changed or removed. */
export interface MessageOptions {
  /** In whose name; the server's own when it is left out. */
  sender?: Sender;
  /** Whether it is kept, and on disk before the function returns; yes when it is left out. */
  persist?: boolean;
}

/** Which way a history is read. */
export interface Forward {
  /** Oldest first; yes when it is left out. */
  forward?: boolean;
}

/** What kind of channel. */
export type Kind = "room" | "direct" | "group";

const SERVER: Sender = { id: "", username: "" };

/** The id of a room's channel. */
export function room(name: string): string {
  return buildId("", name, "room");
}

/** The id of the channel of two users. */
export function direct(userId: string, otherUserId: string): string {
  return buildId(userId, otherUserId, "direct");
}

/** The id of a group's channel. */
export function group(groupId: string): string {
  return buildId("", groupId, "group");
}

/** The id of a channel. `target` is a room's name, a user's id or a group's id; `sender` is the other user of a direct
 * channel, and ignored for the others. */
export function buildId(sender: string, target: string, kind: Kind): string {
  return host(witBuildId, sender, target, kind);
}

/** Sends a message: an object, at most 64 KiB as JSON. */
export function send(channelId: string, content: object, options: MessageOptions = {}): ChannelMessageAck {
  const { sender = SERVER, persist = true } = options;
  return JSON.parse(host(witSend, channelId, JSON.stringify(content), sender, persist));
}

/** Changes a message's content. Not found (5) when the sender has no such message. */
export function update(
  channelId: string,
  messageId: string,
  content: object,
  options: MessageOptions = {},
): ChannelMessageAck {
  const { sender = SERVER, persist = true } = options;
  return JSON.parse(host(witUpdate, channelId, messageId, JSON.stringify(content), sender, persist));
}

/** Removes a message. Not found (5) when the sender has no such message. */
export function remove(channelId: string, messageId: string, options: MessageOptions = {}): ChannelMessageAck {
  const { sender = SERVER, persist = true } = options;
  return JSON.parse(host(witRemove, channelId, messageId, sender, persist));
}

/** One page of a channel's history. */
export function list(channelId: string, page: Page & Forward = {}): ChannelMessageList {
  const { limit = PAGE, forward = true, cursor = "" } = page;
  return JSON.parse(host(witList, channelId, limit, forward, cursor));
}

/** The page of a channel's history that begins at a moment: what was sent at it and after, or before it where `forward` is
 * false. Milliseconds since the Unix epoch, or a `Date`. */
export function listFrom(
  channelId: string,
  from: number | Date,
  page: { limit?: number } & Forward = {},
): ChannelMessageList {
  const { limit = PAGE, forward = true } = page;
  return JSON.parse(host(witListFrom, channelId, BigInt(Math.trunc(Number(from))), limit, forward));
}

/** One message of a channel's history. Not found (5) when it is not there. */
export function get(channelId: string, messageId: string): ChannelMessage {
  return JSON.parse(host(witGet, channelId, messageId));
}

/** How far a user has read a channel, and how much is unread. Refused for a channel that the user may not read. */
export function readMarker(userId: string, channelId: string): ReadMarker {
  return JSON.parse(host(witReadMarker, userId, channelId));
}

/** Says that a user has read a channel up to a message, or all of it when none is named. A marker never goes back. Returns
 * where it is now. */
export function markRead(userId: string, channelId: string, messageId?: string): ReadMarker {
  return JSON.parse(host(witMarkRead, userId, channelId, messageId));
}

/** One page of the channels that a user has marked. */
export function readMarkers(userId: string, page: Page = {}): ReadMarkerList {
  return JSON.parse(host(witReadMarkers, userId, page.limit ?? PAGE, page.cursor ?? ""));
}
