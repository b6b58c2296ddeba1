//! Messages about chat channels.

use super::{Timestamp, messages};

messages! {
    /// Joining a channel.
    ChannelJoin {
        /// A room's name, a user's id or a group's id.
        target: String,
        /// 1 for a room, 2 for a direct channel, 3 for a group's.
        r#type: i32,
        /// Whether one's messages are stored; absent means yes.
        persistence: Option<bool>,
        /// Whether one is hidden from the others; absent means no.
        hidden: Option<bool>,
    }

    /// Leaving a channel.
    ChannelLeave {
        /// Which.
        channel_id: String,
    }

    /// Sending a message.
    ChannelMessageSend {
        /// Where to.
        channel_id: String,
        /// A JSON object, as text.
        content: String,
    }

    /// Changing a message.
    ChannelMessageUpdate {
        /// Where it is.
        channel_id: String,
        /// Which.
        message_id: String,
        /// A JSON object, as text.
        content: String,
    }

    /// Removing a message.
    ChannelMessageRemove {
        /// Where it is.
        channel_id: String,
        /// Which.
        message_id: String,
    }

    /// A channel that one has joined.
    Channel {
        /// Its id.
        id: String,
        /// Who else is there.
        presences: Vec<UserPresence>,
        /// Oneself.
        #[serde(rename = "self")]
        self_presence: Option<UserPresence>,
        /// The room's name, in a room.
        room_name: String,
        /// The group's id, in a group's channel.
        group_id: String,
        /// The first user's id, in a direct channel.
        user_id_one: String,
        /// The second user's id, in a direct channel.
        user_id_two: String,
    }

    /// That a message was sent, changed or removed.
    ChannelMessageAck {
        /// Where.
        channel_id: String,
        /// Which.
        message_id: String,
        /// 0 for a message, 1 for a change, 2 for a removal.
        code: Option<i32>,
        /// The sender's name.
        username: String,
        /// When it was sent.
        create_time: Option<Timestamp>,
        /// When it was last changed.
        update_time: Option<Timestamp>,
        /// Whether it is stored.
        persistent: Option<bool>,
        /// The room's name, in a room.
        room_name: String,
        /// The group's id, in a group's channel.
        group_id: String,
        /// The first user's id, in a direct channel.
        user_id_one: String,
        /// The second user's id, in a direct channel.
        user_id_two: String,
    }

    /// A message in a channel.
    ChannelMessage {
        /// Where.
        channel_id: String,
        /// Which.
        message_id: String,
        /// 0 for a message, 1 for a change, 2 for a removal; above, what the server says.
        code: Option<i32>,
        /// Who sent it, a UUID.
        sender_id: String,
        /// The sender's name.
        username: String,
        /// A JSON object, as text.
        content: String,
        /// When it was sent.
        create_time: Option<Timestamp>,
        /// When it was last changed.
        update_time: Option<Timestamp>,
        /// Whether it is stored.
        persistent: Option<bool>,
        /// The room's name, in a room.
        room_name: String,
        /// The group's id, in a group's channel.
        group_id: String,
        /// The first user's id, in a direct channel.
        user_id_one: String,
        /// The second user's id, in a direct channel.
        user_id_two: String,
    }

    /// Reading a channel's history.
    ListChannelMessagesRequest {
        /// Which.
        channel_id: String,
        /// How many, 1 to 100; absent means 1.
        limit: Option<i32>,
        /// Whether the oldest come first; absent means yes.
        forward: Option<bool>,
        /// Where to go on, from an earlier page.
        cursor: String,
        /// Where to begin instead; not beside a cursor.
        from_time: Option<Timestamp>,
    }

    /// One page of a channel's history.
    ChannelMessageList {
        /// The messages.
        messages: Vec<ChannelMessage>,
        /// Where the next page begins; empty when this is the last.
        next_cursor: String,
        /// Where the page before this one begins; empty when there is none.
        prev_cursor: String,
        /// Where messages newer than these will be.
        cacheable_cursor: String,
    }

    /// How far a user has read a channel.
    ReadMarker {
        /// Which channel.
        channel_id: String,
        /// The last message that was read; empty while none was.
        message_id: String,
        /// When that was said.
        update_time: Option<Timestamp>,
        /// How many messages of others follow it; 1000 stands for 1000 and more.
        unread_count: Option<i32>,
    }

    /// One page of a user's read markers.
    ReadMarkerList {
        /// The markers.
        markers: Vec<ReadMarker>,
        /// Where the next page begins; empty when this is the last.
        cursor: String,
    }

    /// Asking how far one has read a channel.
    GetReadMarkerRequest {
        /// Which.
        channel_id: String,
    }

    /// Saying how far one has read a channel; a marker never goes back.
    UpdateReadMarkerRequest {
        /// Which.
        channel_id: String,
        /// Up to which message; the last one when empty.
        message_id: String,
    }

    /// Reading one's markers.
    ListReadMarkersRequest {
        /// How many, 1 to 100; absent means 100.
        limit: Option<i32>,
        /// Where to go on, from an earlier page.
        cursor: String,
    }

    /// Someone in a channel.
    UserPresence {
        /// A UUID.
        user_id: String,
        /// A UUID.
        session_id: String,
        /// Their name.
        username: String,
        /// Whether their messages are stored.
        persistence: bool,
        /// Their status; absent where there is none.
        status: Option<String>,
    }
}
