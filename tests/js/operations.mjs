// What is supported: each operation of the SDK with a success and a refusal. A refusal is what to call, and the code and
// a part of the text that the server must answer. An operation that means more than one thing has more than one row: its
// name, a space, and what is meant.

import * as account from "./operations/account.mjs";
import * as direct from "./operations/direct.mjs";
import * as friends from "./operations/friends.mjs";
import * as groupChat from "./operations/group_chat.mjs";
import * as groups from "./operations/groups.mjs";
import * as notifications from "./operations/notifications.mjs";
import * as plugin from "./operations/plugin.mjs";
import * as rooms from "./operations/rooms.mjs";
import * as status from "./operations/status.mjs";

const features = [account, plugin, rooms, direct, friends, groups, groupChat, notifications, status];

/** The rows of all features, none twice. */
function collect(tables) {
  const rows = tables.flatMap((table) => Object.entries(table ?? {}));
  const names = rows.map(([name]) => name);
  const twice = names.filter((name, place) => names.indexOf(name) !== place);
  if (twice.length > 0) {
    throw new Error(`operations that stand in two places: ${twice}`);
  }
  return Object.fromEntries(rows);
}

export const rest = collect(features.map((feature) => feature.rest));
export const realtime = collect(features.map((feature) => feature.realtime));
