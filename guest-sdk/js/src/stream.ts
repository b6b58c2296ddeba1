// Streams: who is in them, and what is sent to them.

import type { Presence, PresenceId, PresenceMeta, Stream as Address } from "meadhall:plugin/types@0.1.0";
import {
  close as witClose,
  count as witCount,
  get as witGet,
  join as witJoin,
  leave as witLeave,
  list as witList,
  send as witSend,
  sendEnvelope as witSendEnvelope,
  update as witUpdate,
} from "meadhall:plugin/stream@0.1.0";
import { PluginError } from "./error.js";
import { host } from "./host.js";

export type { Presence, PresenceId, PresenceMeta };

/** A stream: the address that presences join and data is sent to. */
export interface Stream {
  /** 0 to 4 are the built-in notifications, status, room, group and direct message; 8 to 255 are free. */
  mode: number;
  /** A UUID, or nothing. */
  subject?: string;
  /** A UUID, or nothing. */
  subcontext?: string;
  /** Any text, at most 128 bytes. */
  label?: string;
}

/** How a presence stands in a stream. What is left out is false or empty. */
export interface Join {
  /** Receives everything, is not listed and causes no presence events. */
  hidden?: boolean;
  /** Whether what this presence sends is stored, where the stream stores anything. */
  persistence?: boolean;
  /** Free text that others see, at most 2048 bytes. */
  status?: string;
}

/** How something is sent. */
export interface SendOptions {
  /** Only to these members; to all of them when it is left out or empty. */
  only?: PresenceId[];
  /** False for what may be lost. */
  reliable?: boolean;
}

/** The modes of the built-in streams. */
export const mode = { notifications: 0, status: 1, room: 2, group: 3, direct: 4 } as const;

/** The stream of a user's notifications. */
export function notifications(userId: string): Stream {
  return { mode: mode.notifications, subject: userId };
}

/** The stream of a user's status. */
export function status(userId: string): Stream {
  return { mode: mode.status, subject: userId };
}

/** The stream of a chat room. */
export function room(name: string): Stream {
  return { mode: mode.room, label: name };
}

/** The stream of a group's chat. */
export function group(groupId: string): Stream {
  return { mode: mode.group, subject: groupId };
}

/** The stream of a chat channel. Throws invalid argument (3) for what is no channel id. */
export function ofChannel(channelId: string): Stream {
  const [kind, subject = "", subcontext = "", ...rest] = channelId.split(".");
  const label = rest.join(".");
  if (kind === "2" && label !== "") return { mode: mode.room, subject, subcontext, label };
  if (kind === "3" && subject !== "") return { mode: mode.group, subject, subcontext, label };
  if (kind === "4" && subject !== "" && subcontext !== "") return { mode: mode.direct, subject, subcontext, label };
  throw PluginError.invalidArgument(`${JSON.stringify(channelId)} is no channel id`);
}

/** Adds a session to a stream. True when it was not there yet; otherwise nothing changes. Not found (5) when the session is
 * not connected. */
export function join(stream: Stream, who: PresenceId, as: Join = {}): boolean {
  return host(witJoin, address(stream), who, options(as));
}

/** Changes how a presence stands in a stream, and joins it when it is not there. */
export function update(stream: Stream, who: PresenceId, as: Join = {}): void {
  host(witUpdate, address(stream), who, options(as));
}

/** Takes a session off a stream; nothing happens when it is not there. */
export function leave(stream: Stream, who: PresenceId): void {
  host(witLeave, address(stream), who);
}

/** Sends text to the members of a stream, or only to those named. */
export function send(stream: Stream, data: string, to: SendOptions = {}): void {
  host(witSend, address(stream), data, to.only ?? [], to.reliable ?? true);
}

/** Sends a realtime envelope, written as JSON, to the members of a stream, or only to those named. */
export function sendEnvelope(stream: Stream, envelope: object, to: SendOptions = {}): void {
  host(witSendEnvelope, address(stream), JSON.stringify(envelope), to.only ?? [], to.reliable ?? true);
}

/** Takes everybody off a stream, without presence events. */
export function close(stream: Stream): void {
  host(witClose, address(stream));
}

/** How many are in a stream, hidden ones included. */
export function count(stream: Stream): number {
  return host(witCount, address(stream));
}

/** Who is in a stream. */
export function list(stream: Stream, show: "all" | "visible" | "hidden" = "all"): Presence[] {
  return host(witList, address(stream), show !== "visible", show !== "hidden");
}

/** What one presence carries; undefined when it is not in the stream. */
export function get(stream: Stream, who: PresenceId): PresenceMeta | undefined {
  return host(witGet, address(stream), who);
}

function address(stream: Stream): Address {
  const { mode, subject = "", subcontext = "", label = "" } = stream;
  return { mode, subject, subcontext, label };
}

function options(as: Join): Required<Join> {
  const { hidden = false, persistence = false, status = "" } = as;
  return { hidden, persistence, status };
}
