//! Core types as wire messages: the one place where what core says becomes what clients read.
//!
//! Which fields are there and which are left out follows what Nakama sends, as its recorded answers show. The rules
//! that are not plain from the code stand at their functions.

mod friend;
mod group;

pub use friend::{friend, friend_list, friends_of_friends_list};
pub use group::{group, group_list, group_user_list, user_group_list};

use meadhall_core::account::{Account, User};
use meadhall_core::chat::{ReadMarker, ReadMarkerPage};
use meadhall_core::clock::Timestamp;
use meadhall_core::history::{ChannelMessage, Page};
use meadhall_core::notification::{Notification, NotificationPage};
use meadhall_core::presence::Presence;
use meadhall_core::stream::{Stream, mode};
use meadhall_protocol::channel_id::{ChannelId, InvalidChannelId};
use meadhall_protocol::{api, realtime, timestamp};
use uuid::Uuid;

/// A moment, to the nanosecond.
pub fn timestamp(time: Timestamp) -> timestamp::Timestamp {
    let nanos = time.nanos().rem_euclid(1_000_000_000);
    timestamp::Timestamp {
        seconds: time.seconds(),
        nanos: i32::try_from(nanos).expect("a remainder of 1,000,000,000 fits 32 bits"),
    }
}

/// A moment, rounded down to a second: accounts, users and notifications carry no fractions.
fn whole_seconds(time: Timestamp) -> Option<timestamp::Timestamp> {
    Some(timestamp(time.whole_second()))
}

/// A user, as everybody sees them. Pages have up to a thousand, so nothing is copied.
pub fn user(user: User) -> api::User {
    api::User {
        id: user.id.to_string(),
        username: user.username,
        display_name: user.display_name,
        avatar_url: user.avatar_url,
        lang_tag: user.lang_tag,
        location: user.location,
        timezone: user.timezone,
        metadata: user.metadata,
        online: user.online,
        edge_count: i32::try_from(user.edge_count).unwrap_or(i32::MAX),
        create_time: whole_seconds(user.create_time),
        update_time: whole_seconds(user.update_time),
        ..Default::default()
    }
}

/// Several users.
pub fn users(users: Vec<User>) -> api::Users {
    api::Users { users: users.into_iter().map(user).collect() }
}

/// An account, as its user sees it. The wallet is there from the start, and empty.
pub fn account(account: Account) -> api::Account {
    let device = |id| api::AccountDevice { id, ..Default::default() };
    api::Account {
        user: Some(user(account.user)),
        wallet: "{}".into(),
        email: account.email.unwrap_or_default(),
        devices: account.devices.into_iter().map(device).collect(),
        custom_id: account.custom_id.unwrap_or_default(),
        verify_time: None,
        disable_time: account.disable_time.and_then(whole_seconds),
    }
}

/// A stream's address. What is nil or empty is left out.
pub fn stream(stream: &Stream) -> realtime::Stream {
    realtime::Stream {
        mode: i32::from(stream.mode),
        subject: uuid_or_empty(stream.subject),
        subcontext: uuid_or_empty(stream.subcontext),
        label: stream.label.to_string(),
    }
}

/// The id of a channel.
pub fn channel_id(stream: &Stream) -> String {
    ChannelId {
        mode: stream.mode,
        subject: stream.subject,
        subcontext: stream.subcontext,
        label: stream.label.to_string(),
    }
    .to_string()
}

/// The stream of a channel id.
///
/// # Errors
/// When the text is no channel id.
pub fn channel_stream(id: &str) -> Result<Stream, InvalidChannelId> {
    let id: ChannelId = id.parse()?;
    Ok(Stream { mode: id.mode, subject: id.subject, subcontext: id.subcontext, label: id.label.into() })
}

/// A presence. Only status events and lists of statuses carry its status; there it is written even when it is empty.
pub fn presence(presence: &Presence, with_status: bool) -> realtime::UserPresence {
    realtime::UserPresence {
        user_id: presence.user_id.to_string(),
        session_id: presence.id.session_id.to_string(),
        username: presence.username.to_string(),
        persistence: presence.meta.persistence,
        status: with_status.then(|| presence.meta.status.to_string()),
    }
}

/// Several presences.
pub fn presences(presences: &[Presence], with_status: bool) -> Vec<realtime::UserPresence> {
    presences.iter().map(|one| presence(one, with_status)).collect()
}

