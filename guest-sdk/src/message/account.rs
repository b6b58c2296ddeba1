//! Messages about accounts, log-ins and users.

use super::{Timestamp, messages};
use std::collections::BTreeMap;

messages! {
    /// A device that logs in.
    AccountDevice {
        /// Its id, 10 to 128 bytes.
        id: String,
        /// Variables for the session.
        vars: BTreeMap<String, String>,
    }

    /// An email and password that log in.
    AccountEmail {
        /// The address.
        email: String,
        /// The password, as the user typed it.
        password: String,
        /// Variables for the session.
        vars: BTreeMap<String, String>,
    }

    /// An id of the studio's own that logs in.
    AccountCustom {
        /// The id.
        id: String,
        /// Variables for the session.
        vars: BTreeMap<String, String>,
    }

    /// Logging in by device.
    AuthenticateDeviceRequest {
        /// The device.
        account: Option<AccountDevice>,
        /// Whether to create the account when there is none; absent means yes.
        create: Option<bool>,
        /// The user name for a new account; empty for one that the server makes up.
        username: String,
    }

    /// Logging in by email.
    AuthenticateEmailRequest {
        /// The email and password.
        account: Option<AccountEmail>,
        /// Whether to create the account when there is none; absent means yes.
        create: Option<bool>,
        /// The user name for a new account; empty for one that the server makes up.
        username: String,
    }

    /// Logging in by custom id.
    AuthenticateCustomRequest {
        /// The id.
        account: Option<AccountCustom>,
        /// Whether to create the account when there is none; absent means yes.
        create: Option<bool>,
        /// The user name for a new account; empty for one that the server makes up.
        username: String,
    }

    /// Getting new tokens.
    SessionRefreshRequest {
        /// The refresh token.
        token: String,
        /// Variables that replace those of the session.
        vars: BTreeMap<String, String>,
    }

    /// Ending tokens: those given, or all of the user's when none is.
    SessionLogoutRequest {
        /// A session token.
        token: String,
        /// A refresh token.
        refresh_token: String,
    }

    /// The tokens of a log-in.
    Session {
        /// Whether the account is new.
        created: bool,
        /// The session token.
        token: String,
        /// The refresh token.
        refresh_token: String,
    }

    /// What a user owns and only they see.
    Account {
        /// The part that everybody sees.
        user: Option<User>,
        /// Their wallet, a JSON object.
        wallet: String,
        /// Their email address.
        email: String,
        /// Their devices.
        devices: Vec<AccountDevice>,
        /// Their custom id.
        custom_id: String,
        /// When the email address was verified.
        verify_time: Option<Timestamp>,
        /// When the account was disabled.
        disable_time: Option<Timestamp>,
    }

    /// Changing one's account: what is absent stays.
    UpdateAccountRequest {
        /// The user name.
        username: Option<String>,
        /// The name to show.
        display_name: Option<String>,
        /// Where the picture is.
        avatar_url: Option<String>,
        /// The language, such as `en`.
        lang_tag: Option<String>,
        /// Where the user is.
        location: Option<String>,
        /// The user's time zone.
        timezone: Option<String>,
    }

    /// Reading users.
    GetUsersRequest {
        /// By id.
        ids: Vec<String>,
        /// By user name.
        usernames: Vec<String>,
        /// By Facebook id.
        facebook_ids: Vec<String>,
    }

    /// What everybody may see of an account.
    User {
        /// A UUID.
        id: String,
        /// The user name.
        username: String,
        /// The name to show.
        display_name: String,
        /// Where the picture is.
        avatar_url: String,
        /// The language, such as `en`.
        lang_tag: String,
        /// Where the user is.
        location: String,
        /// The user's time zone.
        timezone: String,
        /// What the game keeps with the user, a JSON object.
        metadata: String,
        /// Whether they have a socket open.
        online: bool,
        /// How many friends they have.
        edge_count: i32,
        /// When the account was created.
        create_time: Option<Timestamp>,
        /// When the account was last changed.
        update_time: Option<Timestamp>,
    }

    /// Users.
    Users {
        /// Those that exist.
        users: Vec<User>,
    }

    /// An event that a client sends. Handlers get it as [`Event`](crate::Event).
    EventRequest {
        /// What happened.
        name: String,
        /// Its properties.
        properties: BTreeMap<String, String>,
        /// When.
        timestamp: Option<Timestamp>,
        /// True when a client sent it.
        external: bool,
    }
}
