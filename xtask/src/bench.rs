//! `cargo xtask bench`: the benches, with the plugins that they call and the server that they start.

use crate::command;
use crate::plugins;
use anyhow::Result;

/// Builds the plugins and the server, and runs the benches; `arguments` go to `cargo bench`.
///
/// # Errors
/// When something does not build, or a bench fails.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    plugins::build()?;
    // Some benches start it. Both packages are named, so that they share every compiled dependency.
    let packages = ["--package", "meadhall", "--package", "meadhall-benches"];
    command::run(command::cargo(["build", "--release", "--bin", "meadhall"]).args(packages))?;
    command::run(command::cargo(["bench", "--package", "meadhall-benches"]).args(arguments))
}
