// From a bundle to a component.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { BuildError } from "./error.mjs";
import { sourceOf } from "./lines.mjs";
import { thrown, written } from "./top.mjs";

const { dependencies } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));

/** The versions that a component depends on. */
export const TOOLS = dependencies;

/** What of the engine's own a plugin has: its outgoing HTTP is the server's, with the server's grants. */
const WITHOUT = ["http", "fetch-event"];

const ENGINE = fileURLToPath(new URL("engine.mjs", import.meta.url));

/** Makes a component of a bundle and the contract's files. */
export async function component({ code, lines }, world, { name, entry }) {
  const folder = await mkdtemp(join(tmpdir(), "meadhall-"));
  try {
    await mkdir(join(folder, "wit"));
    for (const [file, text] of Object.entries(world)) await writeFile(join(folder, "wit", file), text);
    const sourcePath = join(folder, `${name}.js`);
    await writeFile(sourcePath, code);
    const options = { sourcePath, witPath: join(folder, "wit"), worldName: "plugin", disableFeatures: WITHOUT };
    const made = join(folder, "made.wasm");
    const { failed, output, problem } = await run([ENGINE, made, JSON.stringify(options)]);
    if (failed) throw new BuildError(sentence(thrown(output), problem, lines, entry));
    // What the top of a module wrote is for its author, and no path of a component.
    if (written(output) !== "") console.error(written(output));
    return await readFile(made);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function run(args) {
  return new Promise((done) => {
    execFile(process.execPath, args, (failed, output, problem) => done({ failed, output, problem: problem.trim() }));
  });
}

/** Why there is no component. */
function sentence(error, problem, lines, entry) {
  if (error === undefined) return `${entry} cannot be run: ${problem}`;
  const places = error.stack.map((frame) => placeOf(frame, lines)).filter((place) => place !== undefined);
  const own = places.find((place) => !place.startsWith("meadhall-guest/"));
  return `${own ?? entry} cannot be run: ${error.text}`;
}

/** Where in the author's files a line of a stack leads. */
function placeOf(frame, lines) {
  const [, bundle, at] = /@(.*):(\d+):\d+$/.exec(frame) ?? [];
  return bundle === lines.bundle ? sourceOf(lines, Number(at)) : undefined;
}
