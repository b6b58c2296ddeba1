// Group chat: for members only, with what happens in the group told in its channel.

import assert from "node:assert/strict";
import { NOBODY, unique } from "../client.mjs";
import { invalid, wrong } from "../refusals.mjs";

const GROUP = 3;

const notFound = { ...wrong, text: "Group not found: Invalid channel target" };
const notJoined = { code: wrong.code, message: "Must join channel before sending messages" };

/** What happens in a group, as the code of a message. */
const happening = { join: 3, add: 4, leave: 5, kick: 6, promote: 7, ban: 8, demote: 9 };

const join = (player, group) => player.socket.joinChat(group.id, GROUP, true, false);
const write = (player, channel, words) => player.socket.writeChatMessage(channel.id, { words });

/** A group of the player's with a guest in it, who has not joined the channel. */
async function guild(player) {
  const group = await player.client.createGroup(player.session, { name: unique("guild"), open: true });
  const channel = await join(player, group);
  const member = await player.guest();
  await member.client.joinGroup(member.session, group.id);
  return { group, channel, member };
}

/** The same, with both in the channel. */
async function hall(player) {
  const { group, channel, member } = await guild(player);
  await join(member, group);
  // The player was told that the guest joined the group.
  await player.until("onchannelmessage", ({ code }) => code === happening.join);
  return { group, channel, member };
}

/** A message of the player's that both have seen. */
async function sent(player) {
  const { channel, member } = await hall(player);
  const ack = await write(player, channel, "hail");
  for (const reader of [player, member]) {
    assert.equal((await reader.next("onchannelmessage")).message_id, ack.message_id);
  }
  return { channel, member, ack };
}

/** Takes a member out of a group in some way, and checks that the channel is closed to them. */
async function takenOut(player, operation, code) {
  const { group, channel, member } = await hall(player);
  await player.client[operation](player.session, group.id, [member.id]);
  for (const reader of [player, member]) {
    const { sender_id, username, content } = await reader.until("onchannelmessage", (message) => message.code === code);
    assert.deepEqual([sender_id, username, content], [member.id, member.username, {}]);
  }
  const { leaves } = await player.until("onchannelpresence", (event) => event.leaves?.length > 0);
  assert.deepEqual(leaves.map(({ user_id }) => user_id), [member.id]);
  await assert.rejects(write(member, channel, "still here?"), notJoined);
  await write(player, channel, "gone");
  assert.deepEqual(await member.sofar("onchannelmessage"), [], "nothing that is said later reaches them");
  return { group, channel, member };
}

const listed = async (player, channel) =>
  (await player.client.listChannelMessages(player.session, channel.id, 100, true)).messages;

export const rest = {
  "listChannelMessages of a group": {
    async success(player) {
      const { channel, member } = await guild(player);
      await write(player, channel, "hail");
      // A member looks without joining the channel.
      const messages = await listed(member, channel);
      assert.deepEqual(
        messages.map(({ code, sender_id, content }) => [code, sender_id, content]),
        [[happening.join, member.id, {}], [0, player.id, { words: "hail" }]],
      );
      assert.deepEqual(messages[0].username, member.username);
    },
    refusal: [
      async (player) => {
        const { channel } = await guild(await player.guest());
        return listed(player, channel);
      },
      { ...invalid, text: "Group not found." },
    ],
  },
  "listChannelMessages after a kick": {
    async success(player) {
      const { group, channel, member } = await takenOut(player, "kickGroupUsers", happening.kick);
      await assert.rejects(listed(member, channel), { status: 400 });
      await member.client.joinGroup(member.session, group.id);
      const codes = (await listed(member, channel)).map(({ code }) => code);
      assert.deepEqual(codes, [happening.join, happening.kick, 0, happening.join], "it is open to who is back");
    },
    refusal: [
      async (player) => {
        const { channel, member } = await takenOut(player, "banGroupUsers", happening.ban);
        return listed(member, channel);
      },
      { ...invalid, text: "Group not found." },
    ],
  },
};

