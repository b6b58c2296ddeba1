//! What the code of `#[plugin]` calls, so that it is short and its mistakes read well. No part of the API.

use crate::hook::{Before, Hook, Message, ReplyOf, RequestOf};
use crate::message::Timestamp;
use crate::plugin::Outcome;
use crate::{Error, FromPayload, IntoPayload, Result};

/// Has the panics of this instance logged, from its first call on: an error of one line, in place of what the standard
/// library prints over several. A hook that the plugin sets by itself stays.
#[cfg(target_family = "wasm")]
pub fn log_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            crate::log::write(crate::log::Level::Error, &one_line(&panic.to_string()));
        }));
    });
}

/// In tests, which run natively, panics are the test runner's.
#[cfg(not(target_family = "wasm"))]
pub fn log_panics() {}

/// A log line is one line, whatever the text has: the message of a panic begins on a line of its own, and that of
/// `assert_eq!` has three.
#[cfg(any(target_family = "wasm", test))]
fn one_line(text: &str) -> String {
    text.split('\n').map(str::trim).collect::<Vec<_>>().join(" ")
}

/// The answer to an id that the plugin did not register.
///
/// # Errors
/// Always: not found (5).
pub fn no_rpc<T>(id: &str) -> Result<T> {
    Err(Error::not_found(format!("this plugin has no RPC {id:?}")))
}

/// Reads an RPC's payload.
///
/// # Errors
/// As the payload's type says.
pub fn payload<T: FromPayload>(payload: String) -> Result<T> {
    T::from_payload(payload)
}

/// Writes an RPC's result.
///
/// # Errors
/// The function's own, and a result that cannot be written.
pub fn rpc_reply<R: RpcReply>(result: R) -> Result<String> {
    result.into_reply()
}

/// Reads the request of the hook `H`.
///
/// # Errors
/// Internal (13): the server sends what the public API defines.
pub fn request<H: Hook, T: RequestOf<H>>(json: &str) -> Result<T> {
    decode::<T>(json).map_err(|error| Error::internal(format!("cannot read the request of {}: {error}", H::NAME)))
}

/// Reads the reply of the hook `H`.
///
/// # Errors
/// Internal (13): the server sends what the public API defines.
pub fn reply<H: Hook, T: ReplyOf<H>>(json: &str) -> Result<T> {
    decode::<T>(json).map_err(|error| Error::internal(format!("cannot read the reply of {}: {error}", H::NAME)))
}

/// Writes what a before-hook decided.
///
/// # Errors
/// The function's own, and a request that cannot be written.
pub fn before_reply<H: Hook, R: BeforeReply<H>>(result: R) -> Result<Outcome> {
    result.into_outcome()
}

/// The result of a function that only succeeds or fails.
///
/// # Errors
/// The function's own.
pub fn done<R: Done>(result: R) -> Result<()> {
    result.into_result()
}

/// When a scheduled run was due.
pub fn due<T: Due>(due_ms: i64) -> T {
    T::from_unix_ms(due_ms)
}

fn decode<T: Message>(json: &str) -> Result<T, serde_json::Error> {
    T::from_json(json)
}

/// What the function behind `#[rpc]` returns.
#[diagnostic::on_unimplemented(
    message = "a function with `#[rpc]` cannot return `{Self}`",
    label = "return `Result` of `String`, `Json<…>` or `()`"
)]
pub trait RpcReply {
    /// Writes it.
    ///
    /// # Errors
    /// The function's own, and a result that cannot be written.
    fn into_reply(self) -> Result<String>;
}

impl<T: IntoPayload> RpcReply for Result<T> {
    fn into_reply(self) -> Result<String> {
        self?.into_payload()
    }
}

/// What the function behind `#[before(H)]` returns.
#[diagnostic::on_unimplemented(
    message = "a function with `#[before({H})]` cannot return `{Self}`",
    label = "return `Result<Before<…>>`, with the type of the request that it took"
)]
pub trait BeforeReply<H> {
    /// Writes it.
    ///
    /// # Errors
    /// The function's own, and a request that cannot be written.
    fn into_outcome(self) -> Result<Outcome>;
}

impl<H: Hook, T: RequestOf<H>> BeforeReply<H> for Result<Before<T>> {
    fn into_outcome(self) -> Result<Outcome> {
        Ok(match self? {
            Before::Keep => Outcome::Keep,
            Before::Replace(request) => Outcome::Replace(request.to_json()?),
            Before::Drop => Outcome::Drop,
        })
    }
}

/// What the function behind `#[cron(…)]` takes.
#[diagnostic::on_unimplemented(
    message = "a function with `#[cron(…)]` cannot take `{Self}`",
    label = "take the time that it was due as `Timestamp`"
)]
pub trait Due {
    /// From milliseconds since the Unix epoch.
    fn from_unix_ms(milliseconds: i64) -> Self;
}

impl Due for Timestamp {
    fn from_unix_ms(milliseconds: i64) -> Self {
        Self::from_unix_ms(milliseconds)
    }
}

/// What handlers of events and of times, after-hooks and `#[start]` return.
#[diagnostic::on_unimplemented(message = "this function cannot return `{Self}`", label = "return `Result<()>`")]
pub trait Done {
    /// Whether it succeeded.
    ///
    /// # Errors
    /// The function's own.
    fn into_result(self) -> Result<()>;
}

impl Done for Result<()> {
    fn into_result(self) -> Result<()> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn a_panic_of_several_lines_is_one() {
        let panic = "panicked at src/lib.rs:14:9:\nassertion `left == right` failed\n  left: 1\n right: 2";
        assert_eq!(one_line(panic), "panicked at src/lib.rs:14:9: assertion `left == right` failed left: 1 right: 2");
    }
}
