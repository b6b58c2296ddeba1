// Unmodified client SDKs, set up for one server and one socket format.

import { Client } from "@heroiclabs/nakama-js";
import { WebSocketAdapterPb } from "@heroiclabs/nakama-js-protobuf";
import WebSocket from "ws";

// The one thing that a browser has and Node 20 has not.
globalThis.WebSocket = WebSocket;

export const SERVER_KEY = "defaultkey";
export const HTTP_KEY = "defaulthttpkey";
export const FORMATS = ["json", "protobuf"];

/** The id of no user, group or message. */
export const NOBODY = "0194f8a0-0000-4000-8000-000000000000";

/** What of the SDK's events is kept until a test asks for it. */
const EVENTS = ["onchannelmessage", "onchannelpresence", "onnotification", "onstatuspresence", "ondisconnect"];

/** How long anything may take that should happen at once; it bounds a wait. */
const PATIENCE_MS = 20_000;

let made = 0;

/** A text that no other call returns, also across runs against one server. */
export function unique(prefix) {
  made += 1;
  return `${prefix}-${process.pid}-${Date.now().toString(36)}-${made}`;
}

/** A user that is logged in, with an open socket of one format. */
export class Player {
  static async enter(server, format) {
    const player = new Player();
    player.server = server;
    player.format = format;
    player.guests = [];
    player.client = new Client(SERVER_KEY, server.host, server.port, false, PATIENCE_MS, false);
    player.device = unique("device");
    player.username = unique("player");
    player.session = await player.client.authenticateDevice(player.device, true, player.username);
    player.socket = socket(player.client, format);
    player.received = new Map();
    player.waiting = new Map();
    for (const kind of EVENTS) {
      player.socket[kind] = (event) => player.#arrive(kind, event);
    }
    await player.socket.connect(player.session, false);
    return player;
  }

  /** Another player of the same kind, who leaves with this one. */
  async guest() {
    const guest = await Player.enter(this.server, this.format);
    this.guests.push(guest);
    return guest;
  }

  get id() {
    return this.session.user_id;
  }

  /** Calls a route with what the SDK has no argument for; a refusal is thrown as the SDK throws it. */
  async call(method, path, body) {
    const url = `http://${this.server.host}:${this.server.port}${path}`;
    const headers = { Authorization: `Bearer ${this.session.token}` };
    const response = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
    if (!response.ok) {
      throw response;
    }
    return response.json();
  }

  /** The next event of a kind, such as "onchannelmessage". */
  next(kind) {
    const [first, ...rest] = this.received.get(kind) ?? [];
    if (first !== undefined) {
      this.received.set(kind, rest);
      return Promise.resolve(first);
    }
    return patiently(new Promise((resolve) => this.waiting.set(kind, resolve)), kind);
  }

  /** The next event of a kind that is as wanted; those before it are passed over. */
  async until(kind, wanted) {
    for (;;) {
      const event = await this.next(kind);
      if (wanted(event)) {
        return event;
      }
    }
  }

  /** All events of a kind that were sent before now, and not asked for yet. */
  async sofar(kind) {
    // The answer is behind everything that was sent before it.
    await this.socket.rpc("probe.echo", "");
    const events = this.received.get(kind) ?? [];
    this.received.delete(kind);
    return events;
  }

  leave() {
    this.guests.forEach((guest) => guest.leave());
    this.socket.ondisconnect = () => {};
    if (this.socket.adapter.isOpen()) {
      this.socket.disconnect(false);
    }
  }

  #arrive(kind, event) {
    const waiting = this.waiting.get(kind);
    if (waiting) {
      this.waiting.delete(kind);
      waiting(event);
    } else {
      this.received.set(kind, [...(this.received.get(kind) ?? []), event]);
    }
  }
}

/** The session of a player, with a token that nobody signed. */
export function stranger({ session }) {
  const [head, claims] = session.token.split(".");
  return { ...session, token: `${head}.${claims}.c2lnbmVkIGJ5IG5vYm9keQ`, refresh_token: undefined, isexpired: () => false };
}

/** A socket that is not connected yet. */
export function socket(client, format) {
  return format === "protobuf" ? client.createSocket(false, false, new WebSocketAdapterPb()) : client.createSocket();
}

/** A promise that fails when nothing happens. */
export function patiently(promise, what) {
  const limit = new Promise((_, reject) => setTimeout(() => reject(new Error(`waited in vain for ${what}`)), PATIENCE_MS));
  return Promise.race([promise, limit]);
}
