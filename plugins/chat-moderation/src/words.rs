//! Words that are refused, and words that are masked.

use meadhall_guest::prelude::*;
use serde_json::Value;
use std::collections::HashSet;

const FORBIDDEN: &str = "nithing, oathbreaker";
const MASKED: &str = "troll";

/// Reviews what a player wants to say: a JSON object, as text. Returns it with its milder words masked; none when it can
/// stay as it is.
pub(crate) fn review(ctx: &Context, content: &str) -> Result<Option<String>> {
    // Content that is no JSON is for the server to refuse, in its own words.
    let Ok(mut content) = serde_json::from_str::<Value>(content) else { return Ok(None) };
    let words = Words {
        forbidden: listed(ctx.config("forbidden_words").unwrap_or(FORBIDDEN)),
        masked: listed(ctx.config("masked_words").unwrap_or(MASKED)),
    };
    match words.review(&mut content) {
        Ok(true) => Ok(Some(content.to_string())),
        Ok(false) => Ok(None),
        Err(word) => Err(Error::invalid_argument(format!("Your message was not sent: {word:?} is not welcome here."))),
    }
}

/// Words between commas, in lower case.
fn listed(words: &str) -> HashSet<String> {
    words.split(',').map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty()).collect()
}

struct Words {
    forbidden: HashSet<String>,
    masked: HashSet<String>,
}

impl Words {
    /// Masks words in all texts of a message, however deep they lie. Returns whether it changed something; the error is a
    /// forbidden word.
    fn review(&self, content: &mut Value) -> Result<bool, String> {
        match content {
            Value::String(text) => self.review_text(text),
            Value::Array(values) => self.review_all(values.iter_mut()),
            Value::Object(fields) => self.review_all(fields.values_mut()),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(false),
        }
    }

    fn review_all<'a>(&self, values: impl Iterator<Item = &'a mut Value>) -> Result<bool, String> {
        let mut changed = false;
        for value in values {
            changed |= self.review(value)?;
        }
        Ok(changed)
    }

    fn review_text(&self, text: &mut String) -> Result<bool, String> {
        let is_between_words = |letter: char| !letter.is_alphanumeric();
        let (mut reviewed, mut changed) = (String::with_capacity(text.len()), false);
        for piece in text.split_inclusive(is_between_words) {
            let word = piece.trim_end_matches(is_between_words);
            let known = word.to_lowercase();
            if self.forbidden.contains(&known) {
                return Err(known);
            }
            if self.masked.contains(&known) {
                reviewed.extend(word.chars().map(|_| '*'));
                changed = true;
            } else {
                reviewed.push_str(word);
            }
            reviewed.push_str(&piece[word.len()..]);
        }
        *text = reviewed;
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message after the review, or the forbidden word.
    fn reviewed(mut content: Value) -> Result<Value, String> {
        let words = Words { forbidden: listed("nithing, Oathbreaker,"), masked: listed(" troll") };
        let before = content.clone();
        let changed = words.review(&mut content)?;
        assert_eq!(changed, content != before);
        Ok(content)
    }

    #[test]
    fn forbidden_words_are_found_in_any_case_and_place() {
        for text in ["nithing", "You NITHING!", "an oathbreaker, he is", "(nithing)"] {
            assert!(reviewed(json!({ "text": text })).is_err(), "{text:?}");
        }
        assert_eq!(reviewed(json!({ "text": "hi", "more": [1, { "deep": "nithing" }] })), Err("nithing".into()));
    }

    #[test]
    fn masked_words_become_stars_and_the_rest_stays() {
        let masked = reviewed(json!({ "text": "A Troll, a troll! And a trollop.", "n": 1 }));
        assert_eq!(masked, Ok(json!({ "text": "A *****, a *****! And a trollop.", "n": 1 })));
    }

    #[test]
    fn what_has_no_such_word_stays_as_it_is() {
        for text in ["", "skål, grüezi 🦊", "  two  spaces ", "nithings"] {
            assert_eq!(reviewed(json!({ "text": text })), Ok(json!({ "text": text })));
        }
    }
}
