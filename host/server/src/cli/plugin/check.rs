//! `meadhall plugin check`.

use super::cache::cache_folder;
use crate::config::RuntimeConfig;
use crate::plugin::{Inspection, Limits, inspect, needed_configuration};
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use tokio::runtime::Runtime;

/// Loads a plugin as a server would, short of starting it, and says what it registers and needs.
///
/// # Errors
/// What a server would refuse to load it for.
pub(super) fn check(file: &Path) -> anyhow::Result<String> {
    let runtime = Runtime::new().context("cannot start the threads that a plugin runs on")?;
    let inspection = runtime.block_on(inspect(file, Limits::from(&RuntimeConfig::default()), cache_folder()))?;
    Ok(report(&inspection))
}

fn report(inspection: &Inspection) -> String {
    let Inspection { name, version, handlers, needs, functions, bytes, exports, imports } = inspection;
    let mut report = format!("{name} {version}, {} KiB", bytes.div_ceil(1024));
    let handlers = handlers.iter().map(|(kind, name)| format!("{kind} {name}").trim_end().to_owned()).collect();
    section(&mut report, "handles", handlers);
    section(&mut report, "needs, to be granted in the server's configuration", needed_configuration(name, needs));
    let mut called: Vec<(&str, Vec<&str>)> = Vec::new();
    for (interface, function) in functions {
        match called.last_mut() {
            Some((last, functions)) if last == interface => functions.push(function),
            _ => called.push((interface, vec![function])),
        }
    }
    let called = called.into_iter().map(|(interface, functions)| format!("{interface}: {}", functions.join(", ")));
    section(&mut report, "calls", called.collect());
    section(&mut report, "exports", by_package(exports.iter()));
    section(
        &mut report,
        "imports besides",
        by_package(imports.iter().filter(|import| !import.starts_with("meadhall:"))),
    );
    report
}

/// Interfaces as `PACKAGE@VERSION: NAME, NAME`: an engine of a language imports a dozen of each.
fn by_package<'a>(interfaces: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut packages: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for interface in interfaces {
        let (path, version) = interface.split_once('@').unwrap_or((interface, ""));
        let (package, name) = path.split_once('/').unwrap_or(("", path));
        let package = if version.is_empty() { package.to_owned() } else { format!("{package}@{version}") };
        packages.entry(package).or_default().push(name);
    }
    packages.into_iter().map(|(package, names)| format!("{package}: {}", names.join(", "))).collect()
}

fn section(report: &mut String, title: &str, lines: Vec<String>) {
    // Writing to a string cannot fail.
    let _ = write!(report, "\n{title}:{}", if lines.is_empty() { " nothing" } else { "" });
    for line in lines {
        let _ = write!(report, "\n  {line}");
    }
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
            functions: vec![
                ("event".into(), "emit".into()),
                ("storage".into(), "read".into()),
                ("storage".into(), "write".into()),
            ],
            bytes: 53_000,
            imports: [
                "meadhall:plugin/event@0.1.0",
                "wasi:cli/exit@0.2.6",
                "wasi:io/poll@0.2.6",
                "wasi:cli/stdin@0.2.6",
            ]
            .map(String::from)
            .to_vec(),
            exports: vec!["meadhall:plugin/lifecycle@0.1.0".into(), "meadhall:plugin/rpc@0.1.0".into()],
        });
        let expected = [
            "hello 0.1.0, 52 KiB",
            "handles:",
            "  rpc greet",
            "  session-start",
            "needs, to be granted in the server's configuration:",
            "  [plugin.hello.allow]",
            "  http = [{ host = \"api.example.com\" }]",
            "calls:",
            "  event: emit",
            "  storage: read, write",
            "exports:",
            "  meadhall:plugin@0.1.0: lifecycle, rpc",
            "imports besides:",
            "  wasi:cli@0.2.6: exit, stdin",
            "  wasi:io@0.2.6: poll",
        ];
        assert_eq!(report.lines().collect::<Vec<_>>(), expected);
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
