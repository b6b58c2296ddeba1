//! The server's log.

use super::wit::log::{Host, Level};
use crate::plugin::guest::Guest;

impl Host for Guest {
    fn write(&mut self, level: Level, message: String) {
        let level = match level {
            Level::Trace => tracing::Level::TRACE,
            Level::Debug => tracing::Level::DEBUG,
            Level::Info => tracing::Level::INFO,
            Level::Warn => tracing::Level::WARN,
            Level::Error => tracing::Level::ERROR,
        };
        self.lines.write(level, &message);
    }
}
