//! Reading TOML with its lines: each key is taken by its name and type, and what is left over at the end is a fault.

use super::placeholder;
use crate::spelling::nearest;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Something wrong in a script.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Fault {
    pub(in super::super) line: usize,
    /// A sentence without a full stop.
    pub(in super::super) problem: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

/// What stands in a line.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct At<T> {
    pub(in super::super) line: usize,
    pub(in super::super) value: T,
}

/// A placeholder that a script uses, or a name that it gives to something.
#[derive(Clone, Debug)]
pub(super) struct Mention {
    pub(super) line: usize,
    pub(super) name: String,
}

/// Reads a script, and gathers all that is wrong with it.
pub(super) struct Reader<'a> {
    text: &'a str,
    pub(super) faults: Vec<Fault>,
    /// Everybody whom the script names.
    pub(super) users: BTreeSet<String>,
    /// The placeholders, in the order of the script.
    pub(super) used: Vec<Mention>,
    /// What steps keep by a name of its own: rooms, and parts of replies.
    pub(super) named: Vec<Mention>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, faults: Vec::new(), users: BTreeSet::new(), used: Vec::new(), named: Vec::new() }
    }

    /// All of the file; none when it is no TOML.
    pub(super) fn whole(&mut self) -> Option<Fields<'a>> {
        match DeTable::parse(self.text) {
            Ok(table) => Some(self.fields("a script", 1, table.into_inner())),
            Err(error) => {
                let line = self.line(&error.span().unwrap_or_default());
                let problem = error.message().lines().collect::<Vec<_>>().join(", ");
                self.fault(line, format!("this is no TOML: {problem}"));
                None
            }
        }
    }

    pub(super) fn fault(&mut self, line: usize, problem: impl Into<String>) {
        self.faults.push(Fault { line, problem: problem.into() });
    }

    /// The keys of a table, in the order of the file. `what` begins sentences about it.
    pub(super) fn fields(&mut self, what: &'static str, line: usize, table: DeTable<'a>) -> Fields<'a> {
        let mut fields: Vec<_> = table
            .into_iter()
            .map(|(key, value)| Field { line: self.line(&key.span()), key: key.into_inner().into_owned(), value })
            .collect();
        fields.sort_by_key(|field| field.value.span().start);
        Fields { what, line, fields }
    }

    /// The line of a place in the file, from 1.
    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        self.text.get(..span.start).unwrap_or(self.text).matches('\n').count() + 1
    }

    /// A text, whose placeholders are noted.
    pub(super) fn text(&mut self, line: usize, what: &str, value: DeValue<'_>) -> Option<String> {
        match value {
            DeValue::String(text) => {
                self.note(line, &text);
                Some(text.into_owned())
            }
            other => {
                self.fault(line, format!("{what} is a text, and here it is {}", shown(&other)));
                None
            }
        }
    }

    /// Any value as JSON; the placeholders of its texts are noted.
    pub(super) fn json(&mut self, line: usize, value: DeValue<'_>) -> Value {
        if let DeValue::String(text) = &value {
            self.note(line, text);
        }
        match value {
            DeValue::String(text) => Value::String(text.into_owned()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).map_or_else(
                |_| {
                    self.fault(line, format!("{number} is beyond the numbers that TOML has"));
                    Value::Null
                },
                Value::from,
            ),
            DeValue::Float(number) => number.as_str().parse::<f64>().map_or(Value::Null, Value::from),
            DeValue::Boolean(value) => Value::Bool(value),
            DeValue::Datetime(time) => Value::String(time.to_string()),
            DeValue::Array(items) => items.into_iter().map(|item| self.json_at(item)).collect(),
            DeValue::Table(table) => Value::Object(self.object(table)),
        }
    }

    /// A table as JSON.
    pub(super) fn object(&mut self, table: DeTable<'_>) -> Map<String, Value> {
        table.into_iter().map(|(key, value)| (key.into_inner().into_owned(), self.json_at(value))).collect()
    }

    fn json_at(&mut self, value: Spanned<DeValue<'_>>) -> Value {
        let line = self.line(&value.span());
        self.json(line, value.into_inner())
    }

    /// Somebody's name.
    pub(super) fn user(&mut self, line: usize, what: &str, value: DeValue<'_>) -> Option<String> {
        let name = self.text(line, what, value)?;
        self.known_user(line, name)
    }

    fn known_user(&mut self, line: usize, name: String) -> Option<String> {
        if name.is_empty() || name.contains("${") {
            self.fault(
                line,
                format!("{name:?} is no user's name: a user is whoever the script names, such as \"ada\""),
            );
            return None;
        }
        self.users.insert(name.clone());
        Some(name)
    }

    /// One thing or a list of them, as a list.
    pub(super) fn list(&mut self, line: usize, value: DeValue<'a>) -> Vec<At<DeValue<'a>>> {
        match value {
            DeValue::Array(items) => {
                items.into_iter().map(|item| At { line: self.line(&item.span()), value: item.into_inner() }).collect()
            }
            one => vec![At { line, value: one }],
        }
    }

    /// `{ ada = … }`: something of each user.
    pub(super) fn by_user(&mut self, line: usize, what: &str, value: DeValue<'a>) -> Vec<(String, At<DeValue<'a>>)> {
        let DeValue::Table(table) = value else {
            self.fault(line, format!("{what} says whose, as in {{ ada = … }}, and here it is {}", shown(&value)));
            return Vec::new();
        };
        let fields = self.fields("", line, table).fields;
        let of_user = |field: Field<'a>| {
            let user = self.known_user(field.line, field.key)?;
            Some((user, At { line: field.line, value: field.value.into_inner() }))
        };
        fields.into_iter().filter_map(of_user).collect()
    }

    fn note(&mut self, line: usize, text: &str) {
        match placeholder::names(text) {
            Ok(names) => self.used.extend(names.into_iter().map(|name| Mention { line, name: name.to_owned() })),
            Err(problem) => self.fault(line, problem),
        }
    }
}

