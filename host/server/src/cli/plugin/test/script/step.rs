//! One step: what is done, by whom, and what is expected of it.

use super::expect::{self, Expect};
use super::read::{At, Fields, Mention, Reader, shown};
use super::time;
use meadhall_core::clock::Timestamp;
use serde_json::{Map, Value};
use std::fmt;
use toml::de::{DeTable, DeValue};

/// A step.
#[derive(Debug)]
pub(in super::super) struct Step {
    pub(in super::super) line: usize,
    /// What it is for, in the author's words.
    pub(in super::super) what: Option<String>,
    /// Without it the rest makes no sense.
    pub(in super::super) required: bool,
    pub(in super::super) action: Action,
    pub(in super::super) expect: Expect,
    /// Parts of the reply to keep: their names, and their paths.
    pub(in super::super) save: Vec<(String, String)>,
}

/// What is done.
#[derive(Debug)]
pub(in super::super) enum Action {
    /// Nothing; it only looks.
    Look,
    Rpc {
        id: String,
        user: Option<String>,
        by_socket: bool,
        payload: Value,
    },
    Request {
        method: String,
        path: String,
        user: Option<String>,
        body: Value,
    },
    Send {
        user: String,
        message: Map<String, Value>,
    },
    Connect {
        user: String,
    },
    Disconnect {
        user: String,
    },
    Join {
        user: String,
        place: Place,
    },
    Write {
        user: String,
        channel: String,
        content: Value,
    },
    Emit {
        user: String,
        name: String,
        properties: Value,
    },
    Store(Vec<Seed>),
    Time(Then),
}

/// Whose channel is joined.
#[derive(Debug)]
pub(in super::super) enum Place {
    Room(String),
    /// The direct channel with a user.
    User(String),
    /// The channel of a group, by its id.
    Group(String),
}

/// An object that is put into storage.
#[derive(Debug)]
pub(in super::super) struct Seed {
    pub(in super::super) collection: String,
    pub(in super::super) key: String,
    pub(in super::super) user: Option<String>,
    pub(in super::super) value: Value,
}

/// How far the clock goes on.
#[derive(Debug)]
pub(in super::super) enum Then {
    /// Nanoseconds, and how the script writes them.
    Wait(i64, String),
    Until(Timestamp),
    /// To the next time of a cron expression.
    Cron(String),
}

impl Action {
    /// The key that it stands under.
    pub(in super::super) fn key(&self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Rpc { .. } => "rpc",
            Self::Request { .. } => "request",
            Self::Send { .. } => "send",
            Self::Connect { .. } => "connect",
            Self::Disconnect { .. } => "disconnect",
            Self::Join { .. } => "join",
            Self::Write { .. } => "write",
            Self::Emit { .. } => "emit",
            Self::Store(_) => "store",
            Self::Time(Then::Wait(..)) => "wait",
            Self::Time(Then::Until(_)) => "until",
            Self::Time(Then::Cron(_)) => "cron",
        }
    }

    /// Whether somebody answers.
    fn has_reply(&self) -> bool {
        matches!(
            self,
            Self::Rpc { .. }
                | Self::Request { .. }
                | Self::Send { .. }
                | Self::Connect { .. }
                | Self::Join { .. }
                | Self::Write { .. }
                | Self::Emit { .. }
        )
    }

    /// Whether it goes over a socket, whose errors have codes of their own.
    pub(super) fn by_socket(&self) -> bool {
        match self {
            Self::Rpc { by_socket, .. } => *by_socket,
            action => matches!(action, Self::Send { .. } | Self::Join { .. } | Self::Write { .. }),
        }
    }
}

