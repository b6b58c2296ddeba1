// Sockets, and what plugins add: RPC and events.

import assert from "node:assert/strict";
import { HTTP_KEY, patiently, socket, stranger } from "../client.mjs";
import { invalid, missing, unauthenticated } from "../refusals.mjs";

export const rest = {
  rpc: {
    async success({ client, session }) {
      const { payload } = await client.rpc(session, "probe.echo", { horn: 7 });
      assert.deepEqual(payload, { horn: 7 });
    },
    refusal: [
      ({ client, session }) => client.rpc(session, "probe.fail", { message: "the horn is empty", code: 5 }),
      { ...missing, text: "the horn is empty" },
    ],
  },
  rpcHttpKey: {
    async success({ client }) {
      const { payload } = await client.rpcHttpKey(HTTP_KEY, "probe.context");
      assert.equal(payload.user_id, undefined);
    },
    refusal: [({ client }) => client.rpcHttpKey("no key", "probe.context"), unauthenticated],
  },
  emitEvent: {
    async success({ client, session }) {
      assert.equal(await client.emitEvent(session, { name: "toast", properties: { drink: "mead" } }), true);
    },
    refusal: [({ client, session }) => client.emitEvent(session, { name: "toast", properties: { cups: 3 } }), invalid],
  },
};

export const realtime = {
  connect: {
    async success(player) {
      const own = socket(player.client, player.format);
      const seen = new Promise((resolve) => (own.onstatuspresence = resolve));
      await own.connect(player.session, true);
      const { joins } = await patiently(seen, "the own status");
      assert.equal(joins[0].user_id, player.session.user_id);
      own.disconnect(false);
    },
    refusal: [
      async (player) => {
        const own = socket(player.client, player.format);
        // The SDK hands on the failed handshake, which says the status.
        const refused = await own.connect(stranger(player), false).then(() => undefined, (event) => event);
        throw { code: Number(/\d{3}/.exec(refused?.message)?.[0]), message: refused?.message };
      },
      { code: 401 },
    ],
  },
  rpc: {
    async success({ socket }) {
      const { payload } = await socket.rpc("probe.echo", "{\"horn\":7}");
      assert.equal(payload, "{\"horn\":7}");
    },
    refusal: [({ socket }) => socket.rpc("probe.no_such", ""), { code: 6, text: "not found" }],
  },
};
