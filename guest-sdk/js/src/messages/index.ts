// The messages of the public API, as hooks get them and some functions return them: plain objects with the API's own
// names. A field is left out when it is empty or zero, so every field is optional.

export type * from "./account.js";
export type * from "./channel.js";
export type * from "./friend.js";
export type * from "./group.js";
export type * from "./notification.js";
export type * from "./status.js";
export type * from "./timestamp.js";