/// As the report shows it.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = |user: &Option<String>| user.as_ref().map_or_else(|| "the server".to_owned(), Clone::clone);
        match self {
            Self::Look => f.write_str("look"),
            Self::Rpc { id, user, by_socket, .. } => {
                write!(f, "rpc {id} as {}{}", by(user), if *by_socket { " over the socket" } else { "" })
            }
            Self::Request { method, path, user, .. } => write!(f, "{method} {path} as {}", by(user)),
            Self::Send { user, message } => {
                write!(f, "{user} sends {}", message.keys().next().map_or("nothing", String::as_str))
            }
            Self::Connect { user } => write!(f, "{user} connects"),
            Self::Disconnect { user } => write!(f, "{user} disconnects"),
            Self::Join { user, place: Place::Room(room) } => write!(f, "{user} joins {room}"),
            Self::Join { user, place: Place::User(other) } => write!(f, "{user} joins the channel with {other}"),
            Self::Join { user, place: Place::Group(group) } => write!(f, "{user} joins the channel of group {group}"),
            Self::Write { user, channel, .. } => write!(f, "{user} writes in {channel}"),
            Self::Emit { user, name, .. } => write!(f, "{user} emits {name}"),
            Self::Store(seeds) => match &seeds[..] {
                [Seed { collection, key, .. }] => write!(f, "store {collection}/{key}"),
                seeds => write!(f, "store {} objects", seeds.len()),
            },
            Self::Time(Then::Wait(_, text)) => write!(f, "wait {text}"),
            Self::Time(Then::Until(moment)) => {
                write!(f, "until {}", meadhall_protocol::timestamp::Timestamp::from_nanos(moment.nanos()))
            }
            Self::Time(Then::Cron(expression)) => write!(f, "cron {expression}"),
        }
    }
}

/// The keys that say what a step does, each with those that go with it.
const ACTIONS: &[(&str, &[&str])] = &[
    ("rpc", &["as", "payload", "over"]),
    ("request", &["as", "body"]),
    ("send", &["as"]),
    ("connect", &[]),
    ("disconnect", &[]),
    ("join", &["as"]),
    ("write", &["as", "in"]),
    ("emit", &["as", "properties"]),
    ("store", &[]),
    ("wait", &[]),
    ("until", &[]),
    ("cron", &[]),
];

/// Reads a `[[step]]`.
pub(super) fn read<'a>(reader: &mut Reader<'a>, line: usize, table: DeTable<'a>) -> Option<Step> {
    let before = reader.faults.len();
    let mut fields = reader.fields("a step", line, table);
    let what = fields.text(reader, "what").map(|what| what.value);
    let required = fields.flag(reader, "required");
    let present: Vec<_> = ACTIONS.iter().map(|(key, _)| *key).filter(|key| fields.has(key)).collect();
    let action = match present[..] {
        [] => Some(Action::Look),
        [key] => action(reader, &mut fields, key),
        [one, other, ..] => {
            reader.fault(line, format!("a step does one thing, and this one has `{one}` and `{other}`"));
            return None;
        }
    };
    let expect = expect::read(reader, &mut fields, action.as_ref());
    let save = fields.take("save").map_or_else(Vec::new, |At { line, value }| saved(reader, line, value));
    let doing = present.first().copied();
    fields.finish(reader, &known_keys(), |key| misplaced(key, doing));
    let step = Step { line, what, required, action: action?, expect, save };
    if reader.faults.len() == before && matches!(step.action, Action::Look) && step.expect.is_empty() {
        let keys = ACTIONS.iter().map(|(key, _)| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        reader.fault(line, format!("this step does nothing and expects nothing; what it may do is {keys}"));
    }
    let replies = matches!(step.expect.outcome, expect::Outcome::Reply(_)) || !step.save.is_empty();
    if !step.action.has_reply() && replies {
        let key = step.action.key();
        reader.fault(
            line,
            format!("nobody answers a step with `{key}`, so there is no `reply` to expect or to save from"),
        );
    }
    Some(step)
}

fn known_keys() -> Vec<&'static str> {
    let actions = ACTIONS.iter().flat_map(|(key, others)| std::iter::once(key).chain(*others));
    let mut keys: Vec<_> = actions.chain(expect::KEYS).chain(&["what", "required", "save"]).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Why a key of another action does not belong here.
