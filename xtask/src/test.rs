//! `cargo xtask test`: every test there is, and one closing line over all of them.

use crate::command::{self, cargo, show};
use crate::plugins;
use anyhow::{Context, Result, bail, ensure};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// Runs all tests; `arguments` go to `cargo test`. The last line is `N passed, N failed`, the sum of all runners.
///
/// # Errors
/// When something does not build, or a test fails.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    plugins::build()?;
    // The same packages and targets as the tests, so that both commands share every compiled dependency. The end-to-end
    // tests start this binary.
    command::run(&mut cargo(["build", "--workspace", "--bins", "--tests"]))?;
    let mut server = cargo(["test", "--workspace", "--no-fail-fast"]);
    server.args(arguments);
    // Plugins are a workspace of their own; their unit tests run on this machine, not as components.
    let mut examples = cargo(["test", "--manifest-path", "plugins/Cargo.toml", "--no-fail-fast"]);
    examples.args(arguments);
    let mut sum = Counts::default();
    let mut failed = Vec::new();
    for mut command in [server, examples] {
        let line = show(&command);
        if !count_tests(&mut command, &mut sum).with_context(|| format!("running `{line}`"))? {
            failed.push(line);
        }
    }
    println!("\n{} passed, {} failed", sum.passed, sum.failed);
    if !failed.is_empty() || sum.failed > 0 {
        bail!("tests failed: `{}`", failed.join("`, `"));
    }
    ensure!(sum.passed > 0, "no test ran");
    Ok(())
}

/// Runs a command, shows what it prints, and adds up what its runners count; whether it succeeded.
fn count_tests(command: &mut Command, sum: &mut Counts) -> Result<bool> {
    eprintln!("$ {}", show(command));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    for line in BufReader::new(child.stdout.take().expect("standard output is piped")).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        sum.add(Counts::in_line(&line).unwrap_or_default());
    }
    Ok(child.wait()?.success())
}

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
}

impl Counts {
    fn add(&mut self, more: Self) {
        self.passed += more.passed;
        self.failed += more.failed;
    }

    /// What the closing line of a runner says: `test result: ok. 3 passed; 0 failed; …` of a Rust test binary, or
    /// `3 passed, 0 failed` of the JavaScript table.
    fn in_line(line: &str) -> Option<Self> {
        let line = line.trim();
        match line.strip_prefix("test result: ") {
            Some(result) => {
                let (_, counts) = result.split_once(". ")?;
                let mut parts = counts.split("; ");
                Some(Self { passed: count(parts.next()?, " passed")?, failed: count(parts.next()?, " failed")? })
            }
            None => {
                let (passed, failed) = line.split_once(", ")?;
                Some(Self { passed: count(passed, " passed")?, failed: count(failed, " failed")? })
            }
        }
    }
}

fn count(text: &str, unit: &str) -> Option<u64> {
    text.strip_suffix(unit)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn closing_lines_are_counted() {
        let rust = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(Counts::in_line(rust), Some(Counts { passed: 12, failed: 3 }));
        assert_eq!(Counts::in_line("92 passed, 1 failed"), Some(Counts { passed: 92, failed: 1 }));
        for other in ["test chat::order ... ok", "running 3 tests", "a, b", "3 passed, some failed", ""] {
            assert_eq!(Counts::in_line(other), None, "{other:?}");
        }
    }
}
