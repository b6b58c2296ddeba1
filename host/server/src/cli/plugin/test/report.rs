//! What a run came to, for whoever wrote the plugin.

use super::compare::shown;
use super::lines::Line;
use super::script::Step;
use serde_json::Value;
use std::fmt::{self, Write as _};

/// What a run came to.
#[derive(Debug)]
pub(super) struct Report {
    /// Name and version.
    pub(super) plugin: String,
    pub(super) script: String,
    /// What was logged while the plugin started.
    pub(super) start: Vec<Line>,
    pub(super) steps: Vec<StepReport>,
}

/// What a step came to.
#[derive(Debug)]
pub(super) struct StepReport {
    /// None for what is no step of the script.
    pub(super) line: Option<usize>,
    pub(super) what: String,
    pub(super) verdict: Verdict,
    pub(super) lines: Vec<Line>,
}

#[derive(Debug)]
pub(super) enum Verdict {
    Passed,
    Failed(Vec<Failure>),
    Skipped,
}

/// One thing that is not as expected.
#[derive(Debug)]
pub(super) struct Failure {
    /// The line that expects it; 0 for none.
    line: usize,
    text: String,
}

/// As many of the things that came as are shown.
const SHOWN: usize = 10;

impl Failure {
    pub(super) fn plain(line: usize, text: impl Into<String>) -> Self {
        Self { line, text: text.into() }
    }

    /// Something else came.
    pub(super) fn differs(line: usize, what: &str, expected: &str, came: &str) -> Self {
        let what = if what.is_empty() { String::new() } else { format!("{what}: ") };
        let gap = " ".repeat(what.chars().count() + "expected".len() - "came".len());
        Self { line, text: format!("{what}expected {expected}\n{gap}came {came}") }
    }

    /// It is not among what came.
    pub(super) fn missing(line: usize, what: &str, expected: &str, came: &[Value]) -> Self {
        let mut text = match came {
            [] => return Self::differs(line, what, expected, "nothing"),
            [only] => return Self::differs(line, what, expected, &shown(only)),
            several => format!("{what}: expected {expected}\ncame {}:", several.len()),
        };
        for came in came.iter().take(SHOWN) {
            let _ = write!(text, "\n  {}", shown(came));
        }
        if came.len() > SHOWN {
            let _ = write!(text, "\n  and {} more", came.len() - SHOWN);
        }
        Self { line, text }
    }
}

impl StepReport {
    pub(super) fn of(step: &Step, verdict: Verdict, lines: Vec<Line>) -> Self {
        let what =
            step.what.as_ref().map_or_else(|| step.action.to_string(), |what| format!("{}: {what}", step.action));
        Self { line: Some(step.line), what, verdict, lines }
    }
}

impl Report {
    /// Whether all is as expected.
    pub(super) fn passed(&self) -> bool {
        !self.steps.iter().any(|step| matches!(step.verdict, Verdict::Failed(_)))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, {}", self.plugin, self.script)?;
        logged(f, &self.start)?;
        let (mut passed, mut failed, mut skipped) = (0, 0, 0);
        for StepReport { line, what, verdict, lines } in &self.steps {
            let word = match verdict {
                Verdict::Passed => "ok",
                Verdict::Failed(_) => "FAILED",
                Verdict::Skipped => "skipped",
            };
            let place = line.map_or_else(String::new, |line| format!("line {line}"));
            writeln!(f, "{word:<8}{place:<10}{what}")?;
            match verdict {
                Verdict::Passed => passed += 1,
                Verdict::Skipped => skipped += 1,
                Verdict::Failed(failures) => {
                    failed += 1;
                    failures.iter().try_for_each(|failure| told(f, failure))?;
                }
            }
            logged(f, lines)?;
        }
        write!(f, "{passed} passed, {failed} failed")?;
        if skipped > 0 {
            write!(f, ", {skipped} skipped")?;
        }
        Ok(())
    }
}

fn told(f: &mut fmt::Formatter<'_>, Failure { line, text }: &Failure) -> fmt::Result {
    let mut place = if *line > 0 { format!("line {line}") } else { String::new() };
    for text in text.lines() {
        writeln!(f, "        {place:<10}{text}")?;
        place.clear();
    }
    Ok(())
}

fn logged(f: &mut fmt::Formatter<'_>, lines: &[Line]) -> fmt::Result {
    for line in lines {
        line.to_string().lines().try_for_each(|text| writeln!(f, "        | {text}"))?;
    }
    Ok(())
}
