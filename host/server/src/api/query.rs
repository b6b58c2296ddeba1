//! The parameters of a request: what stands in its path and its query.
//!
//! A query names a field as the messages do (`lang_tag`) or in lowerCamelCase (`langTag`); one that holds several values
//! is repeated (`ids=a&ids=b`). The texts of refusals are those of the gateway that clients know.

use crate::failure::Failure;
use meadhall_protocol::error::Code;
use meadhall_protocol::timestamp::{InvalidTimestamp, Timestamp};
use std::num::IntErrorKind;

/// Path variables and query parameters, decoded.
#[derive(Clone, Debug, Default)]
pub(super) struct Query {
    path: Vec<(&'static str, String)>,
    parameters: Vec<(String, String)>,
}

impl Query {
    /// Takes a query apart.
    ///
    /// # Errors
    /// When it has a broken escape.
    pub(super) fn parse(path: Vec<(&'static str, String)>, query: &str) -> Result<Self, Failure> {
        if let Some(broken) = broken_escape(query) {
            return Err(Failure::new(Code::InvalidArgument, format!("invalid URL escape {broken:?}")));
        }
        let parameters = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Ok(Self { path, parameters })
    }

    /// All values of a field.
    pub(super) fn texts(&self, field: &str) -> Vec<String> {
        self.values(field).map(str::to_owned).collect()
    }

    /// A variable of the path; empty when it is not there.
    pub(super) fn variable(&self, name: &str) -> &str {
        self.path.iter().find(|(variable, _)| *variable == name).map_or("", |(_, value)| value)
    }

    /// Whether a parameter is there, with or without a value.
    pub(super) fn has(&self, parameter: &str) -> bool {
        self.first(parameter).is_some()
    }

    /// The first value of a parameter.
    pub(super) fn first(&self, parameter: &str) -> Option<&str> {
        self.parameters.iter().find(|(name, _)| name == parameter).map(|(_, value)| value.as_str())
    }

    /// The parameters that are to be kept, each with all its values.
    pub(super) fn into_grouped(self, kept: impl Fn(&str) -> bool) -> Vec<(String, Vec<String>)> {
        let mut grouped: Vec<(String, Vec<String>)> = Vec::new();
        for (name, value) in self.parameters.into_iter().filter(|(name, _)| kept(name)) {
            match grouped.iter_mut().find(|(seen, _)| *seen == name) {
                Some((_, values)) => values.push(value),
                None => grouped.push((name, vec![value])),
            }
        }
        grouped
    }

    /// A text field; empty when it is not there.
    ///
    /// # Errors
    /// When it is there more than once.
    pub(super) fn text(&self, field: &str) -> Result<String, Failure> {
        match self.path.iter().find(|(name, _)| *name == field) {
            Some((_, value)) => Ok(value.clone()),
            None => Ok(self.single(field)?.unwrap_or_default().to_owned()),
        }
    }

    /// A boolean field.
    ///
    /// # Errors
    /// When it is no boolean, or there more than once.
    pub(super) fn flag(&self, field: &str) -> Result<Option<bool>, Failure> {
        let Some(text) = self.single(field)? else { return Ok(None) };
        match text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Some(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Some(false)),
            _ => Err(unparsed(field, "ParseBool", text, "invalid syntax")),
        }
    }

    /// A number field.
    ///
    /// # Errors
    /// When it is no number of 32 bits, or there more than once.
    pub(super) fn integer(&self, field: &str) -> Result<Option<i32>, Failure> {
        let Some(text) = self.single(field)? else { return Ok(None) };
        text.parse().map(Some).map_err(|error: std::num::ParseIntError| match error.kind() {
            IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => {
                unparsed(field, "ParseInt", text, "value out of range")
            }
            _ => unparsed(field, "ParseInt", text, "invalid syntax"),
        })
    }

    /// A field that is a moment, in the form of RFC 3339.
    ///
    /// # Errors
    /// When it is no moment, or there more than once.
    pub(super) fn time(&self, field: &str) -> Result<Option<Timestamp>, Failure> {
        let Some(text) = self.single(field)? else { return Ok(None) };
        let refused = |error| format!("parsing field {field:?}: {text:?} is {error}");
        text.parse().map(Some).map_err(|error: InvalidTimestamp| Failure::new(Code::InvalidArgument, refused(error)))
    }

    fn single(&self, field: &str) -> Result<Option<&str>, Failure> {
        let mut values = self.values(field);
        let first = values.next();
        if values.next().is_some() {
            let all = self.texts(field).join(", ");
            let message = format!("too many values for field {field:?}: {all}");
            return Err(Failure::new(Code::InvalidArgument, message));
        }
        Ok(first)
    }

