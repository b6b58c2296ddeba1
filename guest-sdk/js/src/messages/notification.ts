// Messages about notifications.

import type { Timestamp } from "./timestamp.js";

/** What a user is told. */
export interface Notification {
  /** A UUID. */
  id?: string;
  /** What it is about. */
  subject?: string;
  /** A JSON object, as text. */
  content?: string;
  /** Above 0 for the game's own; 0 and below are the server's. */
  code?: number;
  /** Who sent it, a UUID; empty or nil for the server itself. */
  sender_id?: string;
  /** When. */
  create_time?: Timestamp;
  /** Whether it is kept until the user deletes it. */
  persistent?: boolean;
}

/** One page of the notifications that are kept for a user. */
export interface NotificationList {
  /** The notifications, oldest first. */
  notifications?: Notification[];
  /** Where newer ones will be. */
  cacheable_cursor?: string;
}

/** Reading one's notifications. */
export interface ListNotificationsRequest {
  /** How many, 1 to 100; absent means 1. */
  limit?: number;
  /** Where to go on, from an earlier page. */
  cacheable_cursor?: string;
}

/** Deleting notifications of one's own. */
export interface DeleteNotificationsRequest {
  /** Which. */
  ids?: string[];
}
