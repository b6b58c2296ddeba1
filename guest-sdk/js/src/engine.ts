// What the engine does otherwise than a plugin's author would think. The build's entry imports this before the plugin, so
// that a package that keeps a function of the engine's for itself keeps this one.

import { needHandler } from "./host.js";

type Id = number | undefined;

type Callback = (...values: unknown[]) => void;

const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;

/** The timers that will run. Besides them only streams of the engine's own let a promise be settled later, and soon:
 * functions of the server answer at once. */
const waiting = new Set<Id>();

/** The handler that is waited for: what ends it when nothing is left that could, and when a timer throws. */
let handler: { never(): void; fail(error: unknown): void } | undefined;

/** The look at what is left, where one is planned. */
let look: Id;

/** How long without a timer until nothing can come any more. Streams go on at once, and have less to do than this. */
const STILL_MS = 1_000;

/** A function of a timer. What it throws is the handler's error: the engine would break off. */
function guarded(callback: Callback, values: unknown[]): void {
  try {
    callback(...values);
  } catch (error) {
    handler?.fail(error);
  }
}

function timeout(callback: Callback, milliseconds = 0, ...values: unknown[]): Id {
  needHandler("timers");
  const id = setTimeout(() => {
    waiting.delete(id);
    lookLater();
    guarded(callback, values);
  }, milliseconds);
  waiting.add(id);
  return id;
}

function interval(callback: Callback, milliseconds = 0, ...values: unknown[]): Id {
  needHandler("timers");
  const id = setInterval(() => guarded(callback, values), milliseconds);
  waiting.add(id);
  return id;
}

function clear(id: Id, native: (id: Id) => void): void {
  native(id);
  if (waiting.delete(id)) lookLater();
}

/** Looks at what is left when all has run that can run, promises and streams too. */
function lookLater(): void {
  if (handler === undefined || waiting.size > 0 || look !== undefined) return;
  look = setTimeout(() => {
    look = undefined;
    if (waiting.size === 0) handler?.never();
  }, STILL_MS);
}

/** The promise of a handler; or what `refuse` makes of an error where nothing is left that could settle it, and where a
 * timer throws. */
export function settled<T>(promise: Promise<T>, refuse: (error: unknown) => T): Promise<T> {
  return new Promise((resolve) => {
    const end = (value: T) => {
      clearTimeout(look);
      look = handler = undefined;
      resolve(value);
    };
    handler = { never: () => end(refuse(NEVER)), fail: (error) => end(refuse(error)) };
    void promise.then(end);
    lookLater();
  });
}

const NEVER = "its promise never settles: nothing is left to run that could do it";

/** In place of what a plugin does not have, so that a call of it says what there is. */
function fetch(): never {
  throw new Error("there is no fetch here: use http of meadhall-guest, whose hosts the server's configuration grants");
}

Object.assign(globalThis, {
  fetch,
  setTimeout: timeout,
  setInterval: interval,
  clearTimeout: (id: Id) => clear(id, clearTimeout),
  clearInterval: (id: Id) => clear(id, clearInterval),
});
