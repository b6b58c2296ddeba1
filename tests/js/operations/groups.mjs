// Groups: both sides of every membership, the count, and what each is told.

import assert from "node:assert/strict";
import { NOBODY, unique } from "../client.mjs";
import { invalid, missing, taken } from "../refusals.mjs";

const SUPERADMIN = 0;
const ADMIN = 1;
const MEMBER = 2;
const JOIN_REQUEST = 3;

const denied = { ...missing, text: "Group not found or permission denied." };

const create = (player, settings) =>
  player.client.createGroup(player.session, { name: unique("guild"), open: true, ...settings });
const join = (player, group) => player.client.joinGroup(player.session, group.id);

/** A group of the player's, and a guest who is a member of it. */
async function guild(player) {
  const group = await create(player);
  const member = await player.guest();
  await join(member, group);
  return { group, member };
}

/** A player's place in a group: as the group's list says, and as the player's own list says. */
async function sides(player, group) {
  const { group_users: users } = await player.client.listGroupUsers(player.session, group.id);
  const { user_groups: groups } = await player.client.listUserGroups(player.session, player.id);
  return [
    users.find(({ user }) => user.id === player.id)?.state,
    groups.find((own) => own.group.id === group.id)?.state,
  ];
}

/** A group as the list of all groups has it. */
async function found(player, name) {
  const { groups } = await player.client.listGroups(player.session, name, undefined, 10);
  return groups;
}

/** Calls an operation on users of a group as somebody who has no rank in it. */
async function asMember(player, operation) {
  const { group, member } = await guild(player);
  return member.client[operation](member.session, group.id, [player.id]);
}

