// Files of the folders that the server's configuration grants, for reading. A path is the granted folder's name and then the
// way in it, as `words/en/bad.txt`; it cannot leave the folder.

import { list as witList, read as witRead } from "meadhall:plugin/file@0.1.0";
import { host } from "./host.js";

/** A file's whole content. Permission denied (7) when no such folder is granted, not found (5), resource exhausted (8) when
 * it is more than 1 MiB. */
export function read(path: string): Uint8Array {
  return host(witRead, path);
}

/** A file's whole content as UTF-8. */
export function readText(path: string): string {
  return new TextDecoder().decode(read(path));
}

/** The names in a folder, sorted; those of folders end in `/`. At most 1,000, more are an error (8). */
export function list(path: string): string[] {
  return host(witList, path);
}
