//! The texts that clients see in errors and refusals: compatibility data, word for word, each with the code it comes
//! with and when it is sent. Numbers are gRPC codes on REST, realtime codes on sockets.
//!
//! What the domain itself refuses (accounts, channels, history) has its text at the variant of its error in
//! `meadhall-core`, which knows no wire: the table here is for what the edge refuses.

// The gateway: before any handler.

/// REST 5: no route has this path.
pub const NOT_FOUND: &str = "Not Found";
/// REST 12: the path has no such method.
pub const METHOD_NOT_ALLOWED: &str = "Method Not Allowed";
/// REST 5: a before-hook dropped the request.
pub const RESOURCE_NOT_FOUND: &str = "Requested resource was not found.";

// The socket's handshake: text/plain, with a line break at the end.

/// HTTP 400: `format` is neither `json` nor `protobuf`.
pub const INVALID_FORMAT: &str = "Invalid format parameter";
/// HTTP 401: no token, or one that is expired or not ours.
pub const INVALID_SOCKET_TOKEN: &str = "Missing or invalid token";

// Envelopes.

/// Socket 2, and the socket is closed: an envelope without a message.
pub const MISSING_MESSAGE: &str = "Missing message.";
/// Socket 1, and the socket is closed: a message that clients do not send.
pub const UNRECOGNIZED_MESSAGE: &str = "Unrecognized message.";

// Who asks.

/// REST 16: a route for the server key got no authorisation.
pub const SERVER_KEY_REQUIRED: &str = "Server key required";
/// REST 16: the server key is wrong, or the authorisation is not of the form that carries one.
pub const SERVER_KEY_INVALID: &str = "Server key invalid";
/// REST 16: a route for users got no authorisation.
pub const AUTH_TOKEN_REQUIRED: &str = "Auth token required";
/// REST 16: the session token is expired, logged out, or not ours.
pub const AUTH_TOKEN_INVALID: &str = "Auth token invalid";
/// REST 16: an RPC got neither token nor key.
pub const AUTH_TOKEN_OR_HTTP_KEY_REQUIRED: &str = "Auth token or HTTP key required";
/// REST 16: an RPC got a wrong key; a good token beside it does not help.
pub const HTTP_KEY_INVALID: &str = "HTTP key invalid";

// Sessions.

/// REST 3.
pub const REFRESH_TOKEN_REQUIRED: &str = "Refresh token is required.";
/// REST 16: expired, logged out, or no refresh token of ours.
pub const REFRESH_TOKEN_EXPIRED: &str = "Refresh token invalid or expired.";
/// REST 3: logging out with a token that is not the caller's.
pub const LOGOUT_SESSION_TOKEN_INVALID: &str = "Session token invalid.";
/// REST 3: logging out with a refresh token that is not the caller's.
pub const LOGOUT_REFRESH_TOKEN_INVALID: &str = "Refresh token invalid.";

// Accounts and users.

/// REST 5: the account behind a good token is gone.
pub const ACCOUNT_NOT_FOUND: &str = "Account not found.";

// RPC: the same texts over REST and sockets, with different codes.

/// REST 3, socket 3.
pub const RPC_ID_REQUIRED: &str = "RPC ID must be set";
/// REST 3: the body of an RPC is not one JSON text, and `unwrap` was not asked for.
pub const RPC_BODY_IS_NO_TEXT: &str = "json: cannot unmarshal object into Go value of type string";

// Channels, on sockets: all of them realtime code 3.

/// The target of a join is missing.
pub const CHANNEL_TARGET_INVALID: &str = "Invalid channel target";
/// The type of a join is none of the three.
pub const CHANNEL_TYPE_INVALID: &str = "Invalid channel type";
/// The target of a join of a direct channel is no uuid, or the nil one.
pub const CHANNEL_USER_INVALID: &str = "Invalid user ID in direct message join: Invalid channel target";
/// The target of a join of a group's channel is no uuid.
pub const CHANNEL_GROUP_INVALID: &str = "Invalid group ID in group channel join: Invalid channel target";
/// The channel id is none; [`crate::channel_id::InvalidChannelId`] says the same.
pub const CHANNEL_ID_INVALID: &str = "Invalid channel identifier";
/// The message id is no uuid. REST 3 as well, for read markers.
pub const MESSAGE_ID_INVALID: &str = "Invalid message identifier";

// Statuses, on sockets: realtime code 3.

/// An id of a user to follow, or to follow no more, is no uuid.
pub const STATUS_USER_INVALID: &str = "Invalid user identifier";
/// A name of a user to follow is empty.
pub const STATUS_USERNAME_INVALID: &str = "Invalid username";

// History.

/// REST 3.
pub const HISTORY_CHANNEL_INVALID: &str = "Invalid channel ID.";
/// REST 3: not between 1 and 100.
pub const HISTORY_LIMIT_INVALID: &str = "Invalid limit - limit must be between 1 and 100.";

// Friends.

/// REST 3: not between 1 and 1000.
pub const FRIEND_LIMIT_INVALID: &str = "Invalid limit - limit must be between 1 and 1000.";
/// REST 3: not one of the four.
pub const FRIEND_STATE_INVALID: &str = "Invalid state - state must be between 0 and 3.";
/// REST 3: not between 1 and 100.
pub const FRIENDS_OF_FRIENDS_LIMIT_INVALID: &str = "Invalid limit - limit must be between 1 and 100.";

// Groups: all of them REST code 3.

/// The id of a group, or of the user whose groups are asked for, is no uuid.
pub const GROUP_ID_INVALID: &str = "Group ID must be a valid ID.";
/// The id of a user of a group is no uuid.
pub const GROUP_USER_ID_INVALID: &str = "User ID must be a valid ID.";
/// Not between 1 and 100.
pub const GROUP_LIMIT_INVALID: &str = "Invalid limit - limit must be between 1 and 100.";
/// Not between 0 and 4.
pub const GROUP_STATE_INVALID: &str = "Invalid state - state must be between 0 and 4.";
/// A filter for less than no members. The text is our own.
pub const GROUP_MEMBERS_INVALID: &str = "Invalid members - members must be 0 or more.";

/// REST 3: an id in a request that is no uuid.
pub fn invalid_system_id(id: &str) -> String {
    format!("ID '{id}' is not a valid system ID.")
}

/// REST 12, socket 3: what Meadhall does not have yet. The text is our own.
pub fn not_supported(name: &str) -> String {
    format!("not supported yet: {name}")
}
