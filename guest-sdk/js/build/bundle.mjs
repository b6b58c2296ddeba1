// The plugin's code with the SDK and its packages in one module, and the functions of the server that it calls.

import { readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";
import { join, relative, resolve } from "node:path";
import { BuildError } from "./error.mjs";
import { lineTable } from "./lines.mjs";
import { guarded } from "./top.mjs";

const SDK = fileURLToPath(new URL("../src", import.meta.url));
const CONTRACT = "meadhall:plugin/";

/** The module that the component is made of. Its name is what a stack shows where the SDK's own exports are. */
const ENTRY = "\0meadhall-entry";

/** What runs before the plugin. */
const FIRST = join(SDK, "engine.ts");

/** Bundles a plugin. `imports` has the functions of the server that are left in it: names by interface; `lines` says where
 * its lines come from. */
export async function bundle(folder, { name, entry, version }) {
  const { rolldown } = await import("rolldown");
  const importers = new Map();
  const source = join(resolve(folder), entry);
  try {
    const built = await rolldown({
      input: ENTRY,
      cwd: resolve(folder),
      platform: "neutral",
      external: (id) => id.startsWith(CONTRACT),
      plugins: [entryModule(source, version), whoImports(importers)],
      resolve: {
        alias: { "meadhall-guest": join(SDK, "index.ts") },
        mainFields: ["module", "main"],
        conditionNames: ["import", "default"],
        extensionAlias: { ".js": [".js", ".ts"] },
      },
      treeshake: { moduleSideEffects: (id) => id === FIRST || (!id.startsWith(CONTRACT) && !id.startsWith(SDK)) },
      logLevel: "silent",
      onLog: (_level, log) => refuse(log, folder),
    });
    const { output } = await built.generate({ format: "esm", sourcemap: true });
    await built.close();
    const [chunk] = output;
    const imports = await importedFunctions(chunk.code, importers, folder);
    const lines = lineTable(name, chunk, resolve(folder));
    return { code: await guarded(chunk.code, lines), lines, imports };
  } catch (error) {
    if (error instanceof BuildError) throw error;
    throw told(error, folder, entry);
  }
}

/** A module that exports what the server calls. */
function entryModule(source, version) {
  return {
    name: "meadhall-entry",
    resolveId: (id) => (id === ENTRY ? ENTRY : null),
    load: (id) =>
      id === ENTRY
        ? `import ${JSON.stringify(FIRST)};
           import plugin from ${JSON.stringify(source)};
           import { component } from ${JSON.stringify(join(SDK, "component.ts"))};
           export const { lifecycle, rpc, hooks, events, schedule, capabilities } =
             component(plugin, ${JSON.stringify(version)}, $lines);`
        : null,
  };
}

/** Writes down which file imports a module of Node.js. There may be a package of that name, so that it is no error yet. */
function whoImports(importers) {
  return {
    name: "meadhall-importers",
    resolveId(id, importer) {
      if (isBuiltin(id)) importers.set(id, importer);
      return null;
    },
  };
}

/** An import that leads nowhere is a warning of the bundler's, and would be a component that does not start. */
function refuse(log, folder) {
  if (log.code === "UNRESOLVED_IMPORT") throw Object.assign(new Error(log.message), log, { folder });
}

/** Which functions of which interface a bundle imports, by the parser that componentize-js has too. */
async function importedFunctions(code, importers, folder) {
  const { parseSync } = await import("rolldown/experimental");
  const imports = {};
  const { module } = parseSync("bundle.js", code);
  for (const { moduleRequest, entries } of module.staticImports) {
    const importer = importers.get(moduleRequest.value);
    if (importer !== undefined) throw await noSuchModule(moduleRequest.value, importer, folder);
    if (!moduleRequest.value.startsWith(CONTRACT)) continue;
    const [name] = moduleRequest.value.slice(CONTRACT.length).split("@");
    const functions = entries.map((entry) => entry.importName.name ?? "*");
    imports[name] = [...new Set([...(imports[name] ?? []), ...functions])].sort();
  }
  return imports;
}

async function noSuchModule(id, importer, folder) {
  const text = await readFile(importer, "utf8");
  const line = text.split("\n").findIndex((line) => line.includes(`"${id}"`) || line.includes(`'${id}'`)) + 1;
  return new BuildError(`${relative(resolve(folder), importer)}:${line} imports ${id}: a plugin has no modules of Node.js`);
}

/** The bundler's error as file, line and sentence. */
function told(error, folder, entry) {
  const faults = error.errors ?? [error];
  return new BuildError(faults.map((fault) => sentence(fault, folder, entry)).join("\n"));
}

function sentence(fault, folder, entry) {
  if (fault.code === "MISSING_EXPORT" && fault.message.includes('"default"')) {
    return `${entry} has no default export: it must say \`export default plugin({ … })\``;
  }
  return fault.message?.trim() ?? String(fault);
}
