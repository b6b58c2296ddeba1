// Friends: both sides of every edge, and what each is told of it.

import assert from "node:assert/strict";
import { NOBODY, unique } from "../client.mjs";
import { invalid } from "../refusals.mjs";

const FRIEND = 0;
const INVITE_SENT = 1;
const INVITE_RECEIVED = 2;
const BLOCKED = 3;

const add = (player, ...others) => player.client.addFriends(player.session, others.map((other) => other.id));
const block = (player, other) => player.client.blockFriends(player.session, [other.id]);

/** What a player's list says of another: a state, or nothing. */
async function state(player, other) {
  const { friends } = await player.client.listFriends(player.session);
  return friends.find(({ user }) => user.id === other.id)?.state;
}

/** Both sides of an edge. */
async function sides(one, two) {
  return [await state(one, two), await state(two, one)];
}

/** Two players who are friends. */
async function friends(player) {
  const friend = await player.guest();
  await add(player, friend);
  await add(friend, player);
  return friend;
}

async function friendCounts(player, ...others) {
  const names = others.map((other) => other.username);
  const { users } = await player.client.getUsers(player.session, [], names);
  return names.map((name) => users.find((user) => user.username === name).edge_count);
}

export const rest = {
  addFriends: {
    async success(player) {
      const other = await player.guest();
      await add(player, other);
      assert.deepEqual(await sides(player, other), [INVITE_SENT, INVITE_RECEIVED]);
      const asked = await other.next("onnotification");
      assert.deepEqual(
        [asked.code, asked.subject, asked.content, asked.sender_id, asked.persistent],
        [-2, `${player.username} wants to add you as a friend`, { username: player.username }, player.id, true],
      );
      assert.deepEqual(await friendCounts(player, player, other), [0, 0], "an invitation is no friend yet");
      await add(other, player);
      assert.deepEqual(await sides(player, other), [FRIEND, FRIEND]);
      const accepted = await player.next("onnotification");
      assert.deepEqual(
        [accepted.code, accepted.subject, accepted.content, accepted.sender_id],
        [-3, `${other.username} accepted your friend request`, { username: other.username }, other.id],
      );
      assert.deepEqual(await friendCounts(player, player, other), [1, 1]);
    },
    refusal: [(player) => add(player, player), { ...invalid, text: "Cannot add self as friend." }],
  },
  "addFriends by name": {
    async success(player) {
      const [bjorn, ylva] = [await player.guest(), await player.guest()];
      await player.client.addFriends(player.session, [bjorn.id], [ylva.username]);
      assert.deepEqual(await sides(player, bjorn), [INVITE_SENT, INVITE_RECEIVED]);
      await ylva.client.addFriends(ylva.session, [], [player.username]);
      assert.deepEqual(await sides(player, ylva), [FRIEND, FRIEND], "who asks back accepts");
    },
    refusal: [
      ({ client, session }) => client.addFriends(session, [], [unique("nobody")]),
      { ...invalid, text: "No valid ID or username was provided." },
    ],
  },
  "addFriends with metadata": {
    async success(player) {
      const other = await player.guest();
      const metadata = JSON.stringify({ from: "the tavern" });
      await player.call("POST", `/v2/friend?ids=${other.id}&metadata=${encodeURIComponent(metadata)}`);
      const [edge] = (await player.call("GET", "/v2/friend")).friends;
      assert.deepEqual([edge.user.id, JSON.parse(edge.metadata)], [other.id, { from: "the tavern" }]);
    },
    refusal: [
      (player) => player.call("POST", `/v2/friend?ids=${NOBODY}&metadata=no-object`),
      invalid,
    ],
  },
  deleteFriends: {
    async success(player) {
      const friend = await friends(player);
      const asked = await player.guest();
      await add(player, asked);
      await player.client.deleteFriends(player.session, [friend.id], [asked.username]);
      assert.deepEqual(await sides(player, friend), [undefined, undefined]);
      assert.deepEqual(await sides(player, asked), [undefined, undefined], "an invitation is taken back");
      assert.deepEqual(await friendCounts(player, player, friend), [0, 0]);
    },
    refusal: [
      ({ client, session, id }) => client.deleteFriends(session, [id]),
      { ...invalid, text: "Cannot delete self." },
    ],
  },
  blockFriends: {
    async success(player) {
      const other = await friends(player);
      await block(player, other);
      assert.deepEqual(await sides(player, other), [BLOCKED, undefined]);
      assert.deepEqual(await friendCounts(player, player, other), [0, 0]);
      await add(other, player);
      assert.deepEqual(await sides(player, other), [BLOCKED, undefined], "the blocked one cannot ask");
      assert.deepEqual((await player.sofar("onnotification")).map(({ code }) => code), [-3]);
      await player.client.deleteFriends(player.session, [other.id]);
      assert.deepEqual(await sides(player, other), [undefined, undefined], "the block is lifted");
    },
    refusal: [(player) => block(player, player), { ...invalid, text: "Cannot block self." }],
  },
  listFriends: {
    async success(player) {
      const friend = await friends(player);
      const blocked = await player.guest();
      await block(player, blocked);
      const { friends: all, cursor } = await player.client.listFriends(player.session);
      assert.deepEqual(
        all.map(({ user, state }) => [user.id, user.username, state]),
        [[friend.id, friend.username, FRIEND], [blocked.id, blocked.username, BLOCKED]],
      );
      assert.ok(!cursor, "there is one page");
      const { friends: some } = await player.client.listFriends(player.session, BLOCKED);
      assert.deepEqual(some.map(({ user }) => user.id), [blocked.id]);
      assert.deepEqual((await player.client.listFriends(player.session, INVITE_RECEIVED)).friends, []);
    },
    refusal: [
      ({ client, session }) => client.listFriends(session, 4),
      { ...invalid, text: "Invalid state - state must be between 0 and 3." },
    ],
  },
  "listFriends page by page": {
    async success(player) {
      const guests = [await player.guest(), await player.guest(), await player.guest()];
      await add(player, ...guests);
      const seen = [];
      let cursor;
      do {
        const page = await player.client.listFriends(player.session, INVITE_SENT, 2, cursor);
        assert.ok(page.friends.length <= 2);
        seen.push(...page.friends.map(({ user }) => user.id));
        cursor = page.cursor;
      } while (cursor);
      assert.deepEqual(seen, guests.map((guest) => guest.id).toSorted());
    },
    refusal: [
      ({ client, session }) => client.listFriends(session, undefined, 10, "rubbish"),
      { ...invalid, text: "Cursor is invalid." },
    ],
  },
  listFriendsOfFriends: {
    async success(player) {
      const bjorn = await friends(player);
      const ylva = await friends(bjorn);
      const list = await player.client.listFriendsOfFriends(player.session);
      assert.deepEqual(
        list.friends_of_friends.map(({ referrer, user }) => [referrer, user.id, user.username]),
        [[bjorn.id, ylva.id, ylva.username]],
      );
      const back = await ylva.client.listFriendsOfFriends(ylva.session);
      assert.deepEqual(back.friends_of_friends.map(({ user }) => user.id), [player.id]);
    },
    refusal: [
      ({ client, session }) => client.listFriendsOfFriends(session, 10, "rubbish"),
      { ...invalid, text: "Cursor is invalid." },
    ],
  },
};
