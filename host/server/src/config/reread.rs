//! Reading the configuration again while the server runs.

use super::{Config, Faults, Sources, load};
use std::collections::BTreeSet;
use toml::Table;

/// Where the configuration of the running server came from, and what it was.
#[derive(Clone, Debug)]
pub struct Rereading {
    sources: Sources,
    /// As it was read, without keys that were made.
    running: Config,
}

impl Rereading {
    /// The server runs with `running`, which was loaded from `sources`.
    pub fn new(sources: Sources, running: Config) -> Self {
        Self { sources, running }
    }

    /// Loads the configuration anew. It blocks.
    ///
    /// # Errors
    /// All faults, as at the start.
    pub fn read(&self) -> Result<Config, Faults> {
        load(&self.sources)
    }

    /// The settings that differ from the running ones and stand only after a restart: all but those of plugins.
    pub fn needs_restart(&self, read: &Config) -> Vec<String> {
        let (running, read) = (settings(&self.running), settings(read));
        let changed: BTreeSet<String> =
            running.symmetric_difference(&read).map(|(section, key, _)| format!("{section}.{key}")).collect();
        changed.into_iter().collect()
    }
}

/// Section, key and value of everything that no reload takes over.
fn settings(config: &Config) -> BTreeSet<(String, String, String)> {
    let sections = Table::try_from(config).expect("a configuration is plain values");
    let mut settings = BTreeSet::new();
    for (section, keys) in sections.into_iter().filter(|(section, _)| section != "plugin") {
        for (key, value) in keys.as_table().into_iter().flatten() {
            if (section.as_str(), key.as_str()) != ("runtime", "plugins") {
                settings.insert((section.clone(), key.clone(), value.to_string()));
            }
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_changed_but_plugins_needs_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("meadhall.toml");
        std::fs::write(&file, "[runtime]\nplugins = [\"a.wasm\"]\n").unwrap();
        let sources = Sources { file: Some(file.clone()), ..Sources::default() };
        let rereading = Rereading::new(sources.clone(), load(&sources).unwrap());
        assert_eq!(rereading.needs_restart(&rereading.read().unwrap()), [""; 0]);

        let changed = "[runtime]\nplugins = [\"b.wasm\"]\ninstances = 3\n[plugin.b]\nkey = \"x\"\n\
            [metrics]\nlisten = \"none\"\n";
        std::fs::write(&file, changed).unwrap();
        let read = rereading.read().unwrap();
        assert_eq!(rereading.needs_restart(&read), ["metrics.listen", "runtime.instances"]);
        assert_eq!(read.plugin["b"].settings["key"], "x");

        std::fs::write(&file, "[runtime]\ninstances = 0\n").unwrap();
        assert!(rereading.read().unwrap_err().to_string().contains("runtime.instances = 0"));
    }
}
