//! Where a plugin's log lines go: what it logs, and what it prints.

use super::limits::LOG_LINE_BYTES;
use super::version::Version;
use meadhall_core::caller::Caller;
use parking_lot::Mutex;
use std::sync::Arc;
use tracing::Level;

/// The lines of one instance. Shared by the log import and by WASI's stdout and stderr, so that one budget covers all.
#[derive(Debug)]
pub(super) struct LogLines {
    plugin: Version,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Who called, for the fields of the lines.
    caller: Arc<Caller>,
    /// How many lines the present call may still write.
    left: usize,
    /// Whether the plugin was told that its lines are dropped.
    told: bool,
    /// Printed text that has no end of line yet.
    unfinished: String,
}

impl LogLines {
    pub(super) fn new(plugin: Version) -> Arc<Self> {
        let state = State { caller: Arc::default(), left: 0, told: false, unfinished: String::new() };
        Arc::new(Self { plugin, state: Mutex::new(state) })
    }

    /// A call begins, with a budget of its own.
    pub(super) fn begin(&self, caller: Arc<Caller>, lines: usize) {
        let mut state = self.state.lock();
        state.caller = caller;
        state.left = lines;
        state.told = false;
    }

    /// The call is over: what it printed without an end of line is a line too.
    pub(super) fn finish(&self) {
        let rest = {
            let mut state = self.state.lock();
            if state.unfinished.is_empty() {
                return;
            }
            std::mem::take(&mut state.unfinished)
        };
        self.write(Level::INFO, &rest);
    }

    /// Writes one line, cut at the limit. Past the budget it is dropped, and the first time the log says so.
    pub(super) fn write(&self, level: Level, message: &str) {
        let (caller, dropped) = {
            let mut state = self.state.lock();
            match state.left.checked_sub(1) {
                Some(left) => state.left = left,
                None if state.told => return,
                None => state.told = true,
            }
            (state.caller.clone(), state.told)
        };
        if dropped {
            self.emit(Level::WARN, &caller, "further log lines of this call are dropped");
        } else {
            self.emit(level, &caller, cut(message, LOG_LINE_BYTES));
        }
    }

    /// Takes printed text and writes its whole lines.
    pub(super) fn print(&self, text: &[u8]) {
        let lines: Vec<String> = {
            let mut state = self.state.lock();
            state.unfinished.push_str(&String::from_utf8_lossy(text));
            let mut lines = Vec::new();
            while let Some(end) = state.unfinished.find('\n') {
                lines.push(state.unfinished[..end].trim_end_matches('\r').to_owned());
                state.unfinished.drain(..=end);
            }
            if state.unfinished.len() > LOG_LINE_BYTES {
                lines.push(std::mem::take(&mut state.unfinished));
            }
            lines
        };
        for line in lines {
            self.write(Level::INFO, &line);
        }
    }

    fn emit(&self, level: Level, caller: &Caller, message: &str) {
        let plugin = &**self.plugin.name();
        let version = tracing::field::display(self.plugin.build());
        let user = caller.user.as_ref().map(|user| tracing::field::display(user.id));
        let session = caller.session.as_ref().map(|session| tracing::field::display(session.id));
        match level {
            Level::TRACE => tracing::trace!(target: "meadhall::plugin", plugin, version, user, session, "{message}"),
            Level::DEBUG => tracing::debug!(target: "meadhall::plugin", plugin, version, user, session, "{message}"),
            Level::INFO => tracing::info!(target: "meadhall::plugin", plugin, version, user, session, "{message}"),
            Level::WARN => tracing::warn!(target: "meadhall::plugin", plugin, version, user, session, "{message}"),
            Level::ERROR => tracing::error!(target: "meadhall::plugin", plugin, version, user, session, "{message}"),
        }
    }
}

/// The text, or as much of it as fits without splitting a character.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use super::super::version::ContentHash;
    use super::*;

    fn lines() -> Arc<LogLines> {
        LogLines::new(Version::new("test".into(), ContentHash::of(b"")))
    }

    #[test]
    fn lines_are_cut_between_characters() {
        assert_eq!(cut("grüezi", 3), "gr");
        assert_eq!(cut("grüezi", 4), "grü");
        assert_eq!(cut("short", 100), "short");
    }

    #[test]
    fn printed_text_becomes_lines_and_uses_the_same_budget() {
        let lines = lines();
        lines.begin(Arc::default(), 3);
        lines.print(b"one\r\ntwo\nthr");
        assert_eq!(lines.state.lock().left, 1);
        assert_eq!(lines.state.lock().unfinished, "thr");
        lines.finish();
        assert_eq!(lines.state.lock().left, 0);
        lines.write(Level::INFO, "too much");
        assert!(lines.state.lock().told);
    }

    #[test]
    fn a_line_without_an_end_is_not_kept_for_ever() {
        let lines = lines();
        lines.begin(Arc::default(), 3);
        lines.print(&vec![b'x'; LOG_LINE_BYTES + 1]);
        assert!(lines.state.lock().unfinished.is_empty());
    }
}
