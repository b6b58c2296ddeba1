// Rooms: open to everybody.

import assert from "node:assert/strict";
import { unique } from "../client.mjs";
import { invalid, wrong } from "../refusals.mjs";

const room = (player) => player.socket.joinChat(unique("room"), 1, true, false);

async function sent(player) {
  const channel = await room(player);
  const ack = await player.socket.writeChatMessage(channel.id, { words: "skål" });
  return { channel, ack };
}

export const rest = {
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
  joinChat: {
    async success(player) {
      const name = unique("hall");
      const channel = await player.socket.joinChat(name, 1, true, false);
      assert.equal(channel.id, `2...${name}`);
      assert.equal(channel.room_name, name);
      const guest = await player.guest();
      await guest.socket.joinChat(name, 1, true, false);
      let event = await player.next("onchannelpresence");
      while (event.joins[0].user_id === player.session.user_id) {
        event = await player.next("onchannelpresence");
      }
      assert.equal(event.joins[0].user_id, guest.session.user_id);
    },
    refusal: [({ socket }) => socket.joinChat("x".repeat(65), 1, true, false), wrong],
  },
  leaveChat: {
    async success(player) {
      const channel = await room(player);
      await player.socket.leaveChat(channel.id);
      await assert.rejects(player.socket.writeChatMessage(channel.id, {}), wrong);
    },
    refusal: [({ socket }) => socket.leaveChat("no channel"), wrong],
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
      { ...wrong, text: "Message content must be a valid JSON object" },
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
      { ...wrong, text: "Could not find message to update in channel history" },
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
      async (player) => {
        const { channel, ack } = await sent(await player.guest());
        await player.socket.joinChat(channel.room_name, 1, true, false);
        return player.socket.removeChatMessage(channel.id, ack.message_id);
      },
      wrong,
    ],
  },
};
