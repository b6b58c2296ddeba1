//! What came against what is expected: a part of it is enough.

use super::script::placeholder::{ANY, NONE, Piece, pieces};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::collections::BTreeMap;

/// What placeholders stand for.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope(BTreeMap<String, String>);

/// One place where what came is not what is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    /// Where, from what was compared: `.items[0].name`; empty for all of it.
    pub(super) path: String,
    pub(super) expected: String,
    /// None: nothing.
    pub(super) came: Option<String>,
}

impl Scope {
    pub(super) fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A text with its placeholders put in.
    ///
    /// # Errors
    /// For one that stands for nothing yet.
    pub(super) fn text(&self, text: &str) -> Result<String, String> {
        self.put_in(text, str::to_owned)
    }

    /// A path with its placeholders put in, each as it stands in a URL.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub(super) fn path(&self, path: &str) -> Result<String, String> {
        self.put_in(path, |value| utf8_percent_encode(value, NON_ALPHANUMERIC).to_string())
    }

    fn put_in(&self, text: &str, form: impl Fn(&str) -> String) -> Result<String, String> {
        pieces(text)?
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(text) => Ok(text.to_owned()),
                Piece::Name(name @ (ANY | NONE)) => {
                    Err(format!("`${{{name}}}` stands in what is expected, and {text:?} is what is sent"))
                }
                Piece::Name(name) => self.get(name).map(&form).ok_or_else(|| unknown(name)),
            })
            .collect()
    }

    /// A value with the placeholders of its texts put in.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub(super) fn value(&self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) => Value::String(self.text(text)?),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect::<Result<_, _>>()?,
            Value::Object(fields) => {
                let fields = fields.iter().map(|(key, value)| Ok((key.clone(), self.value(value)?)));
                Value::Object(fields.collect::<Result<_, String>>()?)
            }
            other => other.clone(),
        })
    }

    /// Whether a text is what is expected, where `${*}` is any text.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub(super) fn matches(&self, expected: &str, came: &str) -> Result<bool, String> {
        // What stands between the places where anything may be.
        let mut fixed = vec![String::new()];
        for piece in pieces(expected)? {
            match piece {
                Piece::Name(ANY) => fixed.push(String::new()),
                Piece::Text(text) => last(&mut fixed).push_str(text),
                Piece::Name(name) => last(&mut fixed).push_str(self.get(name).ok_or_else(|| unknown(name))?),
            }
        }
        let (first, rest) = fixed.split_first().ok_or_else(|| unknown(ANY))?;
        let Some((end, between)) = rest.split_last() else { return Ok(first == came) };
        let Some(mut middle) = came.strip_prefix(first.as_str()).and_then(|came| came.strip_suffix(end.as_str()))
        else {
            return Ok(false);
        };
        for part in between {
            match middle.split_once(part.as_str()) {
                Some((_, after)) => middle = after,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Whether a text has a part that is expected in it.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub(super) fn has(&self, came: &str, part: &str) -> Result<bool, String> {
        self.matches(&format!("${{*}}{part}${{*}}"), came)
    }

    /// Where what came is not what is expected: objects may have more fields, lists are as long, and a text that is JSON is
    /// taken as what it says where a text is not expected.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub(super) fn compare(&self, expected: &Value, came: &Value) -> Result<Vec<Mismatch>, String> {
        let mut found = Vec::new();
        self.compare_at("", expected, Some(came), &mut found)?;
        Ok(found)
    }

    /// Whether nothing differs.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub(super) fn fits(&self, expected: &Value, came: &Value) -> Result<bool, String> {
        Ok(self.compare(expected, came)?.is_empty())
    }

    fn compare_at(
        &self,
        path: &str,
        expected: &Value,
        came: Option<&Value>,
        found: &mut Vec<Mismatch>,
    ) -> Result<(), String> {
        let mut differs = |came: Option<&Value>| {
            found.push(Mismatch { path: path.to_owned(), expected: shown(expected), came: came.map(shown) });
            Ok(())
        };
        let came = match (expected.as_str(), came) {
            (Some("${none}"), None) => return Ok(()),
            (Some("${none}"), Some(_)) => {
                found.push(Mismatch { path: path.to_owned(), expected: "nothing".to_owned(), came: came.map(shown) });
                return Ok(());
            }
            (Some("${*}"), Some(_)) => return Ok(()),
            (_, None) => return differs(None),
            (_, Some(came)) => came,
        };
        let read =
            if expected.is_string() { None } else { came.as_str().and_then(|text| serde_json::from_str(text).ok()) };
        let value = read.as_ref().unwrap_or(came);
        match (expected, value) {
            (Value::Object(fields), Value::Object(others)) => {
                for (key, expected) in fields {
                    self.compare_at(&format!("{path}.{key}"), expected, others.get(key), found)?;
                }
                Ok(())
            }
            (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
                for (place, (expected, came)) in items.iter().zip(others).enumerate() {
                    self.compare_at(&format!("{path}[{place}]"), expected, Some(came), found)?;
                }
                Ok(())
            }
            (Value::String(expected), Value::String(text)) if self.matches(expected, text)? => Ok(()),
            (Value::Number(one), Value::Number(other)) if one.as_f64() == other.as_f64() => Ok(()),
            (expected, value) if expected == value => Ok(()),
            _ => differs(Some(came)),
        }
    }
}

