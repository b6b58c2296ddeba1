//! `cargo xtask ci`: what must pass before a change is merged.

use crate::command::{self, cargo, root};
use crate::tools::{WASM_TARGET, ensure_cargo_deny, ensure_javascript_tools, ensure_wasm_target};
use crate::{fuzz, plugins, test};
use anyhow::{Context, Result, ensure};
use std::process::Command;
use std::time::Instant;

type Check = fn() -> Result<()>;

/// Runs all checks, and stops at the first that fails.
///
/// # Errors
/// When a check fails; the sentence names it.
pub(crate) fn run() -> Result<()> {
    let checks: [(&str, Check); 7] = [
        ("format", format),
        ("lints", lints),
        ("documentation", documentation),
        ("dependencies", dependencies),
        ("plugins", plugins::build),
        ("the README's test command", tests),
        ("fuzzing", || fuzz::fuzz(fuzz::SECONDS_IN_CI)),
    ];
    for (name, check) in checks {
        println!("== {name}");
        let start = Instant::now();
        check().with_context(|| name.to_owned())?;
        println!("== {name}: passed in {} s", start.elapsed().as_secs());
    }
    Ok(())
}

fn format() -> Result<()> {
    command::run(&mut cargo(["fmt", "--all", "--check"]))?;
    plugins::workspaces().try_for_each(|folder| command::run(cargo(["fmt", "--all", "--check"]).current_dir(folder)))
}

fn lints() -> Result<()> {
    command::run(&mut cargo(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))?;
    ensure_wasm_target()?;
    plugins::workspaces().try_for_each(|folder| {
        command::run(
            cargo(["clippy", "--workspace", "--target", WASM_TARGET, "--", "-D", "warnings"]).current_dir(folder),
        )
    })?;
    let sdk = ensure_javascript_tools()?;
    command::run(Command::new("node").arg("node_modules/typescript/bin/tsc").current_dir(sdk))
}

fn documentation() -> Result<()> {
    command::run(cargo(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}

/// Advisories are left out: they need a database from the network.
fn dependencies() -> Result<()> {
    let program = ensure_cargo_deny()?;
    command::run(Command::new(program).args(["check", "bans", "licenses", "sources"]).current_dir(root()))
}

/// The command that the README promises is the one that runs here.
fn tests() -> Result<()> {
    const COMMAND: &str = "cargo xtask test";
    let readme = std::fs::read_to_string(root().join("README.md")).context("reading README.md")?;
    ensure!(readme.lines().any(|line| line.trim_start().starts_with(COMMAND)), "README.md does not name `{COMMAND}`");
    test::run(&[])
}
