//! `meadhall config print`.

use super::configuration::ConfigurationArgs;
use crate::config::{fill_existing_keys, print};
use anyhow::Context as _;
use clap::Args;
use std::io::Write as _;

/// What `config print` takes.
#[derive(Debug, Args)]
pub(super) struct PrintArgs {
    #[command(flatten)]
    configuration: ConfigurationArgs,
    /// Shows keys and plugin settings instead of masking them.
    #[arg(long)]
    show_secrets: bool,
}

impl PrintArgs {
    /// Prints the configuration on standard output.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let mut config = self.configuration.load()?;
        // Printing makes no keys: those that are still to be made show as empty.
        fill_existing_keys(&mut config)?;
        let text = print(&config, self.show_secrets);
        std::io::stdout().write_all(text.as_bytes()).context("cannot print the configuration")
    }
}
