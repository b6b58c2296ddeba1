//! The log: kept for the test, and printed, so that a failing test shows it.

use crate::bindings::meadhall::plugin::log::Level;
use crate::testing::state::{Line, with};

pub fn write(level: Level, message: &str) {
    println!("{level:?}: {message}");
    with(|state| state.log.push(Line { level, message: message.to_owned() }));
}
