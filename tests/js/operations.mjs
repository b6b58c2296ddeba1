// What is supported: each operation of the SDK with a success and a refusal. A refusal is what to call, and the code and
// a part of the text that the server must answer: a gRPC code from REST, a realtime code from a socket.

import assert from "node:assert/strict";
import { HTTP_KEY, Player, patiently, socket, unique } from "./client.mjs";

const BAD_INPUT = 3;
const NOBODY = "0194f8a0-0000-4000-8000-000000000000";

const invalid = { code: 3 };
const missing = { code: 5 };
const taken = { code: 6 };
const unauthenticated = { code: 16 };
const lastLink = { code: 7, text: "Cannot unlink last account identifier" };

/** The same player, whose token nobody signed. */
function stranger({ session }) {
  const [head, claims] = session.token.split(".");
  return { ...session, token: `${head}.${claims}.c2lnbmVkIGJ5IG5vYm9keQ`, refresh_token: undefined, isexpired: () => false };
}

const room = (player) => player.socket.joinChat(unique("room"), 1, true, false);

async function sent(player) {
  const channel = await room(player);
  const ack = await player.socket.writeChatMessage(channel.id, { words: "skål" });
  return { channel, ack };
}

async function email(player) {
  const account = { email: `${unique("mail")}@example.com`, password: "a long password" };
  await player.client.linkEmail(player.session, account);
  return account;
}

async function custom(player) {
  const account = { id: unique("custom") };
  await player.client.linkCustom(player.session, account);
  return account;
}

async function device(player) {
  const account = { id: unique("second-device") };
  await player.client.linkDevice(player.session, account);
  return account;
}

/** Links something to the player that another player has. */
async function linkTaken(player, server, link, make) {
  const other = await Player.enter(server, player.format);
  try {
    return await player.client[link](player.session, await make(other));
  } finally {
    other.leave();
  }
}

