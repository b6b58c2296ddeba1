// Status: who shows one, and who sees it.

import assert from "node:assert/strict";
import { NOBODY, socket } from "../client.mjs";
import { wrong } from "../refusals.mjs";

const show = (player, status) => player.socket.updateStatus(status);
const follow = (player, ...others) => player.socket.followUsers(others.map(({ id }) => id));
const unfollow = (player, ...others) => player.socket.unfollowUsers(others.map(({ id }) => id));

/** A status event as pairs of user and status: those that came, and those that went. */
const told = (event) =>
  [event.joins, event.leaves].map((list) => (list ?? []).map(({ user_id, status }) => [user_id, status]));

export const realtime = {
  followUsers: {
    async success(player) {
      const star = await player.guest();
      assert.deepEqual((await follow(player, star)).presences ?? [], [], "the star shows no status yet");
      await show(star, "on stage");
      assert.deepEqual(told(await player.next("onstatuspresence")), [[[star.id, "on stage"]], []]);
      const { presences } = await follow(player, star);
      assert.deepEqual(
        presences.map(({ user_id, username, status }) => [user_id, username, status]),
        [[star.id, star.username, "on stage"]],
      );
    },
    refusal: [(player) => player.socket.followUsers(["nope"]), { ...wrong, text: "Invalid user identifier" }],
  },
  "followUsers by name": {
    async success(player) {
      const star = await player.guest();
      await show(star, "on stage");
      const { status } = await player.socket.send({ status_follow: { usernames: [star.username], user_ids: [NOBODY] } });
      assert.deepEqual(status.presences.map(({ user_id }) => user_id), [star.id]);
      await show(star, "off stage");
      const expected = [[[star.id, "off stage"]], [[star.id, "on stage"]]];
      assert.deepEqual(told(await player.next("onstatuspresence")), expected);
    },
    refusal: [
      (player) => player.socket.send({ status_follow: { usernames: [""], user_ids: [] } }),
      { ...wrong, text: "Invalid username" },
    ],
  },
  "followUsers who come and go": {
    async success(player) {
      const star = await player.guest();
      await follow(player, star);
      const second = socket(star.client, star.format);
      await second.connect(star.session, true);
      assert.deepEqual(told(await player.next("onstatuspresence")), [[[star.id, ""]], []], "appears by connecting");
      second.disconnect(false);
      assert.deepEqual(told(await player.next("onstatuspresence")), [[], [[star.id, ""]]], "and goes by closing");
    },
    refusal: [(player) => player.socket.followUsers([player.id, ""]), wrong],
  },
  unfollowUsers: {
    async success(player) {
      const star = await player.guest();
      await follow(player, star);
      await show(star, "seen");
      await player.next("onstatuspresence");
      await unfollow(player, star);
      await show(star, "unseen");
      assert.deepEqual(await player.sofar("onstatuspresence"), []);
    },
    refusal: [(player) => player.socket.unfollowUsers(["nope"]), { ...wrong, text: "Invalid user identifier" }],
  },
  updateStatus: {
    async success(player) {
      const fan = await player.guest();
      await follow(fan, player);
      const steps = [
        ["at the fire", [[[player.id, "at the fire"]], []]],
        ["grüezi 🦊", [[[player.id, "grüezi 🦊"]], [[player.id, "at the fire"]]]],
        [undefined, [[], [[player.id, "grüezi 🦊"]]]],
      ];
      for (const [status, expected] of steps) {
        await show(player, status);
        for (const watcher of [fan, player]) {
          assert.deepEqual(told(await watcher.next("onstatuspresence")), expected);
        }
      }
      assert.deepEqual((await follow(fan, player)).presences ?? [], []);
    },
    refusal: [
      (player) => show(player, "s".repeat(2049)),
      { ...wrong, text: "Status must be 2048 characters or less" },
    ],
  },
};
