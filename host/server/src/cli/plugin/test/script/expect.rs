//! What is expected of a step.

use super::read::{At, Fields, Reader, shown};
use super::step::Action;
use meadhall_protocol::error::{Code, RealtimeCode};
use serde_json::Value;
use toml::de::DeValue;

/// Everything that is expected; what the script does not name is not looked at.
#[derive(Debug, Default)]
pub(in super::super) struct Expect {
    pub(in super::super) outcome: Outcome,
    /// What sockets got, in this order and with others between; of an empty list nothing at all.
    pub(in super::super) receives: Vec<(String, At<Vec<Value>>)>,
    /// What is stored of notifications, in any order.
    pub(in super::super) notifications: Vec<(String, At<Vec<Value>>)>,
    /// Events that the plugin emitted, in any order.
    pub(in super::super) events: Option<At<Vec<Value>>>,
    /// Requests that the plugin sent to the stand-in, in any order.
    pub(in super::super) requests: Option<At<Vec<Value>>>,
    pub(in super::super) storage: Vec<At<ObjectCheck>>,
    /// Parts of lines.
    pub(in super::super) log: Option<At<Vec<String>>>,
}

/// How a step ends.
#[derive(Debug, Default)]
pub(in super::super) enum Outcome {
    /// Well.
    #[default]
    Success,
    Reply(At<Value>),
    Error(At<Refusal>),
    /// The server closes the socket, with a reason that has this in it.
    Closed(At<String>),
}

/// An error.
#[derive(Clone, Debug)]
pub(in super::super) struct Refusal {
    pub(in super::super) code: Option<i64>,
    /// A part of its text.
    pub(in super::super) message: Option<String>,
}

/// What is stored under a key.
#[derive(Debug)]
pub(in super::super) struct ObjectCheck {
    pub(in super::super) collection: String,
    pub(in super::super) key: String,
    pub(in super::super) user: Option<String>,
    /// None: nothing.
    pub(in super::super) value: Option<Value>,
}

pub(super) const KEYS: &[&str] =
    &["reply", "error", "closed", "receives", "notifications", "events", "requests", "storage", "log"];

impl Expect {
    /// Whether nothing at all is looked at.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self.outcome, Outcome::Success)
            && self.receives.is_empty()
            && self.notifications.is_empty()
            && self.storage.is_empty()
            && self.events.is_none()
            && self.requests.is_none()
            && self.log.is_none()
    }
}

/// Takes what a step expects. Without an action, which was at fault then, nothing is said of what fits it.
pub(super) fn read<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>, action: Option<&Action>) -> Expect {
    let outcome = outcome(reader, fields, action.is_some_and(Action::by_socket));
    let by_user = |reader: &mut Reader<'a>, fields: &mut Fields<'a>, key: &str| {
        let Some(At { line, value }) = fields.take(key) else { return Vec::new() };
        let by_user = reader.by_user(line, &format!("`{key}`"), value);
        let list = |(user, At { line, value }): (String, At<DeValue<'a>>)| (user, values(reader, line, value));
        by_user.into_iter().map(list).collect()
    };
    let all = |reader: &mut Reader<'a>, fields: &mut Fields<'a>, key: &str| {
        fields.take(key).map(|At { line, value }| values(reader, line, value))
    };
    Expect {
        outcome,
        receives: by_user(reader, fields, "receives"),
        notifications: by_user(reader, fields, "notifications"),
        events: all(reader, fields, "events"),
        requests: all(reader, fields, "requests"),
        storage: fields.take("storage").map_or_else(Vec::new, |At { line, value }| objects(reader, line, value)),
        log: fields.take("log").map(|At { line, value }| {
            let parts = reader.list(line, value);
            let part = |At { line, value }: At<DeValue<'a>>| reader.text(line, "a part of `log`", value);
            At { line, value: parts.into_iter().filter_map(part).collect() }
        }),
    }
}

fn values<'a>(reader: &mut Reader<'a>, line: usize, value: DeValue<'a>) -> At<Vec<Value>> {
    let items = reader.list(line, value);
    At { line, value: items.into_iter().map(|At { line, value }| reader.json(line, value)).collect() }
}