fn unknown(name: &str) -> String {
    format!("`${{{name}}}` stands for nothing yet")
}

fn last(texts: &mut Vec<String>) -> &mut String {
    if texts.is_empty() {
        texts.push(String::new());
    }
    let end = texts.len() - 1;
    &mut texts[end]
}

/// As much of a value as a report shows.
const SHOWN: usize = 400;

/// A value as a report shows it.
pub(super) fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.len() {
        0..=SHOWN => text,
        bytes => format!("{}… ({bytes} bytes)", &text[..text.floor_char_boundary(SHOWN)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn scope() -> Scope {
        let mut scope = Scope::default();
        scope.set("ada", "id-of-ada");
        scope
    }

    fn mismatches(expected: &Value, came: &Value) -> Vec<String> {
        let found = scope().compare(expected, came).unwrap();
        let line =
            |Mismatch { path, expected, came }| format!("{path}: {expected}, {}", came.as_deref().unwrap_or("nothing"));
        found.into_iter().map(line).collect()
    }

    #[test]
    fn a_part_is_enough() {
        for (expected, came) in [
            (json!({ "a": 1 }), json!({ "a": 1, "b": 2 })),
            (json!({ "a": [{ "b": 1 }] }), json!({ "a": [{ "b": 1, "c": 2 }] })),
            (json!({ "a": 1 }), json!(r#"{"a":1,"b":2}"#)),
            (json!({ "content": { "text": "skål" } }), json!({ "content": r#"{"text":"skål"}"# })),
            (json!(2), json!("2")),
            (json!(2), json!(2.0)),
            (json!(true), json!("true")),
            (json!("2"), json!("2")),
            (json!({ "by": "${ada}" }), json!({ "by": "id-of-ada" })),
            (json!("hello ${*}, you are ${ada}"), json!("hello Björn, you are id-of-ada")),
            (json!({ "a": "${*}", "b": "${none}" }), json!({ "a": [1] })),
            (json!("$${ada}"), json!("${ada}")),
        ] {
            assert_eq!(mismatches(&expected, &came), [""; 0], "{expected} {came}");
        }
    }

    #[test]
    fn what_differs_is_told_with_its_place() {
        for (expected, came, told) in [
            (json!("a"), json!("b"), r#": "a", "b""#),
            (json!("2"), json!(2), r#": "2", 2"#),
            (json!({ "a": { "b": 1 } }), json!({ "a": {} }), ".a.b: 1, nothing"),
            (json!({ "a": [1, 2] }), json!({ "a": [1] }), ".a: [1,2], [1]"),
            (json!([{ "a": 1 }]), json!([{ "a": 2 }]), "[0].a: 1, 2"),
            (json!({ "a": "${none}" }), json!({ "a": 1 }), ".a: nothing, 1"),
            (json!("x${*}x"), json!("x"), r#": "x${*}x", "x""#),
            (json!("a${*}b${*}c"), json!("a1c"), r#": "a${*}b${*}c", "a1c""#),
        ] {
            assert_eq!(mismatches(&expected, &came), [told], "{expected} {came}");
        }
        assert!(scope().compare(&json!("${ben}"), &json!("x")).is_err());
    }
}
