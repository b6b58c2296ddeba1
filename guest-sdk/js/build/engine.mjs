// Makes a component: `node engine.mjs COMPONENT OPTIONS`. A process of its own, because the plugin's code runs here and what
// it writes would stand among what the build prints.

import { writeFile } from "node:fs/promises";

const [file, options] = process.argv.slice(2);
try {
  const { componentize } = await import("@bytecodealliance/componentize-js");
  const { component } = await componentize(JSON.parse(options));
  await writeFile(file, component);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
