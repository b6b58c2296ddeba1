// What the top of a plugin's modules throws. It runs while the component is made, and the engine would tell of it in its own
// words, or not at all.

/** What a line of the engine's output has before the error. */
const MARK = "meadhall-thrown:";

/** The bundle with its lines as they were, and with everything but imports and exports in a `try`. */
export async function guarded(code, lines) {
  const { parseSync } = await import("rolldown/experimental");
  const { module } = parseSync("bundle.js", code);
  const imported = Math.max(0, ...module.staticImports.map(({ end }) => end));
  // The bundler writes the exports of the entry, and writes them last.
  const exported = module.staticExports.at(-1);
  const names = exported.entries.map(({ localName, exportName }) => [localName.name, exportName.name]);
  const made = names.map(([local, name]) => `${name}: ${local}`).join(", ");
  const thrown = `console.log(${JSON.stringify(MARK)} + JSON.stringify([String(error), String(error?.stack ?? "")]))`;
  return [
    code.slice(0, imported),
    ` const $lines = ${JSON.stringify(lines)}; let $made; try {`,
    code.slice(imported, exported.start),
    `$made = { ${made} }; } catch (error) { ${thrown}; throw error; }\n`,
    `export const { ${names.map(([, name]) => name).join(", ")} } = $made;\n`,
  ].join("");
}

/** What was thrown, if the engine's output tells it: a text, and the lines of a stack. */
export function thrown(output) {
  const line = output.split("\n").find((line) => line.includes(MARK));
  if (line === undefined) return undefined;
  const [text, stack] = JSON.parse(line.slice(line.indexOf(MARK) + MARK.length));
  return { text, stack: stack.split("\n").filter((frame) => frame !== "") };
}

/** The output without the line that is for `thrown`: what the plugin's own code wrote. */
export function written(output) {
  return output.split("\n").filter((line) => !line.includes(MARK)).join("\n").trim();
}