export const realtime = {
  "joinChat of a group": {
    async success(player) {
      const { group, channel, member } = await guild(player);
      assert.deepEqual([channel.id, channel.group_id], [`3.${group.id}..`, group.id]);
      const { presences } = await join(member, group);
      assert.deepEqual(presences.map(({ user_id }) => user_id), [player.id]);
      const event = await player.until("onchannelpresence", ({ joins }) => joins?.[0]?.user_id === member.id);
      assert.equal(event.channel_id, channel.id);
    },
    refusal: [
      async (player) => {
        const { group } = await guild(await player.guest());
        return join(player, group);
      },
      notFound,
    ],
  },
  "joinChat of no group": {
    async success(player) {
      // Who asks to be a member is none yet.
      const group = await player.client.createGroup(player.session, { name: unique("closed"), open: false });
      const guest = await player.guest();
      await guest.client.joinGroup(guest.session, group.id);
      await assert.rejects(join(guest, group), { code: wrong.code, message: notFound.text });
      await player.client.addGroupUsers(player.session, group.id, [guest.id]);
      assert.equal((await join(guest, group)).group_id, group.id);
    },
    refusal: [(player) => join(player, { id: NOBODY }), notFound],
  },
  "leaveChat of a group": {
    async success(player) {
      const { group, channel, member } = await hall(player);
      await member.client.leaveGroup(member.session, group.id);
      const { sender_id } = await player.until("onchannelmessage", ({ code }) => code === happening.leave);
      assert.equal(sender_id, member.id);
      await assert.rejects(write(member, channel, "one more thing"), notJoined);
      await member.socket.leaveChat(channel.id);
    },
    refusal: [({ socket }) => socket.leaveChat("3.nope.."), wrong],
  },
  "writeChatMessage in a group": {
    async success(player) {
      const { channel, member } = await hall(player);
      await write(player, channel, "one");
      await write(member, channel, "two");
      for (const reader of [player, member]) {
        const seen = [await reader.next("onchannelmessage"), await reader.next("onchannelmessage")];
        assert.deepEqual(seen.map(({ group_id, sender_id, content }) => [group_id, sender_id, content.words]), [
          [channel.group_id, player.id, "one"],
          [channel.group_id, member.id, "two"],
        ]);
      }
    },
    refusal: [
      async (player) => {
        const { channel, member } = await takenOut(player, "kickGroupUsers", happening.kick);
        return write(member, channel, "let me in");
      },
      { ...wrong, text: notJoined.message },
    ],
  },
  "writeChatMessage by the server": {
    async success(player) {
      const { group, channel, member } = await hall(player);
      const other = await player.guest();
      const { client, session } = player;
      await client.addGroupUsers(session, group.id, [other.id]);
      await client.promoteGroupUsers(session, group.id, [member.id]);
      await client.demoteGroupUsers(session, group.id, [member.id]);
      await other.client.leaveGroup(other.session, group.id);
      await client.banGroupUsers(session, group.id, [member.id]);
      const expected = [
        [happening.add, other],
        [happening.promote, member],
        [happening.demote, member],
        [happening.leave, other],
        [happening.ban, member],
      ].map(([code, { id, username }]) => [code, id, username]);
      const facts = ({ code, sender_id, username }) => [code, sender_id, username];
      for (const [watcher, seen] of [[player, expected], [member, expected]]) {
        const told = (await watcher.sofar("onchannelmessage")).map(facts);
        assert.deepEqual(told, seen);
      }
      const kept = (await listed(player, channel)).map(facts);
      assert.deepEqual(kept, [[happening.join, member.id, member.username], ...expected], "live and kept are one order");
    },
    refusal: [
      async (player) => {
        const { channel } = await hall(player);
        return player.socket.writeChatMessage(channel.id, "no object");
      },
      { ...wrong, text: "Message content must be a valid JSON object" },
    ],
  },
  "updateChatMessage in a group": {
    async success(player) {
      const { channel, member, ack } = await sent(player);
      await player.socket.updateChatMessage(channel.id, ack.message_id, { words: "hail all" });
      for (const reader of [player, member]) {
        const { code, message_id, content } = await reader.next("onchannelmessage");
        assert.deepEqual([code, message_id, content], [1, ack.message_id, { words: "hail all" }]);
        assert.deepEqual((await listed(reader, channel)).at(-1).content, { words: "hail all" });
      }
    },
    refusal: [
      async (player) => {
        const { channel, member, ack } = await sent(player);
        return member.socket.updateChatMessage(channel.id, ack.message_id, {});
      },
      { ...wrong, text: "Could not find message to update in channel history" },
    ],
  },
  "removeChatMessage in a group": {
    async success(player) {
      const { channel, member, ack } = await sent(player);
      await player.socket.removeChatMessage(channel.id, ack.message_id);
      for (const reader of [player, member]) {
        assert.equal((await reader.next("onchannelmessage")).code, 2);
        assert.ok(!(await listed(reader, channel)).some(({ message_id }) => message_id === ack.message_id));
      }
    },
    refusal: [
      async (player) => {
        // A message of the server's own is about a member, and not theirs to remove.
        const { channel, member } = await hall(player);
        const [told] = await listed(member, channel);
        assert.equal(told.code, happening.join);
        return player.socket.removeChatMessage(channel.id, told.message_id);
      },
      { ...wrong, text: "Could not find message to remove in channel history" },
    ],
  },
};
