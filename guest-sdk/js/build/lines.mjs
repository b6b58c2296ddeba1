// Which line of a bundle comes from which line of the author's files: `src/lines.ts` reads it in the component.

import { SourceMap } from "node:module";
import { isAbsolute, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const SDK = fileURLToPath(new URL("../src", import.meta.url));

/** The table of a bundle, from its source map. Files are named by their path in the plugin's folder. */
export function lineTable(name, { code, map }, folder) {
  const files = [];
  const runs = [];
  const entries = new SourceMap(JSON.parse(map.toString()));
  let next = { file: -1, line: 0 };
  for (const [at, text] of code.split("\n").entries()) {
    // A line that the map is silent about, such as one with a bracket, goes with those above.
    const here = place(entries.findEntry(at, Math.max(text.search(/\S/), 0)), at, folder, files) ?? next;
    if (here.file !== next.file || here.line !== next.line) runs.push([at + 1, here.file, here.line]);
    next = here.file === -1 ? here : { file: here.file, line: here.line + 1 };
  }
  return { bundle: `${name}.js`, files, runs };
}

/** The place that an entry of the source map names, if it is about this line of the bundle. */
function place({ generatedLine, originalSource, originalLine }, at, folder, files) {
  if (generatedLine !== at || !originalSource) return undefined;
  // What the build itself wrote.
  if (originalSource.includes("\0")) return { file: -1, line: 0 };
  const path = named(originalSource, folder);
  if (!files.includes(path)) files.push(path);
  return { file: files.indexOf(path), line: originalLine + 1 };
}

/** A file as its author knows it. The bundler's paths begin in the folder that it would write to. */
function named(source, folder) {
  const path = isAbsolute(source) ? source : resolve(folder, "dist", source);
  const inSdk = relative(SDK, path);
  return inSdk.startsWith("..") ? relative(folder, path) : join("meadhall-guest", inSdk);
}

/** The same as the component does: a place in the bundle as `src/plugin.js:3`, undefined where there is none. */
export function sourceOf({ files, runs }, bundled) {
  const run = runs.findLast(([first]) => first <= bundled);
  const file = run && files[run[1]];
  return file && `${file}:${run[2] + bundled - run[0]}`;
}
