//! What children said before they were killed, compared with what is there after.

use crate::child::spawn;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

/// What a thing is: a number that each write raises, or nothing.
pub(crate) type State = Option<u64>;

/// What the acknowledgements say of each thing.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) things: BTreeMap<String, Entry>,
    /// How often a state was compared.
    pub(crate) compared: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Entry {
    acknowledged: State,
    /// What was asked for since: it may have happened or not.
    tried: Vec<State>,
}

/// Starts children in a role and kills them at random moments; what their acknowledgements say.
pub(crate) fn kill_again_and_again(role: &str, rounds: u64, folder: &Path) -> Ledger {
    let mut random = StdRng::seed_from_u64(2);
    let mut ledger = Ledger::default();
    for round in 0..rounds {
        let mut child = spawn(&format!("{role} {round}"), folder, "");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (marks, mark) = if round % 3 == 2 {
            // While it opens the folder, which is right after it has begun, or a little later.
            (1, "opening")
        } else {
            (random.random_range(1..400), "ack ")
        };
        let mut seen = 0;
        while seen < marks {
            let line = lines.next().unwrap_or_else(|| panic!("round {round} ended after {seen} of {marks}")).unwrap();
            seen += usize::from(line.contains(mark));
            ledger.read(&line);
        }
        if mark == "opening" {
            std::thread::sleep(Duration::from_micros(random.random_range(0..30_000)));
        }
        child.kill().unwrap();
        // What it said before it died counts; the last line may be torn.
        let rest: Vec<_> = lines.map_while(Result::ok).collect();
        rest.iter().take(rest.len().saturating_sub(1)).for_each(|line| ledger.read(line));
        if let Some(last) = rest.last().filter(|line| line.ends_with('.')) {
            ledger.read(last);
        }
        child.wait().unwrap();
    }
    ledger
}

impl Ledger {
    /// Takes a line `try`, `ack` or `state` with a thing, what it is, and a full stop; `broken` is a child's own verdict.
    pub(crate) fn read(&mut self, line: &str) {
        assert!(!line.contains("broken "), "{line}");
        // The test harness writes its own words before the first line.
        let Some(start) = ["try ", "ack ", "state "].iter().find_map(|word| line.find(word)) else { return };
        let words: Vec<_> = line[start..].split(' ').collect();
        let [word, thing, state, "."] = words[..] else { panic!("a torn line {line:?}") };
        let state: State = if state == "none" { None } else { Some(state.parse().unwrap()) };
        let entry = self.things.entry(thing.to_owned()).or_default();
        match word {
            "try" => entry.tried.push(state),
            "ack" => *entry = Entry { acknowledged: state, tried: Vec::new() },
            _ => {
                let possible = entry.acknowledged == state || entry.tried.contains(&state);
                assert!(possible, "{thing} is {state:?} after a crash, but {entry:?}");
                *entry = Entry { acknowledged: state, tried: Vec::new() };
                self.compared += 1;
            }
        }
    }
}