fn misplaced(key: &str, doing: Option<&str>) -> Option<String> {
    let owners: Vec<_> =
        ACTIONS.iter().filter(|(_, others)| others.contains(&key)).map(|(owner, _)| format!("`{owner}`")).collect();
    let has = doing.map_or_else(|| "does nothing".to_owned(), |doing| format!("has `{doing}`"));
    (!owners.is_empty()).then(|| format!("`{key}` goes with {}, and this step {has}", owners.join(", ")))
}

/// Reads what a step does.
fn action<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>, key: &str) -> Option<Action> {
    let by = fields.user(reader, "as");
    let At { line, value } = fields.take(key)?;
    let what = format!("`{key}`");
    let needs_user = |reader: &mut Reader<'a>, by: Option<String>| {
        if by.is_none() {
            reader.fault(line, format!("a step with `{key}` says as whom, as in as = \"ada\""));
        }
        by
    };
    Some(match key {
        "rpc" => {
            let id = reader.text(line, &what, value);
            let by_socket = over(reader, fields, by.as_deref());
            let payload = json(reader, fields, "payload");
            Action::Rpc { id: id?, user: by, by_socket, payload }
        }
        "request" => {
            let body = json(reader, fields, "body");
            let (method, path) = {
                let text = reader.text(line, &what, value)?;
                method_and_path(reader, line, key, &text)?
            };
            Action::Request { method, path, user: by, body }
        }
        "send" => {
            let user = needs_user(reader, by);
            let DeValue::Table(table) = value else {
                reader.fault(
                    line,
                    format!("`send` is one message, as in {{ ping = {{}} }}, and here it is {}", shown(&value)),
                );
                return None;
            };
            let message = reader.object(table);
            if message.len() != 1 {
                let problem =
                    format!("`send` is one message, as in {{ ping = {{}} }}, and here it has {} keys", message.len());
                reader.fault(line, problem);
            }
            Action::Send { user: user?, message }
        }
        "connect" => Action::Connect { user: reader.user(line, &what, value)? },
        "disconnect" => Action::Disconnect { user: reader.user(line, &what, value)? },
        "join" => {
            let user = needs_user(reader, by);
            let place = place(reader, line, value);
            Action::Join { user: user?, place: place? }
        }
        "write" => {
            let (user, content) = (needs_user(reader, by), reader.json(line, value));
            if !content.is_object() && !content.is_string() {
                reader
                    .fault(line, format!("`write` is a table, as in {{ text = \"skål\" }}, and here it is {content}"));
            }
            if !fields.has("in") {
                reader.fault(line, "a step with `write` says where, as in in = \"hall\"");
            }
            let channel = fields.text(reader, "in");
            Action::Write { user: user?, channel: channel?.value, content }
        }
        "emit" => {
            let (user, name) = (needs_user(reader, by), reader.text(line, &what, value));
            let properties = json(reader, fields, "properties");
            Action::Emit { user: user?, name: name?, properties }
        }
        "store" => Action::Store(seeds(reader, line, value)),
        "until" => Action::Time(Then::Until(time::moment(reader, line, key, &value)?)),
        "cron" => Action::Time(Then::Cron(reader.text(line, &what, value)?)),
        _ => {
            let text = reader.text(line, &what, value)?;
            match time::duration(&text) {
                Some(nanos) => Action::Time(Then::Wait(nanos, text)),
                None => {
                    reader.fault(
                        line,
                        format!("`wait` is a time such as \"90s\", \"1h30m\" or \"1d\", and here it is {text:?}"),
                    );
                    return None;
                }
            }
        }
    })
}

fn json<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>, key: &str) -> Value {
    fields.take(key).map_or(Value::Null, |At { line, value }| reader.json(line, value))
}

