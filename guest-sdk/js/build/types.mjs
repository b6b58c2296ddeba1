// What TypeScript has to say about a plugin.

import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { BuildError } from "./error.mjs";

/** Checks the types of a plugin that has a `tsconfig.json`. */
export async function checkTypes(folder) {
  if (!existsSync(join(folder, "tsconfig.json"))) return;
  const compiler = join(createRequire(import.meta.url).resolve("typescript/package.json"), "../bin/tsc");
  try {
    await promisify(execFile)(process.execPath, [compiler, "--noEmit", "--pretty", "false"], { cwd: folder });
  } catch (error) {
    throw new BuildError(error.stdout?.trim() || error.message);
  }
}
