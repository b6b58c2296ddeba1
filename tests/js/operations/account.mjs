// Log-ins, links, tokens, accounts and users.

import assert from "node:assert/strict";
import { NOBODY, stranger, unique } from "../client.mjs";
import { invalid, lastLink, missing, taken, unauthenticated } from "../refusals.mjs";

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
async function linkTaken(player, link, make) {
  const other = await player.guest();
  return player.client[link](player.session, await make(other));
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
    refusal: [(player) => linkTaken(player, "linkDevice", device), taken],
  },
  linkEmail: {
    async success(player) {
      const { email: address } = await email(player);
      assert.equal((await player.client.getAccount(player.session)).email, address);
    },
    refusal: [(player) => linkTaken(player, "linkEmail", email), taken],
  },
  linkCustom: {
    async success(player) {
      const { id } = await custom(player);
      assert.equal((await player.client.getAccount(player.session)).custom_id, id);
    },
    refusal: [(player) => linkTaken(player, "linkCustom", custom), taken],
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
      async (player) => {
        const other = await player.guest();
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
};
