//! What a script says. `docs/testing.md` is its reference.

pub(super) mod placeholder;
mod expect;
mod read;
mod step;
mod time;

pub(super) use expect::{Expect, ObjectCheck, Outcome, Refusal};
pub(super) use read::{At, Fault};
pub(super) use step::{Action, Place, Seed, Step, Then};

use meadhall_core::clock::Timestamp;
use read::{Fields, Reader, shown};
use serde_json::Value;
use std::collections::BTreeSet;
use toml::de::DeValue;

/// A script, read and checked.
#[derive(Debug)]
pub(super) struct Script {
    /// Where the clock stands at first.
    pub(super) now: Timestamp,
    /// Nothing runs after the first step that fails.
    pub(super) stop_at_failure: bool,
    /// What stands under `[plugin.NAME]` in the configuration of the server.
    pub(super) plugin: toml::Table,
    /// What is answered in place of other servers.
    pub(super) answers: Vec<Answer>,
    /// Everybody whom the script names.
    pub(super) users: BTreeSet<String>,
    pub(super) steps: Vec<Step>,
    /// The lines of the plugin's sections, for what is wrong in them.
    sections: Vec<(&'static str, usize)>,
    /// Where placeholders of users stand.
    mentions: Vec<At<String>>,
}

/// What the stand-in for other servers answers.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) method: String,
    /// The path, with its query when one is to be told from others.
    pub(super) path: String,
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    /// A text as it is, anything else as JSON.
    pub(super) body: Value,
    /// How often it answers; none for any number of times.
    pub(super) times: Option<usize>,
}

/// 2026-01-01T12:00:00Z: where the clock stands when the script does not say.
const NOON: Timestamp = Timestamp::from_seconds(1_767_268_800);

const KEYS: &[&str] = &["now", "stop_at_failure", "settings", "deny", "allow", "limits", "http", "step"];

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// All faults, by line.
    pub(super) fn read(text: &str) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader::new(text);
        let Some(mut fields) = reader.whole() else { return Err(reader.faults) };
        let mut script = Self {
            now: NOON,
            stop_at_failure: fields.flag(&mut reader, "stop_at_failure"),
            plugin: toml::Table::new(),
            answers: Vec::new(),
            users: BTreeSet::new(),
            steps: Vec::new(),
            sections: Vec::new(),
            mentions: Vec::new(),
        };
        if let Some(At { line, value }) = fields.take("now") {
            script.now = time::moment(&mut reader, line, "now", &value).unwrap_or(NOON);
        }
        script.read_plugin(text, &mut reader, &mut fields);
        for At { line, value } in tables(&mut reader, &mut fields, "http") {
            script.answers.extend(answer(&mut reader, line, value));
        }
        for At { line, value } in tables(&mut reader, &mut fields, "step") {
            script.steps.extend(step::read(&mut reader, line, value));
        }
        fields.finish(&mut reader, KEYS, |_| None);
        if script.steps.is_empty() && reader.faults.is_empty() {
            reader.fault(1, "there is no [[step]]: a script says what to do, step by step");
        }
        script.check_names(&mut reader);
        let of_user = |used: &read::Mention| reader.users.contains(&used.name);
        let mentions = reader.used.iter().filter(|used| of_user(used));
        script.mentions = mentions.map(|used| At { line: used.line, value: used.name.clone() }).collect();
        script.users = reader.users;
        reader.faults.sort();
        if reader.faults.is_empty() { Ok(script) } else { Err(reader.faults) }
    }

    /// The line of a key such as `plugin.hello.allow.http`; 1 for what is in no section.
    pub(super) fn line_of(&self, key: &str) -> usize {
        let section = key.split('.').nth(2).unwrap_or_default();
        let known = |wanted: &str| self.sections.iter().find(|(name, _)| *name == wanted).map(|(_, line)| *line);
        known(section).or_else(|| known("settings")).unwrap_or(1)
    }

    /// The users whose ids a step has placeholders for.
    pub(super) fn mentioned_in(&self, step: &Step) -> Vec<String> {
        let next = self.steps.iter().map(|other| other.line).filter(|line| *line > step.line).min();
        let lines = step.line..next.unwrap_or(usize::MAX);
        self.mentions.iter().filter(|at| lines.contains(&at.line)).map(|at| at.value.clone()).collect()
    }

    /// The users whose ids stand in the plugin's sections.
    pub(super) fn mentioned_in_plugin(&self) -> Vec<String> {
        let first = self.steps.iter().map(|step| step.line).min().unwrap_or(usize::MAX);
        self.mentions.iter().filter(|at| at.line < first).map(|at| at.value.clone()).collect()
    }

    /// The sections of the plugin as they stand; the configuration, which they become part of, knows what may be in them.
    fn read_plugin<'a>(&mut self, text: &'a str, reader: &mut Reader<'a>, fields: &mut Fields<'a>) {
        let Ok(mut whole) = text.parse::<toml::Table>() else { return };
        for key in ["settings", "deny", "allow", "limits"] {
            let Some(At { line, value }) = fields.take(key) else { continue };
            let is_table = matches!(value, DeValue::Table(_));
            // For the placeholders in it.
            reader.json(line, value);
            self.sections.push((key, line));
            match whole.remove(key) {
                Some(toml::Value::Table(settings)) if key == "settings" => self.plugin.extend(settings),
                Some(value) if is_table || key == "deny" => drop(self.plugin.insert(key.to_owned(), value)),
                _ => reader.fault(line, format!("`{key}` is a section, as [{key}]")),
            }
        }
    }

    /// Every placeholder has to stand for something that is known by then.
    fn check_names(&self, reader: &mut Reader<'_>) {
        for name in &reader.named {
            if reader.users.contains(&name.name) {
                let problem = format!("{:?} is the name of a user already, so `${{{0}}}` would be both", name.name);
                reader.faults.push(read::Fault { line: name.line, problem });
            }
        }
        for used in &reader.used {
            let name = &*used.name;
            let is_there = reader.named.iter().any(|named| named.name == name && named.line < used.line);
            let special = matches!(name, placeholder::ANY | placeholder::NONE)
                || (name == placeholder::HTTP && !self.answers.is_empty());
            if special || is_there || reader.users.contains(name) {
                continue;
            }
            let problem = match name {
                placeholder::HTTP => {
                    "`${http}` is where the stand-in for other servers is, and there is no [[http]]".to_owned()
                }
                name => format!(
                    "`${{{name}}}` is no user of this script, no room that was joined and nothing that was saved before"
                ),
            };
            reader.faults.push(read::Fault { line: used.line, problem });
        }
    }
}

