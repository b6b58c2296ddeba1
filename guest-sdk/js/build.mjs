// Builds plugins: `node build.mjs [--wit FOLDER] [--out FOLDER] PLUGIN…`. Prints the path of each component, a line each.
// `meadhall plugin build` runs it.

import { parseArgs } from "node:util";
import { BuildError } from "./build/error.mjs";
import { build } from "./build/plugin.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { wit: { type: "string" }, out: { type: "string" } },
});

try {
  for (const folder of positionals) console.log(await build(folder, values));
} catch (error) {
  // What the author can mend is one sentence; anything else is a fault of this program, and its stack helps.
  console.error(error instanceof BuildError ? error.message : error);
  process.exitCode = 1;
}
