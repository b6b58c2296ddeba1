//! Why something failed.

pub use crate::bindings::meadhall::plugin::types::Error;

/// What a plugin's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The codes of [`Error`], as gRPC has them.
pub mod code {
    /// The caller gave up.
    pub const CANCELLED: u32 = 1;
    /// No other code fits.
    pub const UNKNOWN: u32 = 2;
    /// The caller asked for something that makes no sense.
    pub const INVALID_ARGUMENT: u32 = 3;
    /// It took too long.
    pub const DEADLINE_EXCEEDED: u32 = 4;
    /// What was asked for does not exist.
    pub const NOT_FOUND: u32 = 5;
    /// What was to be created exists.
    pub const ALREADY_EXISTS: u32 = 6;
    /// The caller may not do this.
    pub const PERMISSION_DENIED: u32 = 7;
    /// A limit is reached.
    pub const RESOURCE_EXHAUSTED: u32 = 8;
    /// Things are not in the state that this needs.
    pub const FAILED_PRECONDITION: u32 = 9;
    /// Something else happened at the same time; trying again may help.
    pub const ABORTED: u32 = 10;
    /// Past the end of something.
    pub const OUT_OF_RANGE: u32 = 11;
    /// This does not exist yet.
    pub const UNIMPLEMENTED: u32 = 12;
    /// Something is broken that should not be.
    pub const INTERNAL: u32 = 13;
    /// Not now; trying again later may help.
    pub const UNAVAILABLE: u32 = 14;
    /// The call needs a user.
    pub const UNAUTHENTICATED: u32 = 16;
}

impl Error {
    /// An error of any code (see [`code`]). Clients read the message.
    pub fn new(code: u32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The caller asked for something that makes no sense (3, HTTP 400).
    pub fn invalid_argument(message: impl Into<String>) -> Self {
        Self::new(code::INVALID_ARGUMENT, message)
    }

    /// What was asked for does not exist (5, HTTP 404).
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(code::NOT_FOUND, message)
    }

    /// What was to be created exists (6, HTTP 409).
    pub fn already_exists(message: impl Into<String>) -> Self {
        Self::new(code::ALREADY_EXISTS, message)
    }

    /// The caller may not do this (7, HTTP 403).
    pub fn permission_denied(message: impl Into<String>) -> Self {
        Self::new(code::PERMISSION_DENIED, message)
    }

    /// A limit is reached (8, HTTP 429).
    pub fn resource_exhausted(message: impl Into<String>) -> Self {
        Self::new(code::RESOURCE_EXHAUSTED, message)
    }

    /// Things are not in the state that this needs (9, HTTP 400).
    pub fn failed_precondition(message: impl Into<String>) -> Self {
        Self::new(code::FAILED_PRECONDITION, message)
    }

    /// Something else happened at the same time (10, HTTP 409).
    pub fn aborted(message: impl Into<String>) -> Self {
        Self::new(code::ABORTED, message)
    }

    /// This does not exist yet (12, HTTP 501).
    pub fn unimplemented(message: impl Into<String>) -> Self {
        Self::new(code::UNIMPLEMENTED, message)
    }

    /// Something is broken that should not be (13, HTTP 500).
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(code::INTERNAL, message)
    }

    /// Not now (14, HTTP 503).
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(code::UNAVAILABLE, message)
    }

    /// The call needs a user (16, HTTP 401).
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(code::UNAUTHENTICATED, message)
    }
}

/// A plain text is an internal error (13): `Err("out of mead".into())`.
impl From<&str> for Error {
    fn from(message: &str) -> Self {
        Self::internal(message)
    }
}

/// A plain text is an internal error (13).
impl From<String> for Error {
    fn from(message: String) -> Self {
        Self::internal(message)
    }
}

/// JSON that cannot be read or written is an internal error (13); [`Json`](crate::Json) as a payload answers 3.
impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_json_faults_become_internal_errors() {
        let text: Error = "out of mead".into();
        assert_eq!(text, Error::internal("out of mead"));
        let json: Error = serde_json::from_str::<u8>("[").expect_err("this is no number").into();
        assert_eq!(json.code, code::INTERNAL);
    }
}