/// A channel, as the reply to a join tells.
pub fn channel(stream: &Stream, visible: &[Presence], own: &Presence) -> realtime::Channel {
    let names = ChannelNames::of(stream);
    realtime::Channel {
        id: channel_id(stream),
        presences: presences(visible, false),
        self_: Some(presence(own, false)),
        room_name: names.room_name,
        group_id: names.group_id,
        user_id_one: names.user_id_one,
        user_id_two: names.user_id_two,
    }
}

/// Who joined and left a channel.
pub fn channel_presence_event(
    stream: &Stream,
    joins: &[Presence],
    leaves: &[Presence],
) -> realtime::ChannelPresenceEvent {
    let names = ChannelNames::of(stream);
    realtime::ChannelPresenceEvent {
        channel_id: channel_id(stream),
        joins: presences(joins, false),
        leaves: presences(leaves, false),
        room_name: names.room_name,
        group_id: names.group_id,
        user_id_one: names.user_id_one,
        user_id_two: names.user_id_two,
    }
}

/// A message in a channel. The sender is always written: the nil UUID is the server itself.
pub fn channel_message(message: &ChannelMessage) -> api::ChannelMessage {
    let names = ChannelNames::of(&message.stream);
    api::ChannelMessage {
        channel_id: channel_id(&message.stream),
        message_id: message.id.to_string(),
        code: Some(message.code as i32),
        sender_id: message.sender_id.to_string(),
        username: message.username.to_string(),
        content: message.content.to_string(),
        create_time: Some(timestamp(message.create_time)),
        update_time: Some(timestamp(message.update_time)),
        persistent: Some(message.persistent),
        room_name: names.room_name,
        group_id: names.group_id,
        user_id_one: names.user_id_one,
        user_id_two: names.user_id_two,
    }
}

/// The answer to whoever sent, changed or removed a message.
pub fn channel_message_ack(message: &ChannelMessage) -> realtime::ChannelMessageAck {
    let names = ChannelNames::of(&message.stream);
    realtime::ChannelMessageAck {
        channel_id: channel_id(&message.stream),
        message_id: message.id.to_string(),
        code: Some(message.code as i32),
        username: message.username.to_string(),
        create_time: Some(timestamp(message.create_time)),
        update_time: Some(timestamp(message.update_time)),
        persistent: Some(message.persistent),
        room_name: names.room_name,
        group_id: names.group_id,
        user_id_one: names.user_id_one,
        user_id_two: names.user_id_two,
    }
}

/// A page of a channel's history.
pub fn channel_message_list(page: &Page) -> api::ChannelMessageList {
    api::ChannelMessageList {
        messages: page.messages.iter().map(channel_message).collect(),
        next_cursor: page.next_cursor.clone().unwrap_or_default(),
        prev_cursor: page.prev_cursor.clone().unwrap_or_default(),
        cacheable_cursor: page.cacheable_cursor.clone().unwrap_or_default(),
    }
}

/// A notification as it is sent live. A game's own (codes above 0) always name a sender, the nil UUID for the server;
/// the server's built-in ones leave a nil sender out.
pub fn notification(notification: &Notification) -> api::Notification {
    let sender = notification.sender_id;
    let unnamed = sender.is_nil() && notification.code <= 0;
    api::Notification {
        id: notification.id.to_string(),
        subject: notification.subject.clone(),
        content: notification.content.clone(),
        code: notification.code,
        sender_id: if unnamed { String::new() } else { sender.to_string() },
        create_time: whole_seconds(notification.create_time),
        persistent: notification.persistent,
    }
}

/// A page of stored notifications. A nil sender is left out, as Nakama does in lists only.
pub fn notification_list(page: &NotificationPage) -> api::NotificationList {
    let stored = page.notifications.iter().map(|one| {
        let sender_id = uuid_or_empty(one.sender_id.uuid());
        api::Notification { sender_id, ..notification(one) }
    });
    api::NotificationList { notifications: stored.collect(), cacheable_cursor: page.cacheable_cursor.clone() }
}

/// How far a user has read a channel.
pub fn read_marker(marker: &ReadMarker) -> api::ReadMarker {
    api::ReadMarker {
        channel_id: channel_id(&marker.stream),
        message_id: marker.message_id.map(|id| id.to_string()).unwrap_or_default(),
        update_time: marker.update_time.map(timestamp),
        unread_count: Some(i32::try_from(marker.unread).unwrap_or(i32::MAX)),
    }
}

/// A page of read markers.
pub fn read_marker_list(page: &ReadMarkerPage) -> api::ReadMarkerList {
    api::ReadMarkerList {
        markers: page.markers.iter().map(read_marker).collect(),
        cursor: page.cursor.clone().unwrap_or_default(),
    }
}

