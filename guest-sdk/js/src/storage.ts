// JSON objects by collection, key and owner. All writes of one call happen together or not at all.

import type { Condition, Object as Found, ObjectId as Id } from "meadhall:plugin/storage@0.1.0";
import type { ReadPermission, WritePermission } from "meadhall:plugin/storage@0.1.0";
import {
  delete as witDelete,
  list as witList,
  read as witRead,
  write as witWrite,
} from "meadhall:plugin/storage@0.1.0";
import type { Page } from "./page.js";
import { host } from "./host.js";
import { PAGE } from "./page.js";

export type { ReadPermission, WritePermission };

/** Which object. */
export interface ObjectId {
  /** 1 to 128 bytes. */
  collection: string;
  /** 1 to 128 bytes. */
  key: string;
  /** The owner's UUID; the game's own objects have none. */
  userId?: string;
}

/** Who may read and write an object through the client API. */
export interface Permissions {
  /** `owner` when it is left out. */
  read?: ReadPermission;
  /** `owner` when it is left out. */
  write?: WritePermission;
}

/** What must be true for a write to happen: the object does not exist, or has this version. */
export type OnlyIf = "absent" | { version: string };

/** A stored object. */
export interface StoredObject<T = any> extends ObjectId, Required<Permissions> {
  /** What it holds. */
  value: T;
  /** Changes with the value. */
  version: string;
  /** When it was first written. */
  createTime: Date;
  /** When it was last written. */
  updateTime: Date;
}

/** One object to write. */
export interface Put extends ObjectId, Permissions {
  /** An object, at most 256 KiB as JSON. */
  value: object;
  /** What must be true for it to happen; nothing when it is left out. */
  onlyIf?: OnlyIf;
}

/** One object to delete. */
export interface Removal extends ObjectId {
  /** What must be true for it to happen; nothing when it is left out. */
  onlyIf?: OnlyIf;
}

/** One page of a collection. */
export interface ObjectPage<T = any> {
  /** The objects, by key. */
  objects: StoredObject<T>[];
  /** Where the next page begins; undefined when this is the last. */
  cursor: string | undefined;
}

/** Reads one object; undefined when it does not exist. */
export function get<T = any>(id: ObjectId): StoredObject<T> | undefined {
  return read<T>([id])[0];
}

/** Writes one object, whatever is there, and returns its version. */
export function put(id: ObjectId, value: object): string {
  return write([{ ...id, value }])[0] as string;
}

/** Reads objects, at most 100; those that do not exist are left out. */
export function read<T = any>(ids: ObjectId[]): StoredObject<T>[] {
  return host(witRead, ids.map(plain)).map(stored<T>);
}

/** Writes objects, at most 100, all or none, and returns their versions in order. Failed precondition (9) when a condition
 * does not hold, invalid argument (3) for what is no JSON object, or too large: nothing is written then. */
export function write(objects: Put[]): string[] {
  return host(
    witWrite,
    objects.map((put) => {
      const { value, onlyIf, read = "owner", write = "owner" } = put;
      return { id: plain(put), value: JSON.stringify(value), condition: condition(onlyIf), read, write };
    }),
  );
}

/** Deletes objects, at most 100, all or none; those that do not exist are ignored unless a condition names a version. Failed
 * precondition (9) when a condition does not hold: nothing is deleted then. */
function remove(objects: Removal[]): void {
  host(
    witDelete,
    objects.map((removal) => ({ id: plain(removal), condition: condition(removal.onlyIf) })),
  );
}

/** The objects of one owner (of the game, when there is no `userId`) in a collection, by key. */
export function list<T = any>(collection: string, page: Page & { userId?: string } = {}): ObjectPage<T> {
  const { objects, cursor } = host(witList, collection, page.userId, page.limit ?? PAGE, page.cursor);
  return { objects: objects.map(stored<T>), cursor };
}

export { remove as delete };

function plain({ collection, key, userId }: ObjectId): Id {
  return { collection, key, userId };
}

function condition(onlyIf: OnlyIf | undefined): Condition {
  if (onlyIf === undefined) return { tag: "always" };
  return onlyIf === "absent" ? { tag: "absent" } : { tag: "version", val: onlyIf.version };
}

function stored<T>({ id, value, version, read, write, createTimeMs, updateTimeMs }: Found): StoredObject<T> {
  const { collection, key, userId } = id;
  const times = { createTime: new Date(Number(createTimeMs)), updateTime: new Date(Number(updateTimeMs)) };
  const owner = userId === undefined ? {} : { userId };
  return { collection, key, ...owner, value: JSON.parse(value) as T, version, read, write, ...times };
}
