//! The arguments that several commands take: where the configuration comes from.

use crate::config::{Config, Sources, load};
use clap::Args;
use std::path::PathBuf;
use toml::Value;

/// Where the configuration comes from. The later wins: file, environment (`MEADHALL_SECTION__KEY`), command line.
#[derive(Debug, Default, Args)]
pub(super) struct ConfigurationArgs {
    /// A TOML file with settings.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where everything that lasts is kept (server.data_dir).
    #[arg(long, value_name = "DIR")]
    data_dir: Option<String>,
    /// Where clients connect, such as 127.0.0.1:7350 (server.listen).
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// A plugin, or a folder of plugins; may be repeated, and their order counts (runtime.plugins).
    #[arg(long = "plugin", value_name = "FILE|DIR")]
    plugins: Vec<String>,
    /// Any setting; may be repeated.
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE")]
    settings: Vec<String>,
    /// Development: the keys that samples know, on loopback only (server.dev).
    #[arg(long)]
    dev: bool,
}

impl ConfigurationArgs {
    /// Loads and checks all of it.
    pub(super) fn load(self) -> anyhow::Result<Config> {
        Ok(load(&self.sources())?)
    }

    /// All that it comes from.
    pub(super) fn sources(self) -> Sources {
        // Variables that are no UTF-8 are none of ours.
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Sources { environment: environment.collect(), settings: self.settings(), file: self.config }
    }

    /// The short arguments are settings like any other; `--set`, being exact, comes last.
    fn settings(&self) -> Vec<String> {
        let mut settings = Vec::new();
        settings.extend(self.data_dir.iter().map(|folder| format!("server.data_dir={folder}")));
        settings.extend(self.listen.iter().map(|address| format!("server.listen={address}")));
        if !self.plugins.is_empty() {
            // As a TOML list, because a path may have a comma.
            settings.push(format!("runtime.plugins={}", Value::from(self.plugins.clone())));
        }
        settings.extend(self.dev.then(|| "server.dev=true".to_owned()));
        settings.extend(self.settings.iter().cloned());
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_arguments_are_settings() {
        let arguments = ConfigurationArgs {
            data_dir: Some("here".into()),
            listen: Some("127.0.0.1:1".into()),
            plugins: vec!["one, two.wasm".into(), "three".into()],
            settings: vec!["server.listen=127.0.0.1:2".into()],
            dev: true,
            ..ConfigurationArgs::default()
        };
        let config = load(&Sources { settings: arguments.settings(), ..Sources::default() }).unwrap();
        assert_eq!(config.server.data_dir, PathBuf::from("here"));
        assert_eq!(config.runtime.plugins, [PathBuf::from("one, two.wasm"), PathBuf::from("three")]);
        assert_eq!(config.server.listen.port(), 2, "--set is exact");
        assert!(config.server.dev);
    }
}