export const rest = {
  createGroup: {
    async success(player) {
      const settings = {
        name: unique("ravens"),
        description: "two of them",
        avatar_url: "http://example.com/raven.png",
        lang_tag: "no",
        open: false,
        max_count: 7,
      };
      const group = await create(player, settings);
      const { id, create_time, update_time, ...rest } = group;
      assert.deepEqual(rest, { ...settings, creator_id: player.id, edge_count: 1, metadata: {} });
      assert.ok(create_time && update_time);
      assert.deepEqual(await found(player, settings.name), [group], "others find what its maker was told");
      assert.deepEqual(await sides(player, group), [SUPERADMIN, SUPERADMIN]);
    },
    refusal: [
      async (player) => create(player, { name: (await create(player)).name }),
      { ...taken, text: "Group name is in use." },
    ],
  },
  updateGroup: {
    async success(player) {
      const group = await create(player, { description: "old" });
      const name = unique("renamed");
      await player.client.updateGroup(player.session, group.id, { name, description: "new", open: false });
      const [changed, ...more] = await found(await player.guest(), name);
      assert.deepEqual(more, []);
      assert.deepEqual({ ...changed, update_time: "" }, { ...group, name, description: "new", open: false, update_time: "" });
      assert.deepEqual(await found(player, group.name), []);
    },
    refusal: [
      async (player) => {
        const { group, member } = await guild(player);
        return member.client.updateGroup(member.session, group.id, { description: "mine" });
      },
      { ...missing, text: "Group not found or you're not allowed to update." },
    ],
  },
  deleteGroup: {
    async success(player) {
      const { group, member } = await guild(player);
      await player.client.deleteGroup(player.session, group.id);
      assert.deepEqual(await found(player, group.name), []);
      assert.deepEqual(await sides(player, group), [undefined, undefined]);
      assert.deepEqual(await sides(member, group), [undefined, undefined]);
    },
    refusal: [
      async (player) => {
        const { group, member } = await guild(player);
        return member.client.deleteGroup(member.session, group.id);
      },
      { ...invalid, text: "Group not found or you're not allowed to delete." },
    ],
  },
  joinGroup: {
    async success(player) {
      const { group, member } = await guild(player);
      assert.deepEqual(await sides(member, group), [MEMBER, MEMBER]);
      await join(member, group);
      assert.equal((await found(player, group.name))[0].edge_count, 2, "joining twice counts once");
    },
    refusal: [(player) => join(player, { id: NOBODY }), { ...missing, text: "Group not found." }],
  },
  "joinGroup that is full": {
    async success(player) {
      const group = await create(player, { max_count: 2 });
      await join(await player.guest(), group);
      assert.equal((await found(player, group.name))[0].edge_count, 2);
    },
    refusal: [
      async (player) => join(await player.guest(), await create(player, { max_count: 1 })),
      { ...invalid, text: "Group is full." },
    ],
  },
  "joinGroup that is closed": {
    async success(player) {
      const group = await create(player, { open: false });
      const guest = await player.guest();
      await join(guest, group);
      assert.deepEqual(await sides(guest, group), [JOIN_REQUEST, JOIN_REQUEST]);
      assert.equal((await found(player, group.name))[0].edge_count, 1, "who asks is no member yet");
      const asked = await player.next("onnotification");
      assert.deepEqual(
        [asked.code, asked.subject, asked.content, asked.sender_id],
        [-5, `User ${guest.username} wants to join your group`, { group_id: group.id, username: guest.username }, guest.id],
      );
    },
    refusal: [(player) => join(player, { id: "nope" }), { ...invalid, text: "Group ID must be a valid ID." }],
  },
  leaveGroup: {
    async success(player) {
      const { group, member } = await guild(player);
      await member.client.leaveGroup(member.session, group.id);
      assert.deepEqual(await sides(member, group), [undefined, undefined]);
      assert.equal((await found(player, group.name))[0].edge_count, 1);
    },
    refusal: [
      async (player) => player.client.leaveGroup(player.session, (await create(player)).id),
      { ...invalid, text: "Cannot leave group when you are the last superadmin." },
    ],
  },
  addGroupUsers: {
    async success(player) {
      const group = await create(player, { open: false });
      const [asking, other] = [await player.guest(), await player.guest()];
      await join(asking, group);
      await player.client.addGroupUsers(player.session, group.id, [asking.id, other.id]);
      for (const guest of [asking, other]) {
        assert.deepEqual(await sides(guest, group), [MEMBER, MEMBER]);
        const told = await guest.next("onnotification");
        assert.deepEqual(
          [told.code, told.subject, told.content, told.sender_id],
          [-4, `You've been added to group ${group.name}`, { group_id: group.id, name: group.name }, player.id],
        );
      }
      assert.equal((await found(player, group.name))[0].edge_count, 3);
    },
    refusal: [(player) => asMember(player, "addGroupUsers"), denied],
  },
  kickGroupUsers: {
    async success(player) {
      const { group, member } = await guild(player);
      await player.client.kickGroupUsers(player.session, group.id, [member.id]);
      assert.deepEqual(await sides(member, group), [undefined, undefined]);
      assert.equal((await found(player, group.name))[0].edge_count, 1);
      await join(member, group);
      assert.deepEqual(await sides(member, group), [MEMBER, MEMBER], "a kick is not for good");
    },
    refusal: [
      async (player) => player.client.kickGroupUsers(player.session, (await create(player)).id, ["nope"]),
      { ...invalid, text: "User ID must be a valid ID." },
    ],
  },
  banGroupUsers: {
    async success(player) {
      const { group, member } = await guild(player);
      await player.client.banGroupUsers(player.session, group.id, [member.id]);
      assert.deepEqual((await sides(member, group))[1], undefined);
      await join(member, group);
      assert.deepEqual((await sides(member, group))[1], undefined, "who is banned cannot come back");
      const [{ edge_count: count }] = await found(player, group.name);
      assert.equal(count, 1);
    },
    refusal: [(player) => asMember(player, "banGroupUsers"), denied],
  },
  promoteGroupUsers: {
    async success(player) {
      const { group, member } = await guild(player);
      for (const rank of [ADMIN, SUPERADMIN, SUPERADMIN]) {
        await player.client.promoteGroupUsers(player.session, group.id, [member.id]);
        assert.deepEqual(await sides(member, group), [rank, rank]);
      }
      await player.client.leaveGroup(player.session, group.id);
      assert.deepEqual(await sides(player, group), [undefined, undefined], "another superadmin stays");
    },
    refusal: [(player) => asMember(player, "promoteGroupUsers"), denied],
  },
  demoteGroupUsers: {
    async success(player) {
      const { group, member } = await guild(player);
      await player.client.promoteGroupUsers(player.session, group.id, [member.id]);
      for (const rank of [MEMBER, MEMBER]) {
        await player.client.demoteGroupUsers(player.session, group.id, [member.id]);
        assert.deepEqual(await sides(member, group), [rank, rank]);
      }
    },
    refusal: [(player) => asMember(player, "demoteGroupUsers"), denied],
  },
  listGroups: {
    async success(player) {
      const prefix = unique("pack");
      const names = [`${prefix}-a`, `${prefix}-b`, `${prefix}-c`];
      for (const name of names) {
        await create(player, { name });
      }
      const seen = [];
      let cursor;
      do {
        const page = await player.client.listGroups(player.session, `${prefix}%`, cursor, 2);
        assert.ok(page.groups.length <= 2);
        seen.push(...page.groups.map((group) => group.name));
        cursor = page.cursor;
      } while (cursor);
      assert.deepEqual(seen, names);
    },
    refusal: [
      ({ client, session }) => client.listGroups(session, undefined, undefined, 101),
      { ...invalid, text: "Invalid limit - limit must be between 1 and 100." },
    ],
  },
  "listGroups by what they are": {
    async success(player) {
      // A language of its own keeps the groups of other cells out.
      const lang = unique("l").slice(-16);
      const closed = await create(player, { lang_tag: lang, open: false });
      const open = await create(player, { lang_tag: lang });
      const large = await create(player, { lang_tag: lang });
      await join(await player.guest(), large);
      const list = async (query) =>
        ((await player.call("GET", `/v2/group?limit=100&lang_tag=${lang}${query}`)).groups ?? []).map(({ id }) => id);
      const ids = (...groups) => groups.map(({ id }) => id).toSorted();
      assert.deepEqual((await list("")).toSorted(), ids(closed, open, large));
      assert.equal((await list(""))[0], large.id, "those with the most members come first");
      assert.deepEqual((await list("&open=true")).toSorted(), ids(open, large));
      assert.deepEqual(await list("&open=false"), ids(closed));
      assert.deepEqual((await list("&members=1")).toSorted(), ids(closed, open));
      assert.deepEqual(await list("&members=1&open=true"), ids(open));
    },
    refusal: [
      (player) => player.call("GET", "/v2/group?name=ravens&open=true"),
      { ...invalid, text: "name filter cannot be combined with any other filter" },
    ],
  },
  listGroupUsers: {
    async success(player) {
      const { group, member } = await guild(player);
      const other = await player.guest();
      await join(other, group);
      const stranger = await player.guest();
      const read = async (...rest) => {
        const { group_users: users, cursor } = await stranger.client.listGroupUsers(stranger.session, group.id, ...rest);
        return { users: users.map(({ user, state }) => [user.id, user.username, state]), cursor };
      };
      const members = [member, other].map(({ id, username }) => [id, username, MEMBER]).toSorted();
      const all = [[player.id, player.username, SUPERADMIN], ...members];
      assert.deepEqual((await read()).users, all);
      assert.deepEqual((await read(MEMBER)).users, members);
      assert.deepEqual((await read(JOIN_REQUEST)).users, []);
      const first = await read(undefined, 2);
      const second = await read(undefined, 2, first.cursor);
      assert.deepEqual([...first.users, ...second.users], all);
      assert.ok(!second.cursor);
    },
    refusal: [
      async (player) => player.client.listGroupUsers(player.session, (await create(player)).id, 7),
      { ...invalid, text: "Invalid state - state must be between 0 and 4." },
    ],
  },
  listUserGroups: {
    async success(player) {
      const { group, member } = await guild(player);
      const own = await create(member);
      const { user_groups: groups } = await player.client.listUserGroups(player.session, member.id);
      assert.deepEqual(
        groups.map(({ group, state }) => [group.name, state]),
        [[own.name, SUPERADMIN], [group.name, MEMBER]],
      );
      assert.equal(groups[1].group.edge_count, 2);
      const { user_groups: some } = await player.call("GET", `/v2/user/${member.id}/group?state=${MEMBER}&limit=1`);
      assert.deepEqual(some.map(({ group }) => group.id), [group.id]);
    },
    refusal: [
      (player) => player.call("GET", `/v2/user/${player.id}/group?limit=101`),
      { ...invalid, text: "Invalid limit - limit must be between 1 and 100." },
    ],
  },
};
