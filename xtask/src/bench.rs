//! `cargo xtask bench`: the benches, with the plugins that they call.

use crate::command;
use crate::plugins;
use anyhow::Result;

/// Builds the plugins and runs the benches; `arguments` go to `cargo bench`.
///
/// # Errors
/// When something does not build, or a bench fails.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    plugins::build()?;
    command::run(command::cargo(["bench", "--package", "meadhall-benches"]).args(arguments))
}
