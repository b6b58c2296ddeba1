//! `cargo xtask demo`: builds the server and the example plugins, and hands over to the demo itself, which is
//! `tests/demo`: it uses the same clients as the end-to-end tests.

use crate::command::{self, cargo, root};
use crate::plugins;
use anyhow::{Context, Result, bail};
use std::process::Command;

/// Builds and plays the demo.
///
/// # Errors
/// When something does not build, or an expected line is missing.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    if let Some(unknown) = arguments.iter().find(|argument| *argument != "--once") {
        bail!("no option {unknown:?}: `cargo xtask demo [--once]`");
    }
    plugins::build()?;
    // One build of both, so that they share every compiled dependency. The development profile: it starts minutes earlier.
    command::run(&mut cargo(["build", "--workspace", "--bins"]))?;
    let demo =
        std::env::current_exe().context("finding the folder of compiled programs")?.with_file_name("meadhall-demo");
    command::run(Command::new(demo).args(arguments).current_dir(root()))
}
