//! `meadhall plugin check`.

use crate::config::RuntimeConfig;
use crate::plugin::{Inspection, Limits, inspect};
use anyhow::Context as _;
use std::fmt::Write as _;
use std::path::Path;
use tokio::runtime::Runtime;

/// Loads a plugin as a server would, short of starting it, and says what it registers and needs.
///
/// # Errors
/// What a server would refuse to load it for.
pub(super) fn check(file: &Path) -> anyhow::Result<String> {
    let runtime = Runtime::new().context("cannot start the threads that a plugin runs on")?;
    let inspection = runtime.block_on(inspect(file, Limits::from(&RuntimeConfig::default())))?;
    Ok(report(&inspection))
}

fn report(inspection: &Inspection) -> String {
    let Inspection { name, version, handlers, needs, imports, exports } = inspection;
    let lines = |named: &[(String, String)]| -> Vec<String> {
        named.iter().map(|(kind, name)| format!("{kind} {name}").trim_end().to_owned()).collect()
    };
    let (handlers, needs) = (lines(handlers), lines(needs));
    let mut report = format!("{name} {version}");
    for (title, lines) in [("handles", &handlers), ("needs", &needs), ("exports", exports), ("imports", imports)] {
        // Writing to a string cannot fail.
        let _ = write!(report, "\n{title}:{}", if lines.is_empty() { " nothing" } else { "" });
        for line in lines {
            let _ = write!(report, "\n  {line}");
        }
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_all_that_a_plugin_handles_and_needs() {
        let report = report(&Inspection {
            name: "hello".into(),
            version: "0.1.0".into(),
            handlers: vec![("rpc".into(), "greet".into()), ("session-start".into(), String::new())],
            needs: vec![("http".into(), "api.example.com".into())],
            imports: Vec::new(),
            exports: vec!["meadhall:plugin/rpc@0.1.0".into()],
        });
        assert_eq!(
            report,
            "hello 0.1.0\nhandles:\n  rpc greet\n  session-start\nneeds:\n  http api.example.com\nexports:\n  meadhall:plugin/rpc@0.1.0\nimports: nothing"
        );
    }

    #[test]
    fn a_file_that_is_no_plugin_is_refused_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("notes.wasm");
        std::fs::write(&file, "no wasm").unwrap();
        let error = format!("{:#}", check(&file).unwrap_err());
        assert!(error.contains("notes.wasm is not a plugin"), "{error}");
    }
}
