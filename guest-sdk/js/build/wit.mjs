// The contract as one plugin needs it: the interfaces that it imports, with the functions that it calls. What a component
// does not import cannot be asked for, and the server need not grant it.

import { readdir, readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

/** Where the contract lies: beside the SDK in the repository, and in a plugin's folder. */
const PLACES = ["../wit", "../../../wit"].map((place) => fileURLToPath(new URL(place, import.meta.url)));

/** The contract's files, by name, cut down to these functions by interface. */
export async function contract(folder = PLACES.find((place) => existsSync(place)), imports) {
  const files = {};
  for (const name of (await readdir(folder)).filter((name) => name.endsWith(".wit")).sort()) {
    const text = await readFile(join(folder, name), "utf8");
    files[name] = name === "world.wit" ? world(text, imports) : functions(text, imports[name.slice(0, -".wit".length)]);
  }
  return files;
}

/** The world without the imports that are not needed. */
function world(text, imports) {
  return text.replace(/^ *import %?([a-z-]+);\n/gm, (line, name) => (name in imports ? line : ""));
}

/** An interface without the functions that are not called. One that nothing is imported from stays whole: it may be an
 * export, or types. */
function functions(text, called) {
  if (called === undefined || called.includes("*")) return text;
  return text.replace(/^ *%?([a-z-]+): func\([^;]*;\n/gm, (line, name) => (called.includes(camel(name)) ? line : ""));
}

function camel(name) {
  return name.replace(/-(.)/g, (_match, letter) => letter.toUpperCase());
}
