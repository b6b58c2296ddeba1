// Events: something happened, and handlers process it in the background.

import type { Event as Occurrence } from "meadhall:plugin/types@0.1.0";
import { emit as witEmit } from "meadhall:plugin/event@0.1.0";
import { host, pairs } from "./host.js";

/** An event, as clients and plugins send it. */
export interface PluginEvent {
  /** What happened; `session_start` and `session_end` for the built-in ones. */
  name: string;
  /** Its properties. */
  properties: Record<string, string>;
  /** When; undefined where the sender gave no time. */
  time?: Date;
  /** True when a client sent it. */
  external: boolean;
}

/** Queues an event with these properties. Resource exhausted (8) when the queue is full. */
export function emit(name: string, properties: Record<string, string> = {}): void {
  host(witEmit, { name, properties: pairs(properties), timestampMs: undefined, external: false });
}

/** Queues an event with a time of its own, or one that shall count as a client's. */
export function emitEvent(event: Pick<PluginEvent, "name"> & Partial<PluginEvent>): void {
  const { name, properties = {}, time, external = false } = event;
  host(witEmit, { name, properties: pairs(properties), timestampMs: time && BigInt(time.getTime()), external });
}

/** An event as handlers get it. */
export function received(event: Occurrence): PluginEvent {
  const { name, properties, timestampMs, external } = event;
  const time = timestampMs === undefined ? {} : { time: new Date(Number(timestampMs)) };
  return { name, properties: Object.fromEntries(properties), ...time, external };
}
