//! The server's log: [`info!`](crate::info) and its sisters. Lines carry the plugin's name, and the caller's user and
//! session.
//!
//! A call may write 100 lines; the server drops the rest, and says so once.

use crate::host::host_call;

pub use crate::bindings::meadhall::plugin::log::Level;

/// Writes one line.
pub fn write(level: Level, message: &str) {
    host_call!(log::write(level, message));
}

/// Writes a line of the finest detail. Takes what `format!` takes.
#[macro_export]
macro_rules! trace {
    ($($argument:tt)+) => { $crate::log::write($crate::log::Level::Trace, &::std::format!($($argument)+)) };
}

/// Writes a line for whoever writes the plugin. Takes what `format!` takes.
#[macro_export]
macro_rules! debug {
    ($($argument:tt)+) => { $crate::log::write($crate::log::Level::Debug, &::std::format!($($argument)+)) };
}

/// Writes a line about what happened. Takes what `format!` takes.
#[macro_export]
macro_rules! info {
    ($($argument:tt)+) => { $crate::log::write($crate::log::Level::Info, &::std::format!($($argument)+)) };
}

/// Writes a line about something odd. Takes what `format!` takes.
#[macro_export]
macro_rules! warn {
    ($($argument:tt)+) => { $crate::log::write($crate::log::Level::Warn, &::std::format!($($argument)+)) };
}

/// Writes a line about something that failed. Takes what `format!` takes.
#[macro_export]
macro_rules! error {
    ($($argument:tt)+) => { $crate::log::write($crate::log::Level::Error, &::std::format!($($argument)+)) };
}
