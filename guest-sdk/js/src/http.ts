// Requests to servers elsewhere. Which hosts a plugin may ask stands in the server's configuration; without a grant every
// request is refused.

import { send as witSend } from "meadhall:plugin/http@0.1.0";
import { host, pairs } from "./host.js";

/** A request. */
export interface HttpRequest {
  /** Such as `POST`; `GET` when it is left out. */
  method?: string;
  /** An `https:` or `http:` URL, without user and password. */
  url: string;
  /** Names and values. `host`, `content-length` and what is about the connection are the server's own, and refused. */
  headers?: Record<string, string> | Iterable<readonly [string, string]>;
  /** What is sent, a text as UTF-8; nothing when it is left out. */
  body?: string | Uint8Array;
  /** How long until the whole response is there, in milliseconds; as long as the grant allows when it is left out. */
  timeoutMs?: number;
}

/** A response, whole. */
export class HttpResponse {
  /** Such as 200. */
  readonly status: number;
  /** Names in lower case, and values; those of one name with `, ` between them. */
  readonly headers: Readonly<Record<string, string>>;
  /** What was received. */
  readonly body: Uint8Array;

  constructor(status: number, headers: [string, string][], body: Uint8Array) {
    this.status = status;
    this.body = body;
    // Without a prototype: a header may be called `constructor`.
    const joined = Object.create(null) as Record<string, string>;
    for (const [name, value] of headers) {
      joined[name] = name in joined ? `${joined[name]}, ${value}` : value;
    }
    this.headers = joined;
  }

  /** Whether the status is 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  /** The body as UTF-8. */
  text(): string {
    return new TextDecoder().decode(this.body);
  }

  /** The body as JSON. */
  json(): unknown {
    return JSON.parse(this.text());
  }
}

/**
 * Sends a request and waits for the whole response, of whatever status. Invalid argument (3) for a request that is none,
 * permission denied (7) for what is not granted, deadline exceeded (4), resource exhausted (8) for a body past the grant's
 * limit, unavailable (14) when the other server cannot be reached or breaks off.
 */
export function send(request: HttpRequest): HttpResponse {
  const { method = "GET", url, headers = {}, body = "", timeoutMs } = request;
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const response = host(witSend, { method, url, headers: pairs(headers), body: bytes, timeoutMs });
  return new HttpResponse(response.status, response.headers, response.body);
}
