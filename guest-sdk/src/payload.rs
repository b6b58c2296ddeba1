//! What RPCs take and return.

use crate::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// JSON, in a payload or in a result.
///
/// As a parameter it is taken apart in place: `fn buy(ctx: &Context, Json(order): Json<Order>) -> Result<Json<Receipt>>`.
/// An empty payload counts as `null`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

/// What an RPC can take as its payload: `String` for the text as it came, [`Json`] for anything that serde reads, and
/// `()` for nothing.
#[diagnostic::on_unimplemented(
    message = "an RPC cannot take `{Self}` as its payload",
    label = "take `String`, `Json<…>` or `()`",
    note = "`Json<T>` works for every `T` that implements `serde::Deserialize`"
)]
pub trait FromPayload: Sized {
    /// Reads a payload.
    ///
    /// # Errors
    /// Invalid argument (3) when the payload is not what the function takes.
    fn from_payload(payload: String) -> Result<Self>;
}

/// What an RPC can return inside its `Result`: `String` for a text as it is, [`Json`] for anything that serde writes,
/// and `()` for nothing.
#[diagnostic::on_unimplemented(
    message = "an RPC cannot return `Result<{Self}>`",
    label = "return `Result` of `String`, `Json<…>` or `()`",
    note = "`Json<T>` works for every `T` that implements `serde::Serialize`"
)]
pub trait IntoPayload {
    /// Writes a payload.
    ///
    /// # Errors
    /// Internal (13) when the value cannot be written as JSON.
    fn into_payload(self) -> Result<String>;
}

impl FromPayload for String {
    fn from_payload(payload: String) -> Result<Self> {
        Ok(payload)
    }
}

impl FromPayload for () {
    fn from_payload(_: String) -> Result<Self> {
        Ok(())
    }
}

impl<T: DeserializeOwned> FromPayload for Json<T> {
    fn from_payload(payload: String) -> Result<Self> {
        let text = if payload.is_empty() { "null" } else { &payload };
        serde_json::from_str(text).map(Json).map_err(|error| Error::invalid_argument(format!("bad payload: {error}")))
    }
}

impl IntoPayload for String {
    fn into_payload(self) -> Result<String> {
        Ok(self)
    }
}

impl IntoPayload for &str {
    fn into_payload(self) -> Result<String> {
        Ok(self.to_owned())
    }
}

impl IntoPayload for () {
    fn into_payload(self) -> Result<String> {
        Ok(String::new())
    }
}

impl<T: Serialize> IntoPayload for Json<T> {
    fn into_payload(self) -> Result<String> {
        Ok(serde_json::to_string(&self.0)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::code;

    #[test]
    fn json_is_read_and_written() {
        let Json(numbers) = Json::<Vec<u8>>::from_payload("[1,2]".into()).expect("a list of numbers");
        assert_eq!(numbers, [1, 2]);
        assert_eq!(Json(numbers).into_payload(), Ok("[1,2]".to_owned()));
    }

    #[test]
    fn an_empty_payload_is_null() {
        assert_eq!(Json::<Option<u8>>::from_payload(String::new()), Ok(Json(None)));
    }

    #[test]
    fn json_of_another_shape_is_the_callers_fault() {
        let error = Json::<Vec<u8>>::from_payload("{}".into()).expect_err("an object is no list");
        assert_eq!(error.code, code::INVALID_ARGUMENT);
        assert!(error.message.starts_with("bad payload: "), "{}", error.message);
    }
}
