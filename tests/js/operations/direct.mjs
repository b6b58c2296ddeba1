// Direct messages: one channel for both directions, private, and closed to whom the other has blocked.

import assert from "node:assert/strict";
import { NOBODY } from "../client.mjs";
import { invalid, wrong } from "../refusals.mjs";

const DIRECT = 2;
const target = "Invalid channel target";

const join = (player, other) => player.socket.joinChat(other.id, DIRECT, true, false);

/** The one id of the channel of two users. */
function channelId(one, two) {
  const [first, second] = [one.id, two.id].toSorted();
  return `4.${first}.${second}.`;
}

/** Two players in their channel. */
async function pair(player) {
  const other = await player.guest();
  const channel = await join(player, other);
  await join(other, player);
  return { other, channel };
}

/** A message of the player's that both have seen. */
async function sent(player) {
  const { other, channel } = await pair(player);
  const ack = await player.socket.writeChatMessage(channel.id, { words: "psst" });
  for (const reader of [player, other]) {
    assert.equal((await reader.next("onchannelmessage")).message_id, ack.message_id);
  }
  return { other, channel, ack };
}

async function history(player, channel) {
  const { messages } = await player.client.listChannelMessages(player.session, channel.id, 10, true);
  return messages.map(({ sender_id, content }) => [sender_id, content]);
}

export const rest = {
  "listChannelMessages direct": {
    async success(player) {
      const other = await player.guest();
      const channel = await join(player, other);
      await player.socket.writeChatMessage(channel.id, { words: "are you there?" });
      // The other one looks without joining.
      const expected = [[player.id, { words: "are you there?" }]];
      assert.deepEqual(await history(other, channel), expected);
      assert.deepEqual(await history(player, channel), expected);
      const { presences } = await join(other, player);
      assert.deepEqual(presences.map(({ user_id }) => user_id), [player.id], "who looked was not present");
    },
    refusal: [
      async (player) => {
        const { channel } = await pair(await player.guest());
        return player.client.listChannelMessages(player.session, channel.id, 10, true);
      },
      { ...invalid, text: "Channel not found." },
    ],
  },
};

export const realtime = {
  "joinChat direct": {
    async success(player) {
      const other = await player.guest();
      const channel = await join(player, other);
      const [one, two] = [player.id, other.id].toSorted();
      assert.deepEqual([channel.id, channel.user_id_one, channel.user_id_two], [channelId(player, other), one, two]);
      const asked = await other.next("onnotification");
      assert.deepEqual(
        [asked.code, asked.subject, asked.content, asked.sender_id, asked.persistent],
        [-1, `${player.username} wants to chat`, { username: player.username }, player.id, true],
      );
      const back = await join(other, player);
      assert.equal(back.id, channel.id, "both directions are one channel");
      assert.deepEqual(back.presences.map(({ user_id }) => user_id), [player.id]);
      assert.deepEqual(await player.sofar("onnotification"), [], "who is there is not asked");
    },
    refusal: [(player) => join(player, { id: NOBODY }), { ...wrong, text: `User ID not found: ${target}` }],
  },
  "joinChat with who has blocked": {
    async success(player) {
      const { other, channel } = await sent(player);
      await other.client.blockFriends(other.session, [player.id]);
      await assert.rejects(player.socket.writeChatMessage(channel.id, {}), {
        code: wrong.code,
        message: "Must join channel before sending messages",
      });
      await assert.rejects(join(player, other), { code: wrong.code, message: `User ID not found: ${target}` });
      assert.equal((await history(player, channel)).length, 1, "what was said stays readable");
      await other.client.deleteFriends(other.session, [player.id]);
      assert.equal((await join(player, other)).id, channel.id);
    },
    refusal: [
      async (player) => {
        const other = await player.guest();
        await other.client.blockFriends(other.session, [player.id]);
        return join(player, other);
      },
      { ...wrong, text: `User ID not found: ${target}` },
    ],
  },
  "joinChat with oneself": {
    async success(player) {
      const upper = { id: (await player.guest()).id.toUpperCase() };
      assert.equal((await join(player, upper)).id, channelId(player, { id: upper.id.toLowerCase() }));
    },
    refusal: [(player) => join(player, player), { ...wrong, text: target }],
  },
  "leaveChat direct": {
    async success(player) {
      const { other, channel } = await pair(player);
      await other.socket.leaveChat(channel.id);
      const { leaves } = await player.until("onchannelpresence", (event) => event.leaves?.length > 0);
      assert.deepEqual(leaves.map(({ user_id }) => user_id), [other.id]);
      await assert.rejects(other.socket.writeChatMessage(channel.id, {}), { code: wrong.code });
    },
    refusal: [({ socket }) => socket.leaveChat("4.nope.nope."), wrong],
  },
  "writeChatMessage direct": {
    async success(player) {
      const { other, channel } = await pair(player);
      await player.socket.writeChatMessage(channel.id, { words: "one" });
      await other.socket.writeChatMessage(channel.id, { words: "two" });
      const expected = [[player.id, { words: "one" }], [other.id, { words: "two" }]];
      for (const reader of [player, other]) {
        const seen = [await reader.next("onchannelmessage"), await reader.next("onchannelmessage")];
        assert.deepEqual(seen.map(({ sender_id, content }) => [sender_id, content]), expected);
        assert.deepEqual(await history(reader, channel), expected);
      }
    },
    refusal: [
      async (player) => {
        const { channel } = await pair(await player.guest());
        return player.socket.writeChatMessage(channel.id, { words: "let me in" });
      },
      { ...wrong, text: "Must join channel before sending messages" },
    ],
  },
  "updateChatMessage direct": {
    async success(player) {
      const { other, channel, ack } = await sent(player);
      await player.socket.updateChatMessage(channel.id, ack.message_id, { words: "never mind" });
      for (const reader of [player, other]) {
        const { code, message_id, content } = await reader.next("onchannelmessage");
        assert.deepEqual([code, message_id, content], [1, ack.message_id, { words: "never mind" }]);
        assert.deepEqual(await history(reader, channel), [[player.id, { words: "never mind" }]]);
      }
    },
    refusal: [
      async (player) => {
        const { other, channel, ack } = await sent(player);
        return other.socket.updateChatMessage(channel.id, ack.message_id, { words: "I said so" });
      },
      { ...wrong, text: "Could not find message to update in channel history" },
    ],
  },
  "removeChatMessage direct": {
    async success(player) {
      const { other, channel, ack } = await sent(player);
      await player.socket.removeChatMessage(channel.id, ack.message_id);
      for (const reader of [player, other]) {
        const { code, message_id } = await reader.next("onchannelmessage");
        assert.deepEqual([code, message_id], [2, ack.message_id]);
        assert.deepEqual(await history(reader, channel), []);
      }
    },
    refusal: [
      async (player) => {
        const { other, channel, ack } = await sent(player);
        return other.socket.removeChatMessage(channel.id, ack.message_id);
      },
      { ...wrong, text: "Could not find message to remove in channel history" },
    ],
  },
};
