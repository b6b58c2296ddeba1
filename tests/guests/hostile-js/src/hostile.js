// A plugin that does what no plugin should, one behaviour for each RPC id.

import { plugin, stream } from "meadhall-guest";

/** What the instance never gives back. */
const kept = [];

let calls = 0;

/** Things that are no errors, or odd ones. */
const odd = {
  null: () => null,
  undefined: () => undefined,
  number: () => 7,
  text: () => "text",
  symbol: () => Symbol("mead"),
  function: () => () => 1,
  payload: () => ({ payload: { payload: 7 } }),
  error_with_payload: () => Object.assign(new Error("mead"), { payload: { code: "x", message: 1 } }),
  getter: () => ({
    get message() {
      throw new Error("do not look");
    },
    toJSON() {
      throw new Error("do not write");
    },
    toString() {
      throw new Error("do not read");
    },
  }),
  revoked() {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  circle() {
    const circle = new Error("round");
    circle.cause = circle;
    return circle;
  },
};

function recurse(depth) {
  return recurse(depth + 1) + 1;
}

const count = () => ++calls;

export default plugin({
  rpc: {
    "hostile.echo": (_ctx, payload) => payload,
    "hostile.calls": () => count(),
    "hostile.loop": () => {
      for (;;);
    },
    "hostile.sleep": () => new Promise((done) => setTimeout(done, 3600_000)),
    "hostile.pending": () => new Promise(() => {}),
    "hostile.pending_later": async () => {
      await new Promise((done) => setTimeout(done, 5));
      await new Promise(() => {});
    },
    "hostile.pending_cleared": () => new Promise((done) => clearTimeout(setTimeout(done, 1_000))),
    "hostile.throw_later": () =>
      new Promise(() => {
        setTimeout(() => {
          throw new Error("later");
        }, 1);
      }),
    "hostile.timers": async (_ctx, wait) => {
      const seen = [];
      for (const step of [1, 2]) {
        await new Promise((done) => setTimeout(done, Number(wait)));
        seen.push(step);
      }
      await new Promise((done) => {
        const id = setInterval(() => {
          clearInterval(id);
          done();
        }, Number(wait));
      });
      return [...seen, 3].join("");
    },
    "hostile.fetch": () => fetch("https://example.com"),
    "hostile.promises": async () => {
      for (;;) await null;
    },
    "hostile.memory": () => {
      for (;;) kept.push({ n: kept.length });
    },
    "hostile.buffers": () => {
      for (;;) kept.push(new Uint8Array(1 << 20).fill(1));
    },
    "hostile.recursion": () => recurse(0),
    "hostile.huge": (_ctx, size) => "x".repeat(Number(size)),
    "hostile.host_calls": () => {
      for (;;) stream.count({ mode: 200, label: "nowhere" });
    },
    "hostile.log_storm": () => {
      for (let n = 0; n < 10_000; n += 1) console.log(`storm ${n}`);
      return "logged";
    },
    "hostile.throw": (_ctx, what) => {
      throw odd[what]();
    },
    "hostile.reject": (_ctx, what) => Promise.reject(odd[what]()),
    "hostile.return": (_ctx, what) => odd[what](),
    "hostile.prototypes": () => {
      Promise.prototype.then = () => "no";
      Array.prototype.map = () => 5;
      JSON.stringify = () => 5;
      Object.entries = () => 5;
      return { broken: true };
    },
  },

  before: {
    UpdateAccount() {
      for (;;);
    },
  },
});