/// Whether an RPC goes over the socket.
fn over<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>, by: Option<&str>) -> bool {
    let Some(At { line, value }) = fields.text(reader, "over") else { return false };
    match (&*value, by) {
        ("socket", Some(_)) => true,
        ("socket", None) => {
            reader.fault(line, "a socket is somebody's: say whose, as in as = \"ada\"");
            false
        }
        ("http", _) => false,
        _ => {
            reader.fault(line, format!("`over` is \"socket\" or \"http\", and here it is {value:?}"));
            false
        }
    }
}

/// A method and a path, as in `PUT /v2/account`.
pub(super) fn method_and_path(reader: &mut Reader<'_>, line: usize, key: &str, text: &str) -> Option<(String, String)> {
    match text.split_once(' ') {
        Some((method, path))
            if path.starts_with('/') && !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase()) =>
        {
            Some((method.to_owned(), path.to_owned()))
        }
        _ => {
            reader.fault(
                line,
                format!("`{key}` is a method and a path, as in \"PUT /v2/account\", and here it is {text:?}"),
            );
            None
        }
    }
}

fn place<'a>(reader: &mut Reader<'a>, line: usize, value: DeValue<'a>) -> Option<Place> {
    let table = match value {
        DeValue::String(_) => {
            let room = reader.text(line, "`join`", value)?;
            reader.named.push(Mention { line, name: room.clone() });
            return Some(Place::Room(room));
        }
        DeValue::Table(table) => table,
        other => {
            reader.fault(line, format!("`join` is a room's name, and here it is {}", shown(&other)));
            return None;
        }
    };
    let before = reader.faults.len();
    let mut fields = reader.fields("a `join`", line, table);
    let (user, group) = (fields.user(reader, "user"), fields.text(reader, "group"));
    fields.finish(reader, &["user", "group"], |_| None);
    match (user, group) {
        (Some(user), None) => Some(Place::User(user)),
        (None, Some(At { value, .. })) => Some(Place::Group(value)),
        _ if reader.faults.len() > before => None,
        _ => {
            reader.fault(line, "`join` is a room's name, or { user = \"bjorn\" }, or { group = \"${ravens}\" }");
            None
        }
    }
}

fn seeds<'a>(reader: &mut Reader<'a>, line: usize, value: DeValue<'a>) -> Vec<Seed> {
    let mut seeds = Vec::new();
    for At { line, value } in reader.list(line, value) {
        let DeValue::Table(table) = value else {
            reader.fault(
                line,
                format!("`store` is an object with `collection`, `key` and `value`, and here it is {}", shown(&value)),
            );
            continue;
        };
        let mut fields = reader.fields("an object", line, table);
        let collection = fields.required_text(reader, "collection");
        let key = fields.required_text(reader, "key");
        let user = fields.user(reader, "user");
        let value = json(reader, &mut fields, "value");
        if !value.is_object() {
            reader.fault(line, format!("the `value` of an object is a table, and here it is {value}"));
        }
        fields.finish(reader, &["collection", "key", "user", "value"], |_| None);
        if let (Some(collection), Some(key)) = (collection, key) {
            seeds.push(Seed { collection, key, user, value });
        }
    }
    seeds
}

/// What is kept of a reply.
fn saved<'a>(reader: &mut Reader<'a>, line: usize, value: DeValue<'a>) -> Vec<(String, String)> {
    let DeValue::Table(table) = value else {
        reader.fault(
            line,
            format!(
                "`save` gives names to parts of the reply, as in {{ id = \"message_id\" }}, and here it is {}",
                shown(&value)
            ),
        );
        return Vec::new();
    };
    let mut saved = Vec::new();
    for (name, path) in reader.object(table) {
        match path {
            Value::String(path) => {
                reader.named.push(Mention { line, name: name.clone() });
                saved.push((name, path));
            }
            other => reader.fault(line, format!("`save` takes paths such as \"message_id\", and `{name}` is {other}")),
        }
    }
    saved
}
