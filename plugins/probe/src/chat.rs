//! Payloads about chat channels, and what the hook before a message does.

use meadhall_guest::channel::Kind;
use meadhall_guest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a channel is for.
#[derive(Deserialize)]
pub(crate) struct Target {
    #[serde(default)]
    sender_id: String,
    target: String,
    r#type: u8,
}

/// A message to send, change or remove.
#[derive(Deserialize)]
pub(crate) struct MessageRequest {
    channel_id: String,
    #[serde(default)]
    message_id: String,
    #[serde(default)]
    content: Map<String, Value>,
    #[serde(default)]
    sender_id: String,
    #[serde(default)]
    sender_username: String,
    #[serde(default = "yes")]
    persist: bool,
}

/// A page of history to read.
#[derive(Deserialize)]
pub(crate) struct HistoryRequest {
    channel_id: String,
    #[serde(default = "hundred")]
    limit: u32,
    #[serde(default = "yes")]
    forward: bool,
    cursor: Option<String>,
}

/// An acknowledgement. Times are in seconds since the Unix epoch. The fields are in the order of their names, as in
/// [`Facts`](crate::caller::Facts).
#[derive(Serialize)]
pub(crate) struct MessageAck {
    channel_id: String,
    code: i32,
    create_time: i64,
    message_id: String,
    persistent: bool,
    update_time: i64,
    username: String,
}

/// A page of history.
#[derive(Serialize)]
pub(crate) struct HistoryPage {
    messages: Vec<StoredMessage>,
    next_cursor: Option<String>,
    prev_cursor: Option<String>,
}

/// A message of the history. Times are in seconds since the Unix epoch.
#[derive(Serialize)]
struct StoredMessage {
    channel_id: String,
    message_id: String,
    code: i32,
    sender_id: String,
    username: String,
    content: String,
    create_time: i64,
    update_time: i64,
    persistent: bool,
    room_name: String,
    group_id: String,
    user_id_one: String,
    user_id_two: String,
}

/// Refuses, drops or rewrites a message, when its content asks for it.
pub(crate) fn before_send(request: ChannelMessageSend) -> Result<Before<ChannelMessageSend>> {
    // Content that is no JSON object is for the server to refuse.
    let Ok(content) = serde_json::from_str::<Map<String, Value>>(&request.content) else {
        return Ok(Before::Keep);
    };
    let asks = |key: &str| content.get(key) == Some(&Value::Bool(true));
    if asks("reject") {
        return Err(Error::internal("probe rejected message"));
    }
    if asks("disable") {
        return Ok(Before::Drop);
    }
    if asks("rewrite") {
        return Ok(Before::Replace(ChannelMessageSend { content: json!({"rewritten": true}).to_string(), ..request }));
    }
    Ok(Before::Keep)
}

impl Target {
    pub(crate) fn channel_id(&self) -> Result<String> {
        let kind = match self.r#type {
            1 => Kind::Room,
            2 => Kind::Direct,
            3 => Kind::Group,
            other => return Err(Error::invalid_argument(format!("no kind of channel: {other}"))),
        };
        channel::build_id(&self.sender_id, &self.target, kind)
    }
}

impl MessageRequest {
    pub(crate) fn send(&self) -> Result<MessageAck> {
        channel::send(&self.channel_id, &self.content, &self.sender(), self.persist).map(MessageAck::from)
    }

    pub(crate) fn update(&self) -> Result<MessageAck> {
        channel::update(&self.channel_id, &self.message_id, &self.content, &self.sender(), self.persist)
            .map(MessageAck::from)
    }

    pub(crate) fn remove(&self) -> Result<MessageAck> {
        channel::remove(&self.channel_id, &self.message_id, &self.sender(), self.persist).map(MessageAck::from)
    }

    fn sender(&self) -> Sender {
        Sender::user(&self.sender_id, &self.sender_username)
    }
}

impl HistoryRequest {
    pub(crate) fn read(&self) -> Result<HistoryPage> {
        let page = channel::list(&self.channel_id, self.limit, self.forward, self.cursor.as_deref())?;
        let cursor = |text: String| (!text.is_empty()).then_some(text);
        Ok(HistoryPage {
            messages: page.messages.into_iter().map(StoredMessage::from).collect(),
            next_cursor: cursor(page.next_cursor),
            prev_cursor: cursor(page.prev_cursor),
        })
    }
}

impl From<ChannelMessageAck> for MessageAck {
    fn from(ack: ChannelMessageAck) -> Self {
        Self {
            channel_id: ack.channel_id,
            code: ack.code.unwrap_or_default(),
            create_time: seconds(ack.create_time),
            message_id: ack.message_id,
            persistent: ack.persistent.unwrap_or_default(),
            update_time: seconds(ack.update_time),
            username: ack.username,
        }
    }
}

impl From<ChannelMessage> for StoredMessage {
    fn from(message: ChannelMessage) -> Self {
        Self {
            channel_id: message.channel_id,
            message_id: message.message_id,
            code: message.code.unwrap_or_default(),
            sender_id: message.sender_id,
            username: message.username,
            content: message.content,
            create_time: seconds(message.create_time),
            update_time: seconds(message.update_time),
            persistent: message.persistent.unwrap_or_default(),
            room_name: message.room_name,
            group_id: message.group_id,
            user_id_one: message.user_id_one,
            user_id_two: message.user_id_two,
        }
    }
}

fn seconds(time: Option<Timestamp>) -> i64 {
    time.and_then(|time| time.unix_seconds()).unwrap_or_default()
}

fn yes() -> bool {
    true
}

fn hundred() -> u32 {
    100
}
