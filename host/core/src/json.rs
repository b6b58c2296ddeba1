//! JSON that is stored and passed on as the text that was given: it is looked over, and no value is built of it.

use serde::de::IgnoredAny;

/// Whether a text is one JSON object.
pub(crate) fn is_object(text: &str) -> bool {
    text.trim_ascii_start().starts_with('{') && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_object;

    #[test]
    fn only_one_whole_object_is_one() {
        for good in ["{}", "  {\"a\":1}", "{ \"z\": 1,  \"a\" : 2 , \"a\": 3 }", "{\"a\":{\"b\":[{},[]]}}\n"] {
            assert!(is_object(good), "{good:?}");
        }
        for bad in ["", " ", "[1]", "\"hello\"", "42", "null", "hello", "{\"a\":", "{} {}", "{'a':1}", "{\"a\":1,}"] {
            assert!(!is_object(bad), "{bad:?}");
        }
    }
}
