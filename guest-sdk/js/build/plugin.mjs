// One plugin, from its folder to its component.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { bundle } from "./bundle.mjs";
import { component, TOOLS } from "./component.mjs";
import { BuildError } from "./error.mjs";
import { checkTypes } from "./types.mjs";
import { contract } from "./wit.mjs";

/** The files that a plugin's code begins in, where its `package.json` names none. */
const ENTRIES = ["src/plugin.ts", "src/plugin.js", "src/plugin.mjs"];

/** Builds the plugin in a folder, and returns the path of its component. Nothing is done when it is there already. */
export async function build(folder, { wit, out }) {
  const plugin = await manifest(folder);
  const bundled = await bundle(folder, plugin);
  const world = await contract(wit, bundled.imports);
  const file = join(resolve(out ?? join(folder, "dist")), `${plugin.name}.wasm`);
  const stamp = `${file}.inputs`;
  const inputs = createHash("sha256").update(JSON.stringify([bundled.code, world, TOOLS])).digest("hex");
  await checkTypes(folder);
  if (existsSync(file) && (await written(stamp)) === inputs) return file;
  await mkdir(join(file, ".."), { recursive: true });
  await rm(stamp, { force: true });
  // Put in place at once: a server that watches the file never sees half of it.
  await writeFile(`${file}.new`, await component(bundled, world, plugin));
  await rename(`${file}.new`, file);
  // What the component is made of, for whoever wants to see it.
  await writeFile(file.replace(/\.wasm$/, ".js"), bundled.code);
  await writeFile(stamp, inputs);
  return file;
}

/** A plugin's name, version and first file. */
async function manifest(folder) {
  const path = join(folder, "package.json");
  const text = await readFile(path, "utf8").catch((error) => {
    throw new BuildError(`cannot read ${path}: ${error.message}`);
  });
  let fields;
  try {
    fields = JSON.parse(text);
  } catch (error) {
    throw new BuildError(`${path} is not JSON: ${error.message}`);
  }
  const { name = basename(resolve(folder)), version = "0.0.0", main } = fields;
  const entry = main ?? ENTRIES.find((file) => existsSync(join(folder, file)));
  if (entry === undefined || !existsSync(join(folder, entry))) {
    throw new BuildError(`${path}: there is no ${entry ?? ENTRIES.join(" or ")}; "main" names the plugin's first file`);
  }
  return { name: name.replace(/^@[^/]*\//, ""), version, entry };
}

async function written(stamp) {
  return readFile(stamp, "utf8").catch(() => undefined);
}