fn outcome<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>, by_socket: bool) -> Outcome {
    let given: Vec<_> = ["reply", "error", "closed"].into_iter().filter(|key| fields.has(key)).collect();
    if let [one, other, ..] = given[..] {
        reader.fault(fields.line, format!("a step ends in one way, and this one has `{one}` and `{other}`"));
    }
    let reply = fields.take("reply").map(|At { line, value }| At { line, value: reader.json(line, value) });
    let error = fields.take("error").and_then(|At { line, value }| refusal(reader, line, value, by_socket));
    let closed = fields.text(reader, "closed");
    match (reply, error, closed) {
        (Some(reply), ..) => Outcome::Reply(reply),
        (None, Some(error), _) => Outcome::Error(error),
        (None, None, Some(closed)) => Outcome::Closed(closed),
        (None, None, None) => Outcome::Success,
    }
}

fn refusal<'a>(reader: &mut Reader<'a>, line: usize, value: DeValue<'a>, by_socket: bool) -> Option<At<Refusal>> {
    let table = match value {
        DeValue::String(_) => {
            let message = reader.text(line, "`error`", value);
            return Some(At { line, value: Refusal { code: None, message } });
        }
        DeValue::Table(table) => table,
        other => {
            let problem = format!(
                "`error` is a part of its text, or {{ code = 3, message = \"…\" }}, and here it is {}",
                shown(&other)
            );
            reader.fault(line, problem);
            return None;
        }
    };
    let mut fields = reader.fields("an `error`", line, table);
    let code = fields.take("code").and_then(|At { line, value }| {
        let given = reader.json(line, value);
        let code = given.as_i64().or_else(|| code_of(given.as_str()?, by_socket));
        if code.is_none() {
            let names = names(by_socket).into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
            reader.fault(line, format!("`code` is a number or one of {names}, and here it is {given}"));
        }
        code
    });
    let message = fields.text(reader, "message").map(|message| message.value);
    fields.finish(reader, &["code", "message"], |_| None);
    Some(At { line, value: Refusal { code, message } })
}

fn code_of(name: &str, by_socket: bool) -> Option<i64> {
    names(by_socket).into_iter().find(|(known, _)| known == name).map(|(_, code)| code)
}

/// The names of error codes: sockets have their own.
fn names(by_socket: bool) -> Vec<(String, i64)> {
    use RealtimeCode::{
        BadInput, MatchJoinRejected, MatchNotFound, MissingPayload, RuntimeException, RuntimeFunctionException,
        RuntimeFunctionNotFound, UnrecognizedPayload,
    };
    let realtime = [
        RuntimeException,
        UnrecognizedPayload,
        MissingPayload,
        BadInput,
        MatchNotFound,
        MatchJoinRejected,
        RuntimeFunctionNotFound,
        RuntimeFunctionException,
    ];
    if by_socket {
        realtime.into_iter().map(|code| (kebab(&format!("{code:?}")), i64::from(code.number()))).collect()
    } else {
        Code::ALL.into_iter().map(|code| (kebab(&format!("{code:?}")), i64::from(code.number()))).collect()
    }
}

/// `InvalidArgument` as `invalid-argument`.
fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.extend(letter.to_lowercase());
    }
    kebab
}

fn objects<'a>(reader: &mut Reader<'a>, line: usize, value: DeValue<'a>) -> Vec<At<ObjectCheck>> {
    let mut objects = Vec::new();
    for At { line, value } in reader.list(line, value) {
        let DeValue::Table(table) = value else {
            let problem =
                format!("`storage` is an object with `collection` and `key`, and here it is {}", shown(&value));
            reader.fault(line, problem);
            continue;
        };
        let mut fields = reader.fields("an object", line, table);
        let (collection, key) = (fields.required_text(reader, "collection"), fields.required_text(reader, "key"));
        let user = fields.user(reader, "user");
        let absent = fields.flag(reader, "absent");
        let value = fields.take("value").map(|At { line, value }| reader.json(line, value));
        if value.is_some() == absent {
            reader.fault(line, "an object has a `value`, or is `absent = true`");
        }
        fields.finish(reader, &["collection", "key", "user", "value", "absent"], |_| None);
        if let (Some(collection), Some(key)) = (collection, key) {
            objects.push(At { line, value: ObjectCheck { collection, key, user, value } });
        }
    }
    objects
}
