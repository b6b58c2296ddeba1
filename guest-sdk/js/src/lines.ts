// Where a place in the bundle is in the plugin's files. The build writes the table.

/** Of which lines the bundle is made. */
export interface Lines {
  /** The bundle's name in a stack. */
  bundle: string;
  /** The files, by their path in the plugin's folder. */
  files: string[];
  /** Runs of lines, by their first line in the bundle: that line, the file's place in `files` (-1 for none), its line there. */
  runs: [bundled: number, file: number, line: number][];
}

let lines: Lines = { bundle: "", files: [], runs: [] };

/** Takes the table of the bundle that runs. */
export function setLines(table: Lines): void {
  lines = table;
}

/** A line of a stack with the file and the line that its author knows; as it is where there are none. */
export function inSource(frame: string): string {
  const [, before, bundle, at] = /^(.*@)(.*):(\d+):\d+$/.exec(frame) ?? [];
  if (bundle !== lines.bundle) return frame;
  const bundled = Number(at);
  const run = lines.runs.findLast(([first]) => first <= bundled);
  const file = run && lines.files[run[1]];
  return file === undefined ? frame : `${before}${file}:${run![2] + bundled - run![0]}`;
}
