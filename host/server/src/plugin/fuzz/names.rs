//! What an argument can name: users and sessions that exist, and what earlier calls gave back.

use super::super::bindings::meadhall::plugin::channel::{Host, Kind};
use super::calls::{Answer, group_of};
use super::{Guest, Session};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// Texts by name.
#[derive(Debug)]
pub(super) struct Names(BTreeMap<&'static str, String>);

/// Where an answer has something to remember, and its name.
const REMEMBERED: [(&str, &str); 9] = [
    ("/message_id", "message"),
    ("/messages/0/message_id", "message"),
    ("/notifications/0/id", "notification"),
    ("/id", "group"),
    ("/groups/0/id", "group"),
    ("/cursor", "cursor"),
    ("/cacheable_cursor", "cursor"),
    ("/prev_cursor", "cursor"),
    ("/next_cursor", "cursor"),
];

/// Texts that try limits, made once.
static LONG: LazyLock<BTreeMap<&str, String>> = LazyLock::new(|| {
    let fields: Vec<String> = (0..20_000).map(|n| format!(r#""{n}":{n}"#)).collect();
    BTreeMap::from([
        ("long", "x".repeat(300)),
        ("huge", "ü".repeat(500_000)),
        ("deep", "[".repeat(100_000)),
        ("nested", r#"{"a":"#.repeat(20_000)),
        ("wide", format!("{{{}}}", fields.join(","))),
    ])
});

impl Names {
    pub(super) async fn new(guest: &mut Guest, users: [String; 3], sessions: &[Arc<Session>]) -> Self {
        let [ann, ben, cai] = users;
        let group = group_of(guest, &ann).await;
        let mut channel = |sender: &str, target: &str, kind| {
            guest.build_id(sender.into(), target.into(), kind).expect("both sides are there")
        };
        let named = [
            ("room", channel("", "hall", Kind::Room)),
            ("direct", channel(&ann, &ben, Kind::Direct)),
            ("groupchannel", channel("", &group, Kind::Group)),
            ("group", group),
            ("annsession", sessions[0].id().to_string()),
            ("bensession", sessions[1].id().to_string()),
            ("ann", ann),
            ("ben", ben),
            ("cai", cai),
            ("nobody", "018f0000-0000-7000-8000-000000000009".into()),
            ("nil", "00000000-0000-0000-0000-000000000000".into()),
            ("message", "018f0000-0000-7000-8000-000000000001".into()),
            ("notification", "018f0000-0000-7000-8000-000000000002".into()),
            ("cursor", String::new()),
            ("version", String::new()),
            ("tab", "\t".into()),
            ("line", "\r\n".into()),
            ("nul", "\0".into()),
            ("odd", "\u{202e}ß\u{7f}\u{1f600}\u{feff}\u{fffd}\u{e0001}".into()),
        ];
        Self(named.into())
    }

    /// The text with this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).or_else(|| LONG.get(name)).map(String::as_str)
    }

    /// Remembers the ids, cursors and versions of an answer.
    pub(super) fn learn(&mut self, function: &str, answer: &Answer) {
        match answer {
            Answer::Json(text) => {
                let json: Value = serde_json::from_str(text)
                    .unwrap_or_else(|error| panic!("{function} answers what is no JSON: {error}: {text:?}"));
                for (path, name) in REMEMBERED {
                    if let Some(found) = json.pointer(path).and_then(Value::as_str) {
                        self.0.insert(name, found.to_owned());
                    }
                }
            }
            Answer::Named(name, text) => {
                self.0.insert(name, text.clone());
            }
            Answer::Bytes(_) => {}
        }
    }
}
