// What TypeScript has to say about a plugin.

import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { BuildError } from "./error.mjs";

/** What there is in place of what browsers or Node.js have: for names that TypeScript does not find. */
const INSTEAD = [
  [/name 'fetch'/, "`http` of meadhall-guest asks other servers."],
  [/name '(process|Buffer|require|__dirname)'/, "A plugin has nothing of Node.js: `ctx.config` has settings, and `file` of meadhall-guest files."],
];

/** TypeScript's own advice, which would only hide that a plugin does not have it. */
const ADVICE = / Do you need to install type definitions for node\?.*$/;

/** Checks the types of a plugin that has a `tsconfig.json`. */
export async function checkTypes(folder) {
  if (!existsSync(join(folder, "tsconfig.json"))) return;
  const compiler = join(createRequire(import.meta.url).resolve("typescript/package.json"), "../bin/tsc");
  try {
    await promisify(execFile)(process.execPath, [compiler, "--noEmit", "--pretty", "false"], { cwd: folder });
  } catch (error) {
    throw new BuildError(hinted(error.stdout?.trim() || error.message));
  }
}

/** What TypeScript says, with what helps in place of its advice. */
function hinted(said) {
  const hint = (line) => INSTEAD.find(([name]) => /error TS\d+: Cannot find /.test(line) && name.test(line));
  const lines = said.split("\n");
  return lines.map((line) => (hint(line) ? `${line.replace(ADVICE, "")} ${hint(line)[1]}` : line)).join("\n");
}
