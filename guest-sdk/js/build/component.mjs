// From a bundle to a component.

import { mkdtemp, readFile, rm, writeFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { BuildError } from "./error.mjs";

const { dependencies } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));

/** The versions that a component depends on. */
export const TOOLS = dependencies;

/** What of the engine's own a plugin has: its outgoing HTTP is the server's, with the server's grants. */
const WITHOUT = ["http", "fetch-event"];

/** Makes a component of a bundle and the contract's files. */
export async function component({ code, map }, world, { name, entry }) {
  const { componentize } = await import("@bytecodealliance/componentize-js");
  const folder = await mkdtemp(join(tmpdir(), "meadhall-"));
  try {
    await mkdir(join(folder, "wit"));
    for (const [file, text] of Object.entries(world)) await writeFile(join(folder, "wit", file), text);
    const sourcePath = join(folder, `${name}.js`);
    await writeFile(sourcePath, code);
    const options = { sourcePath, witPath: join(folder, "wit"), worldName: "plugin", disableFeatures: WITHOUT };
    const { component } = await componentize(options);
    return component;
  } catch (error) {
    throw new BuildError(`${entry} cannot be run: ${error.message}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}
