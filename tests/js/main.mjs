// Every operation of the client SDKs × both socket formats × a success and a refusal, against a running server:
//
//     node main.mjs http://127.0.0.1:7350 [PART OF A CELL'S NAME]
//
// The server runs with `--dev` and the plugin `probe`. The last line is `N passed, N failed`.

import assert from "node:assert/strict";
import { Client, DefaultSocket } from "@heroiclabs/nakama-js";
import { FORMATS, Player } from "./client.mjs";
import * as operations from "./operations.mjs";
import * as unsupported from "./unsupported.mjs";

const NOT_IMPLEMENTED = 12;
const BAD_INPUT = 3;

const address = new URL(process.argv[2]);
const server = { host: address.hostname, port: address.port };
const part = process.argv[3] ?? "";
const counts = { passed: 0, failed: 0 };

/** Runs one cell of the table. */
async function cell(name, run) {
  if (!name.includes(part)) {
    return;
  }
  try {
    await run();
    counts.passed += 1;
  } catch (error) {
    counts.failed += 1;
    console.log(`FAILED ${name}: ${error?.stack ?? JSON.stringify(error)}`);
  }
}

/** Runs one cell with a player of its own. */
function played(name, format, run) {
  return cell(`${name}, ${format}`, async () => {
    const player = await Player.enter(server, format);
    try {
      await run(player);
    } finally {
      player.leave();
    }
  });
}

/** What the server said when it refused: the body of a REST answer, or the error of a socket. */
async function refusal(call) {
  let result;
  try {
    result = await call();
  } catch (error) {
    return typeof error?.json === "function" ? await error.json() : error;
  }
  throw new Error(`was not refused, but answered ${JSON.stringify(result)}`);
}

async function refused(call, expected) {
  const { code = 0, message } = await refusal(call);
  assert.equal(code, expected.code, `refused with code ${code}: ${message}`);
  assert.ok(message?.length > 0, "refused without a text");
  if (expected.text !== undefined) {
    assert.ok(message.includes(expected.text), `refused with ${JSON.stringify(message)}, not ${JSON.stringify(expected.text)}`);
  }
}

/** Each method of a class must stand in one of the tables: alone, or before what else its name says. */
function checkComplete(kind, prototype, ...tables) {
  const methods = Object.getOwnPropertyNames(prototype)
    .filter((name) => typeof Object.getOwnPropertyDescriptor(prototype, name).value === "function")
    .filter((name) => !unsupported.silent.has(name) && !name.startsWith("on"));
  const known = new Set(tables.flatMap((table) => Object.keys(table)).map((name) => name.split(" ")[0]));
  return cell(`every ${kind} operation is in the table`, () => assert.deepEqual(methods.toSorted(), [...known].toSorted()));
}

async function main() {
  await checkComplete("REST", Client.prototype, operations.rest, unsupported.rest, unsupported.logins);
  await checkComplete("realtime", DefaultSocket.prototype, operations.realtime, unsupported.realtime);
  for (const format of FORMATS) {
    for (const [kind, table] of [["REST", operations.rest], ["realtime", operations.realtime]]) {
      for (const [name, operation] of Object.entries(table)) {
        // A cell that is not there fails here, for it cannot be called.
        await played(`${kind} ${name} succeeds`, format, (player) => operation.success(player));
        await played(`${kind} ${name} is refused`, format, (player) => {
          const [call, expected] = operation.refusal;
          return refused(() => call(player), expected);
        });
      }
    }
    const notYet = { code: NOT_IMPLEMENTED, text: "not supported yet: " };
    for (const [name, args] of Object.entries(unsupported.rest)) {
      await played(`REST ${name} is not supported yet`, format, (player) =>
        refused(() => player.client[name](player.session, ...args), notYet),
      );
    }
    for (const [name, args] of Object.entries(unsupported.logins)) {
      await played(`REST ${name} is not supported yet`, format, (player) => refused(() => player.client[name](...args), notYet));
    }
    for (const [name, args] of Object.entries(unsupported.realtime)) {
      await played(`realtime ${name} is not supported yet`, format, (player) =>
        refused(() => player.socket[name](...args), { ...notYet, code: BAD_INPUT }),
      );
    }
  }
}

await main();
// On a line of its own, whatever the test runner around it has printed.
console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
// The SDK leaves timers behind that would keep the process for half a minute.
process.exit(counts.failed === 0 ? 0 : 1);
