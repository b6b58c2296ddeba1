// Messages about chat channels.

import type { Timestamp } from "./timestamp.js";

/** Joining a channel. */
export interface ChannelJoin {
  /** A room's name, a user's id or a group's id. */
  target?: string;
  /** 1 for a room, 2 for a direct channel, 3 for a group's. */
  type?: number;
  /** Whether one's messages are stored; absent means yes. */
  persistence?: boolean;
  /** Whether one is hidden from the others; absent means no. */
  hidden?: boolean;
}

/** Leaving a channel. */
export interface ChannelLeave {
  /** Which. */
  channel_id?: string;
}

/** Sending a message. */
export interface ChannelMessageSend {
  /** Where to. */
  channel_id?: string;
  /** A JSON object, as text. */
  content?: string;
}

/** Changing a message. */
export interface ChannelMessageUpdate {
  /** Where it is. */
  channel_id?: string;
  /** Which. */
  message_id?: string;
  /** A JSON object, as text. */
  content?: string;
}

/** Removing a message. */
export interface ChannelMessageRemove {
  /** Where it is. */
  channel_id?: string;
  /** Which. */
  message_id?: string;
}

/** A channel that one has joined. */
export interface Channel {
  /** Its id. */
  id?: string;
  /** Who else is there. */
  presences?: UserPresence[];
  /** Oneself. */
  self?: UserPresence;
  /** The room's name, in a room. */
  room_name?: string;
  /** The group's id, in a group's channel. */
  group_id?: string;
  /** The first user's id, in a direct channel. */
  user_id_one?: string;
  /** The second user's id, in a direct channel. */
  user_id_two?: string;
}

/** That a message was sent, changed or removed. */
export interface ChannelMessageAck {
  /** Where. */
  channel_id?: string;
  /** Which. */
  message_id?: string;
  /** 0 for a message, 1 for a change, 2 for a removal. */
  code?: number;
  /** The sender's name. */
  username?: string;
  /** When it was sent. */
  create_time?: Timestamp;
  /** When it was last changed. */
  update_time?: Timestamp;
  /** Whether it is stored. */
  persistent?: boolean;
  /** The room's name, in a room. */
  room_name?: string;
  /** The group's id, in a group's channel. */
  group_id?: string;
  /** The first user's id, in a direct channel. */
  user_id_one?: string;
  /** The second user's id, in a direct channel. */
  user_id_two?: string;
}

/** A message in a channel. */
export interface ChannelMessage {
  /** Where. */
  channel_id?: string;
  /** Which. */
  message_id?: string;
  /** 0 for a message, 1 for a change, 2 for a removal; above, what the server says. */
  code?: number;
  /** Who sent it, a UUID. */
  sender_id?: string;
  /** The sender's name. */
  username?: string;
  /** A JSON object, as text. */
  content?: string;
  /** When it was sent. */
  create_time?: Timestamp;
  /** When it was last changed. */
  update_time?: Timestamp;
  /** Whether it is stored. */
  persistent?: boolean;
  /** The room's name, in a room. */
  room_name?: string;
  /** The group's id, in a group's channel. */
  group_id?: string;
  /** The first user's id, in a direct channel. */
  user_id_one?: string;
  /** The second user's id, in a direct channel. */
  user_id_two?: string;
}

/** Reading a channel's history. */
export interface ListChannelMessagesRequest {
  /** Which. */
  channel_id?: string;
  /** How many, 1 to 100; absent means 1. */
  limit?: number;
  /** Whether the oldest come first; absent means yes. */
  forward?: boolean;
  /** Where to go on, from an earlier page. */
  cursor?: string;
  /** Where to begin instead; not beside a cursor. */
  from_time?: Timestamp;
}

/** One page of a channel's history. */
export interface ChannelMessageList {
  /** The messages. */
  messages?: ChannelMessage[];
  /** Where the next page begins; empty when this is the last. */
  next_cursor?: string;
  /** Where the page before this one begins; empty when there is none. */
  prev_cursor?: string;
  /** Where messages newer than these will be. */
  cacheable_cursor?: string;
}

/** How far a user has read a channel. */
export interface ReadMarker {
  /** Which channel. */
  channel_id?: string;
  /** The last message that was read; empty while none was. */
  message_id?: string;
  /** When that was said. */
  update_time?: Timestamp;
  /** How many messages of others follow it; 1000 stands for 1000 and more. */
  unread_count?: number;
}

/** One page of a user's read markers. */
export interface ReadMarkerList {
  /** The markers. */
  markers?: ReadMarker[];
  /** Where the next page begins; empty when this is the last. */
  cursor?: string;
}

/** Asking how far one has read a channel. */
export interface GetReadMarkerRequest {
  /** Which. */
  channel_id?: string;
}

/** Saying how far one has read a channel; a marker never goes back. */
export interface UpdateReadMarkerRequest {
  /** Which. */
  channel_id?: string;
  /** Up to which message; the last one when empty. */
  message_id?: string;
}

/** Reading one's markers. */
export interface ListReadMarkersRequest {
  /** How many, 1 to 100; absent means 100. */
  limit?: number;
  /** Where to go on, from an earlier page. */
  cursor?: string;
}

/** Someone in a channel. */
export interface UserPresence {
  /** A UUID. */
  user_id?: string;
  /** A UUID. */
  session_id?: string;
  /** Their name. */
  username?: string;
  /** Whether their messages are stored. */
  persistence?: boolean;
  /** Their status; absent where there is none. */
  status?: string;
}
