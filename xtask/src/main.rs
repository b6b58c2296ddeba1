//! `cargo xtask`: everything that is done with this repository, in one program instead of scripts.
//!
//! It depends on next to nothing, so that the first command on a fresh machine starts at once.

mod bench;
mod ci;
mod command;
mod demo;
mod docs;
mod fuzz;
mod plugins;
mod test;
#[cfg(test)]
mod tidy;
mod tools;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  demo [--once]   build the server and the example plugins, play a short game evening, keep serving
                  (--once: stop after the script, exit 1 when an expected line is missing)
  test [ARG]…     run every test: unit, plugins, end to end, JavaScript clients; ARGs go to `cargo test`
  plugins         build the example plugins and the guests of the tests as WebAssembly components
  bench [ARG]…    run the benches of benches/; ARGs go to `cargo bench`
  docs            write docs/wit.md, the reference of the plugin contract, from wit/
  fuzz [--seconds N]
                  call host functions with arbitrary arguments, for N seconds (300)
  ci              what must pass before a change is merged: format, lints, docs, licences, tests, fuzzing
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((command, rest)) => match (command.as_str(), rest) {
            ("demo", rest) => demo::run(rest),
            ("test", rest) => test::run(rest),
            ("plugins", []) => plugins::build(),
            ("bench", rest) => bench::run(rest),
            ("docs", []) => docs::run(),
            ("fuzz", rest) => fuzz::run(rest),
            ("ci", []) => ci::run(),
            ("help" | "--help" | "-h", _) => {
                print!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            (other, _) => {
                eprint!("xtask: no command {other:?} with these arguments\n\n{USAGE}");
                return ExitCode::from(2);
            }
        },
        None => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