/// What channel messages repeat of their channel, each empty where it does not apply.
#[derive(Default)]
struct ChannelNames {
    room_name: String,
    group_id: String,
    user_id_one: String,
    user_id_two: String,
}

impl ChannelNames {
    fn of(stream: &Stream) -> Self {
        match stream.mode {
            mode::ROOM => Self { room_name: stream.label.to_string(), ..Self::default() },
            mode::GROUP => Self { group_id: stream.subject.to_string(), ..Self::default() },
            mode::DIRECT => Self {
                user_id_one: stream.subject.to_string(),
                user_id_two: stream.subcontext.to_string(),
                ..Self::default()
            },
            _ => Self::default(),
        }
    }
}

fn uuid_or_empty(uuid: Uuid) -> String {
    if uuid.is_nil() { String::new() } else { uuid.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use meadhall_core::history::MessageCode;
    use meadhall_core::ids::{MessageId, NotificationId, SessionId, UserId};
    use meadhall_core::presence::{PresenceId, PresenceMeta};

    const ANN: UserId = UserId::new(Uuid::from_u128(1));
    const BEN: UserId = UserId::new(Uuid::from_u128(2));

    fn message(stream: Stream, sender_id: UserId) -> ChannelMessage {
        ChannelMessage {
            stream,
            id: MessageId::new(Uuid::from_u128(7)),
            code: MessageCode::Update,
            sender_id,
            username: "ann".into(),
            content: r#"{"a":1}"#.into(),
            create_time: Timestamp::from_nanos(1_500_000_000),
            update_time: Timestamp::from_nanos(2_000_000_001),
            persistent: false,
        }
    }

    #[test]
    fn moments_before_the_epoch_count_up_from_their_second() {
        let half_past = timestamp(Timestamp::from_nanos(-500_000_000));
        assert_eq!((half_past.seconds, half_past.nanos), (-1, 500_000_000));
    }

    #[test]
    fn accounts_carry_whole_seconds_and_an_empty_wallet() {
        let core = Account {
            user: User { id: ANN, create_time: Timestamp::from_nanos(1_999_999_999), ..User::default() },
            devices: vec!["device-one".into()],
            ..Account::default()
        };
        let wire = account(core);
        let user = wire.user.expect("an account has a user");
        let created = user.create_time.expect("a user has a time of creation");
        assert_eq!((created.seconds, created.nanos), (1, 0));
        assert_eq!(wire.wallet, "{}");
        assert_eq!(wire.devices[0].id, "device-one");
        assert_eq!(wire.email, "");
    }

    #[test]
    fn channel_messages_name_their_channel_by_its_kind() {
        let room = channel_message(&message(Stream::labelled(mode::ROOM, "hall"), UserId::NIL));
        assert_eq!(room.room_name, "hall");
        assert_eq!(room.sender_id, "00000000-0000-0000-0000-000000000000");
        assert_eq!((room.code, room.persistent), (Some(1), Some(false)));

        let group = channel_message_ack(&message(Stream::about(mode::GROUP, BEN.uuid()), ANN));
        assert_eq!((group.group_id, group.room_name), (BEN.to_string(), String::new()));

        let direct = Stream { subcontext: BEN.uuid(), ..Stream::about(mode::DIRECT, ANN.uuid()) };
        let direct = channel_message(&message(direct, ANN));
        assert_eq!((direct.user_id_one, direct.user_id_two), (ANN.to_string(), BEN.to_string()));
    }

    #[test]
    fn only_status_events_carry_a_status() {
        let core = Presence {
            id: PresenceId { node: "one".into(), session_id: SessionId::NIL },
            user_id: ANN,
            username: "ann".into(),
            meta: PresenceMeta { status: "".into(), ..PresenceMeta::default() },
        };
        assert_eq!(presence(&core, false).status, None);
        assert_eq!(presence(&core, true).status, Some(String::new()));
    }

    #[test]
    fn streams_leave_out_what_is_nil() {
        let wire = stream(&Stream::labelled(142, "Global"));
        assert_eq!((wire.mode, wire.label.as_str()), (142, "Global"));
        assert_eq!((wire.subject, wire.subcontext), (String::new(), String::new()));
    }

    #[test]
    fn built_in_notifications_leave_the_server_unnamed() {
        let core = |code| Notification {
            id: NotificationId::NIL,
            subject: "single_socket".into(),
            content: "{}".into(),
            code,
            sender_id: UserId::NIL,
            create_time: Timestamp::default(),
            persistent: false,
        };
        assert_eq!(notification(&core(-7)).sender_id, "");
        assert_eq!(notification(&core(1)).sender_id, "00000000-0000-0000-0000-000000000000");
    }
}
