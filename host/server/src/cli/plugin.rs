//! `meadhall plugin`.

use clap::Args;

/// What `plugin` takes.
#[derive(Debug, Args)]
pub(super) struct PluginArgs {}

impl PluginArgs {
    /// Runs the command.
    pub(super) fn run(self) -> anyhow::Result<()> {
        anyhow::bail!("not supported yet: plugin")
    }
}