export const rest = {
  authenticateDevice: {
    async success({ client, device, session }) {
      const again = await client.authenticateDevice(device, false);
      assert.equal(again.user_id, session.user_id);
      assert.equal(again.created, false);
      assert.equal(session.created, true);
    },
    refusal: [({ client }) => client.authenticateDevice("short", true), invalid],
  },
  authenticateEmail: {
    async success(player) {
      const { email: address, password } = await email(player);
      const session = await player.client.authenticateEmail(address, password, false);
      assert.equal(session.user_id, player.session.user_id);
    },
    refusal: [
      async (player) => {
        const { email: address } = await email(player);
        return player.client.authenticateEmail(address, "a wrong password", false);
      },
      { ...unauthenticated, text: "Invalid credentials" },
    ],
  },
  authenticateCustom: {
    async success({ client }) {
      const name = unique("named");
      const session = await client.authenticateCustom(unique("custom"), true, name, { guild: "ravens" });
      assert.equal(session.username, name);
      assert.deepEqual(session.vars, { guild: "ravens" });
    },
    refusal: [({ client }) => client.authenticateCustom(unique("custom"), false), missing],
  },
  linkDevice: {
    async success(player) {
      const { id } = await device(player);
      const account = await player.client.getAccount(player.session);
      assert.ok(account.devices.some((linked) => linked.id === id));
    },
    refusal: [(player, server) => linkTaken(player, server, "linkDevice", device), taken],
  },
  linkEmail: {
    async success(player) {
      const { email: address } = await email(player);
      assert.equal((await player.client.getAccount(player.session)).email, address);
    },
    refusal: [(player, server) => linkTaken(player, server, "linkEmail", email), taken],
  },
  linkCustom: {
    async success(player) {
      const { id } = await custom(player);
      assert.equal((await player.client.getAccount(player.session)).custom_id, id);
    },
    refusal: [(player, server) => linkTaken(player, server, "linkCustom", custom), taken],
  },
  unlinkDevice: {
    async success(player) {
      const second = await device(player);
      await player.client.unlinkDevice(player.session, second);
      const account = await player.client.getAccount(player.session);
      assert.deepEqual(account.devices.map((linked) => linked.id), [player.device]);
    },
    refusal: [({ client, session, device }) => client.unlinkDevice(session, { id: device }), lastLink],
  },
  unlinkEmail: {
    async success(player) {
      await player.client.unlinkEmail(player.session, await email(player));
      assert.equal((await player.client.getAccount(player.session)).email, undefined);
    },
    refusal: [({ client, session }) => client.unlinkEmail(session, { email: "none@example.com", password: "" }), lastLink],
  },
  unlinkCustom: {
    async success(player) {
      await player.client.unlinkCustom(player.session, await custom(player));
      assert.equal((await player.client.getAccount(player.session)).custom_id, undefined);
    },
    refusal: [({ client, session }) => client.unlinkCustom(session, { id: "custom-none" }), lastLink],
  },
  sessionRefresh: {
    async success({ client, session }) {
      const before = session.user_id;
      const refreshed = await client.sessionRefresh(session, { guild: "wolves" });
      assert.equal(refreshed.user_id, before);
      assert.deepEqual(refreshed.vars, { guild: "wolves" });
      assert.ok((await client.getAccount(refreshed)).user.id);
    },
    refusal: [
      ({ client, session }) => {
        session.refresh_token = session.token;
        return client.sessionRefresh(session);
      },
      unauthenticated,
    ],
  },
  sessionLogout: {
    async success({ client, session }) {
      await client.sessionLogout(session, session.token, session.refresh_token);
      await assert.rejects(client.getAccount(session), { status: 401 });
    },
    refusal: [({ client, session }) => client.sessionLogout(session, "no token", ""), invalid],
  },
  getAccount: {
    async success({ client, session, username, device }) {
      const account = await client.getAccount(session);
      assert.equal(account.user.username, username);
      assert.equal(account.devices[0].id, device);
    },
    refusal: [(player) => player.client.getAccount(stranger(player)), unauthenticated],
  },
  updateAccount: {
    async success({ client, session }) {
      await client.updateAccount(session, { display_name: "Åsa", location: "Uppsala" });
      const { user } = await client.getAccount(session);
      assert.deepEqual([user.display_name, user.location], ["Åsa", "Uppsala"]);
    },
    refusal: [
      async (player, server) => {
        const other = await Player.enter(server, player.format);
        other.leave();
        return player.client.updateAccount(player.session, { username: other.username });
      },
      taken,
    ],
  },
  deleteAccount: {
    async success(player) {
      const closed = player.next("ondisconnect");
      await player.client.deleteAccount(player.session);
      await closed;
      await assert.rejects(player.client.authenticateDevice(player.device, false), { status: 404 });
    },
    refusal: [(player) => player.client.deleteAccount(stranger(player)), unauthenticated],
  },
  getUsers: {
    async success({ client, session, username }) {
      const { users } = await client.getUsers(session, [session.user_id, NOBODY], [username]);
      assert.deepEqual(users.map((user) => user.username), [username]);
    },
    refusal: [({ client, session }) => client.getUsers(session, ["no uuid"]), invalid],
  },
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
  listChannelMessages: {
    async success(player) {
      const { channel, ack } = await sent(player);
      const { messages } = await player.client.listChannelMessages(player.session, channel.id, 10, true);
      assert.deepEqual(messages.map((message) => [message.message_id, message.content]), [[ack.message_id, { words: "skål" }]]);
    },
    refusal: [
      ({ client, session }) => client.listChannelMessages(session, "2...hall", 10, true, "no cursor"),
      { ...invalid, text: "Cursor is invalid or expired." },
    ],
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
  joinChat: {
    async success(player, server) {
      const name = unique("hall");
      const channel = await player.socket.joinChat(name, 1, true, false);
      assert.equal(channel.id, `2...${name}`);
      assert.equal(channel.room_name, name);
      const guest = await Player.enter(server, player.format);
      await guest.socket.joinChat(name, 1, true, false);
      let event = await player.next("onchannelpresence");
      while (event.joins[0].user_id === player.session.user_id) {
        event = await player.next("onchannelpresence");
      }
      assert.equal(event.joins[0].user_id, guest.session.user_id);
      guest.leave();
    },
    refusal: [({ socket }) => socket.joinChat("x".repeat(65), 1, true, false), { code: BAD_INPUT }],
  },
  leaveChat: {
    async success(player) {
      const channel = await room(player);
      await player.socket.leaveChat(channel.id);
      await assert.rejects(player.socket.writeChatMessage(channel.id, {}), { code: BAD_INPUT });
    },
    refusal: [({ socket }) => socket.leaveChat("no channel"), { code: BAD_INPUT }],
  },
  writeChatMessage: {
    async success(player) {
      const { channel, ack } = await sent(player);
      const message = await player.next("onchannelmessage");
      assert.deepEqual(message.content, { words: "skål" });
      assert.equal(message.message_id, ack.message_id);
      assert.equal(ack.channel_id, channel.id);
      assert.equal(message.sender_id, player.session.user_id);
    },
    refusal: [
      async (player) => player.socket.writeChatMessage((await room(player)).id, "no object"),
      { code: BAD_INPUT, text: "Message content must be a valid JSON object" },
    ],
  },
  updateChatMessage: {
    async success(player) {
      const { channel, ack } = await sent(player);
      const changed = await player.socket.updateChatMessage(channel.id, ack.message_id, { words: "tack" });
      assert.equal(changed.message_id, ack.message_id);
      assert.equal((await player.next("onchannelmessage")).code, 0);
      const seen = await player.next("onchannelmessage");
      assert.deepEqual([seen.code, seen.content], [1, { words: "tack" }]);
    },
    refusal: [
      async (player) => player.socket.updateChatMessage((await room(player)).id, "0194f8a0-0000-7000-8000-000000000000", {}),
      { code: BAD_INPUT, text: "Could not find message to update in channel history" },
    ],
  },
  removeChatMessage: {
    async success(player) {
      const { channel, ack } = await sent(player);
      await player.socket.removeChatMessage(channel.id, ack.message_id);
      assert.equal((await player.next("onchannelmessage")).code, 0);
      assert.equal((await player.next("onchannelmessage")).code, 2);
      const { messages } = await player.client.listChannelMessages(player.session, channel.id, 10, true);
      assert.deepEqual(messages ?? [], []);
    },
    refusal: [
      async (player, server) => {
        const other = await Player.enter(server, player.format);
        const { channel, ack } = await sent(other);
        await player.socket.joinChat(channel.room_name, 1, true, false);
        try {
          return await player.socket.removeChatMessage(channel.id, ack.message_id);
        } finally {
          other.leave();
        }
      },
      { code: BAD_INPUT },
    ],
  },
};