    fn values(&self, field: &str) -> impl Iterator<Item = &str> {
        self.parameters.iter().filter(move |(name, _)| names(name, field)).map(|(_, value)| value.as_str())
    }
}

fn unparsed(field: &str, function: &str, text: &str, problem: &str) -> Failure {
    Failure::new(
        Code::InvalidArgument,
        format!("parsing field {field:?}: strconv.{function}: parsing {text:?}: {problem}"),
    )
}

/// Whether a parameter is a field, under its own name (`lang_tag`) or in lowerCamelCase (`langTag`).
fn names(parameter: &str, field: &str) -> bool {
    parameter == field || camel_case(field).eq(parameter.chars())
}

fn camel_case(field: &str) -> impl Iterator<Item = char> {
    let mut capital = false;
    field.chars().filter_map(move |letter| {
        if letter == '_' {
            capital = true;
            return None;
        }
        Some(if std::mem::take(&mut capital) { letter.to_ascii_uppercase() } else { letter })
    })
}

/// The first `%` that is not followed by two hexadecimal digits, with what follows it.
pub(super) fn broken_escape(text: &str) -> Option<&str> {
    let broken = |at: &usize| {
        let digits = text.as_bytes().get(at + 1..at + 3).unwrap_or_default();
        digits.len() < 2 || !digits.iter().all(u8::is_ascii_hexdigit)
    };
    let at = text.match_indices('%').map(|(at, _)| at).find(broken)?;
    let mut end = (at + 3).min(text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    Some(&text[at..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        Query::parse(vec![("channel_id", "2...hall".into())], text).unwrap()
    }

    #[test]
    fn fields_are_found_under_both_names() {
        assert_eq!(query("facebook_ids=a&facebookIds=b").texts("facebook_ids"), ["a", "b"]);
        assert_eq!(query("facebookids=a&facebook_Ids=b").texts("facebook_ids"), [""; 0]);
    }

    #[test]
    fn a_path_variable_is_a_field() {
        assert_eq!(query("channel_id=other").text("channel_id").unwrap(), "2...hall");
    }

    #[test]
    fn values_are_decoded() {
        assert_eq!(query("username=z%C3%BCri+west").text("username").unwrap(), "züri west");
        assert_eq!(query("username").text("username").unwrap(), "");
        assert_eq!(query("").text("username").unwrap(), "");
    }

    #[test]
    fn parameters_are_grouped_in_their_order() {
        let grouped = query("y=2&x=1&http_key=k&y=3").into_grouped(|name| name != "http_key");
        let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(grouped, [("y".to_owned(), texts(&["2", "3"])), ("x".to_owned(), texts(&["1"]))]);
        assert!(query("a&unwrap").has("unwrap"));
        assert!(!query("a=unwrap").has("unwrap"));
    }

    #[test]
    fn flags_and_numbers_are_read() {
        for (text, value) in [("create=true", true), ("create=1", true), ("create=F", false), ("create=False", false)] {
            assert_eq!(query(text).flag("create"), Ok(Some(value)), "{text}");
        }
        assert_eq!(query("").flag("create"), Ok(None));
        assert_eq!(query("limit=-5").integer("limit"), Ok(Some(-5)));
    }

    #[test]
    fn bad_values_are_refused() {
        let cases = [
            (
                query("create=maybe").flag("create").err(),
                r#"parsing field "create": strconv.ParseBool: parsing "maybe": invalid syntax"#,
            ),
            (
                query("create=").flag("create").err(),
                r#"parsing field "create": strconv.ParseBool: parsing "": invalid syntax"#,
            ),
            (
                query("limit=many").integer("limit").err(),
                r#"parsing field "limit": strconv.ParseInt: parsing "many": invalid syntax"#,
            ),
            (
                query("limit=5000000000").integer("limit").err(),
                r#"parsing field "limit": strconv.ParseInt: parsing "5000000000": value out of range"#,
            ),
            (query("username=a&username=b").text("username").err(), r#"too many values for field "username": a, b"#),
            (Query::parse(Vec::new(), "a=%zz").err(), r#"invalid URL escape "%zz""#),
            (Query::parse(Vec::new(), "a=%").err(), r#"invalid URL escape "%""#),
            (Query::parse(Vec::new(), "a=%1ü").err(), r#"invalid URL escape "%1ü""#),
        ];
        for (failure, text) in cases {
            let failure = failure.expect(text);
            assert_eq!((failure.code, &*failure.message), (Code::InvalidArgument, text));
        }
    }
}
