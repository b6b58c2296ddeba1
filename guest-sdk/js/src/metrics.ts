// The plugin's own figures, shown with the server's at `/metrics`. A plugin has at most 1,000 series.

import {
  counterAdd as witCounterAdd,
  gaugeSet as witGaugeSet,
  timerRecord as witTimerRecord,
} from "meadhall:plugin/metrics@0.1.0";
import { host, pairs } from "./host.js";

/** Names and values that tell series of one figure apart. */
export type Tags = Record<string, string>;

/** Adds to a counter: a whole number, not below 0. */
export function counterAdd(name: string, tags: Tags, delta: number | bigint): void {
  host(witCounterAdd, name, pairs(tags), BigInt(delta));
}

/** Sets a gauge. */
export function gaugeSet(name: string, tags: Tags, value: number): void {
  host(witGaugeSet, name, pairs(tags), value);
}

/** Records a duration, in milliseconds. */
export function timerRecord(name: string, tags: Tags, milliseconds: number): void {
  host(witTimerRecord, name, pairs(tags), milliseconds);
}
