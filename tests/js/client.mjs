// Unmodified client SDKs, set up for one server and one socket format.

import { Client } from "@heroiclabs/nakama-js";
import { WebSocketAdapterPb } from "@heroiclabs/nakama-js-protobuf";
import WebSocket from "ws";

// The one thing that a browser has and Node 20 has not.
globalThis.WebSocket = WebSocket;

export const SERVER_KEY = "defaultkey";
export const HTTP_KEY = "defaulthttpkey";
export const FORMATS = ["json", "protobuf"];

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
    player.format = format;
    player.client = new Client(SERVER_KEY, server.host, server.port, false, PATIENCE_MS, false);
    player.device = unique("device");
    player.username = unique("player");
    player.session = await player.client.authenticateDevice(player.device, true, player.username);
    player.socket = socket(player.client, format);
    player.received = new Map();
    player.waiting = new Map();
    for (const kind of ["onchannelmessage", "onchannelpresence", "onstatuspresence", "ondisconnect"]) {
      player.socket[kind] = (event) => player.#arrive(kind, event);
    }
    await player.socket.connect(player.session, false);
    return player;
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

  leave() {
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

/** A socket that is not connected yet. */
export function socket(client, format) {
  return format === "protobuf" ? client.createSocket(false, false, new WebSocketAdapterPb()) : client.createSocket();
}

/** A promise that fails when nothing happens. */
export function patiently(promise, what) {
  const limit = new Promise((_, reject) => setTimeout(() => reject(new Error(`waited in vain for ${what}`)), PATIENCE_MS));
  return Promise.race([promise, limit]);
}