/// The tables of `[[key]]`.
fn tables<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>, key: &str) -> Vec<At<toml::de::DeTable<'a>>> {
    let Some(At { line, value }) = fields.take(key) else { return Vec::new() };
    let mut tables = Vec::new();
    if !matches!(value, DeValue::Array(_)) {
        reader.fault(line, format!("`{key}` is a list: each begins with [[{key}]]"));
        return tables;
    }
    for At { line, value } in reader.list(line, value) {
        match value {
            DeValue::Table(table) => tables.push(At { line, value: table }),
            other => reader.fault(line, format!("a {key} is a table, and here it is {}", shown(&other))),
        }
    }
    tables
}

const ANSWER_KEYS: &[&str] = &["request", "status", "headers", "body", "times"];

/// Reads one `[[http]]`.
fn answer<'a>(reader: &mut Reader<'a>, line: usize, table: toml::de::DeTable<'a>) -> Option<Answer> {
    let mut fields = reader.fields("an [[http]]", line, table);
    let request = fields.required_text(reader, "request");
    let mut number = |reader: &mut Reader<'a>, key: &str, range: std::ops::RangeInclusive<i64>| {
        let At { line, value } = fields.take(key)?;
        let number = reader.json(line, value);
        let within = number.as_i64().filter(|number| range.contains(number));
        if within.is_none() {
            reader.fault(
                line,
                format!("`{key}` is a number from {} to {}, and here it is {number}", range.start(), range.end()),
            );
        }
        within
    };
    let status = number(reader, "status", 100..=599).and_then(|status| u16::try_from(status).ok()).unwrap_or(200);
    let times = number(reader, "times", 1..=1_000_000).and_then(|times| usize::try_from(times).ok());
    let body = fields.take("body").map_or(Value::Null, |At { line, value }| reader.json(line, value));
    let headers = fields.take("headers").map_or(Value::Null, |At { line, value }| reader.json(line, value));
    let headers = headers.as_object().into_iter().flatten();
    let headers = headers.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
    fields.finish(reader, ANSWER_KEYS, |_| None);
    let (method, path) = step::method_and_path(reader, line, "request", &request?)?;
    Some(Answer { method, path, status, headers, body, times })
}

#[cfg(test)]
mod tests;