/// A key with what it is set to.
struct Field<'a> {
    line: usize,
    key: String,
    value: Spanned<DeValue<'a>>,
}

/// The keys of a table that have not been taken yet.
pub(super) struct Fields<'a> {
    what: &'static str,
    pub(super) line: usize,
    fields: Vec<Field<'a>>,
}

impl<'a> Fields<'a> {
    /// Takes a key.
    pub(super) fn take(&mut self, key: &str) -> Option<At<DeValue<'a>>> {
        let place = self.fields.iter().position(|field| field.key == key)?;
        let field = self.fields.remove(place);
        Some(At { line: field.line, value: field.value.into_inner() })
    }

    /// Takes the text of a key.
    pub(super) fn text(&mut self, reader: &mut Reader<'a>, key: &str) -> Option<At<String>> {
        let At { line, value } = self.take(key)?;
        Some(At { line, value: reader.text(line, &format!("`{key}`"), value)? })
    }

    /// Takes a text that has to be there.
    pub(super) fn required_text(&mut self, reader: &mut Reader<'a>, key: &str) -> Option<String> {
        if !self.has(key) {
            reader.fault(self.line, format!("{} says `{key}`, and this one does not", self.what));
        }
        Some(self.text(reader, key)?.value)
    }

    /// Takes a key that is true or false; false where it is absent.
    pub(super) fn flag(&mut self, reader: &mut Reader<'a>, key: &str) -> bool {
        match self.take(key) {
            None => false,
            Some(At { value: DeValue::Boolean(flag), .. }) => flag,
            Some(At { line, value }) => {
                reader.fault(line, format!("`{key}` is true or false, and here it is {}", shown(&value)));
                false
            }
        }
    }

    /// Takes the name of a user.
    pub(super) fn user(&mut self, reader: &mut Reader<'a>, key: &str) -> Option<String> {
        let At { line, value } = self.take(key)?;
        reader.user(line, &format!("`{key}`"), value)
    }

    /// Whether a key is there and not taken.
    pub(super) fn has(&self, key: &str) -> bool {
        self.fields.iter().any(|field| field.key == key)
    }

    /// Says of each key that was not taken that it does not belong here: in the words of `why`, or as unknown beside the
    /// keys that there are.
    pub(super) fn finish(self, reader: &mut Reader<'a>, known: &[&str], why: impl Fn(&str) -> Option<String>) {
        let Self { what, fields, .. } = self;
        for Field { line, key, .. } in fields {
            let problem = why(&key).unwrap_or_else(|| match nearest(&key, known.iter().copied()) {
                Some(known) => format!("{what} has no key `{key}`, did you mean `{known}`?"),
                None => format!("{what} has no key `{key}`; it has {}", listed(known)),
            });
            reader.fault(line, problem);
        }
    }
}

/// Keys as a sentence lists them.
fn listed(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}

/// A value, as a sentence shows what stands where something else should.
pub(super) fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{text:?}"),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
