// Reaches for what a plugin has to be granted, as `tests/guests/reach` does in Rust.

import { file, http, json, plugin } from "meadhall-guest";

interface Request {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: string;
  timeout_ms?: number;
}

export default plugin({
  needs: { http: ["127.0.0.1"], urls: ["endpoint"], environment: ["PATH"], folders: ["words"], settings: ["greeting"] },
  rpc: {
    "reach.send": json((_ctx, request: Request) => {
      const { timeout_ms: timeoutMs, ...rest } = request;
      const response = http.send(timeoutMs === undefined ? rest : { ...rest, timeoutMs });
      return { status: response.status, headers: response.headers, body: response.text() };
    }),
    "reach.environment": (ctx, name) => JSON.stringify(ctx.environment[name] ?? null),
    "reach.read": (_ctx, path) => file.readText(path),
    "reach.list": (_ctx, path) => file.list(path),
  },
});
