// Notifications: told live, kept, listed from where a client left off, deleted.

import assert from "node:assert/strict";
import { NOBODY, unique } from "../client.mjs";
import { invalid } from "../refusals.mjs";

/** Other players ask to join a group of the player's, one after the other; who they are. */
async function asked(player, count) {
  const group = await player.client.createGroup(player.session, { name: unique("closed"), open: false });
  const guests = [];
  for (let number = 0; number < count; number += 1) {
    const guest = await player.guest();
    await guest.client.joinGroup(guest.session, group.id);
    guests.push(guest);
  }
  return guests;
}

const list = (player, ...rest) => player.client.listNotifications(player.session, ...rest);
const senders = ({ notifications }) => notifications.map(({ sender_id }) => sender_id);

export const rest = {
  listNotifications: {
    async success(player) {
      const [guest] = await asked(player, 1);
      const live = await player.next("onnotification");
      const { notifications } = await list(player, 10);
      assert.equal(notifications.length, 1);
      const [{ id, code, subject, content, sender_id, persistent }] = notifications;
      assert.deepEqual([code, content.username, sender_id, persistent], [-5, guest.username, guest.id, true]);
      assert.deepEqual([id, subject, content], [live.id, live.subject, live.content], "what was told is what is kept");
      assert.deepEqual((await list(guest, 10)).notifications, [], "its sender has none");
    },
    refusal: [
      (player) => list(player, 101),
      { ...invalid, text: "Invalid limit - limit must be between 1 and 100." },
    ],
  },
  "listNotifications from a cursor": {
    async success(player) {
      const early = await asked(player, 3);
      const first = await list(player, 2);
      const second = await list(player, 2, first.cacheable_cursor);
      assert.deepEqual([...senders(first), ...senders(second)], early.map(({ id }) => id));
      const nothing = await list(player, 2, second.cacheable_cursor);
      assert.deepEqual(nothing.notifications, []);
      const late = await asked(player, 1);
      assert.deepEqual(senders(await list(player, 2, nothing.cacheable_cursor)), late.map(({ id }) => id));
    },
    refusal: [(player) => list(player, 10, "rubbish"), invalid],
  },
  "listNotifications after an absence": {
    async success(player) {
      player.socket.disconnect(false);
      await player.next("ondisconnect");
      const [guest] = await asked(player, 1);
      await player.socket.connect(player.session, false);
      assert.deepEqual(senders(await list(player, 10)), [guest.id]);
      assert.deepEqual(await player.sofar("onnotification"), [], "what is kept is not told again");
    },
    refusal: [
      (player) => list(player, 0),
      { ...invalid, text: "Invalid limit - limit must be between 1 and 100." },
    ],
  },
  deleteNotifications: {
    async success(player) {
      const guests = await asked(player, 3);
      const ids = (await list(player, 10)).notifications.map(({ id }) => id);
      await guests[0].client.deleteNotifications(guests[0].session, ids);
      assert.equal((await list(player, 10)).notifications.length, 3, "nobody deletes those of others");
      await player.client.deleteNotifications(player.session, [ids[0], ids[2], NOBODY]);
      assert.deepEqual(senders(await list(player, 10)), [guests[1].id]);
    },
    refusal: [({ client, session }) => client.deleteNotifications(session, ["nope"]), invalid],
  },
};
