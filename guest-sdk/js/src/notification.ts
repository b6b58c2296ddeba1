// Notifications: what a user is told, live on every socket and, where wanted, kept until they delete it.

import {
  delete as witDelete,
  list as witList,
  send as witSend,
} from "meadhall:plugin/notification@0.1.0";
import type { NotificationList } from "./messages/index.js";
import type { Page } from "./page.js";
import { host } from "./host.js";
import { PAGE } from "./page.js";

/** A notification to send. */
export interface NewNotification {
  /** To whom: a user's UUID. */
  userId: string;
  /** What it is about, in a few words: 1 to 255 characters. */
  subject: string;
  /** An object, at most 64 KiB as JSON. */
  content: object;
  /** What kind, for clients to tell by: above 0, since 0 and below are the server's own. */
  code: number;
  /** Who sends it, a user's UUID; the server itself when it is left out. */
  senderId?: string;
  /** Whether it is kept until the user deletes it. Otherwise only the sockets of the moment get it. */
  persistent?: boolean;
}

/** Sends notifications, at most 100, all or none. Those that are kept are on disk before this returns. */
export function send(notifications: NewNotification[]): void {
  host(
    witSend,
    notifications.map(({ userId, subject, content, code, senderId = "", persistent = false }) => {
      return { userId, subject, content: JSON.stringify(content), code, senderId, persistent };
    }),
  );
}

/** One page of the notifications that are kept for a user, oldest first. */
export function list(userId: string, page: Page = {}): NotificationList {
  return JSON.parse(host(witList, userId, page.limit ?? PAGE, page.cursor ?? ""));
}

/** Deletes notifications that are kept for a user, at most 100; unknown ones are ignored. */
function remove(userId: string, ids: string[]): void {
  host(witDelete, userId, ids);
}

export { remove as delete };
