//! The languages that plugins are written in: which one a folder has, and what each does for `new` and `build`.

use super::new::NewFiles;
use super::{js, python, rust};
use anyhow::bail;
use clap::ValueEnum;
use std::path::{Path, PathBuf};

/// A language that plugins are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Language {
    Rust,
    // One language for both: the file that a plugin begins in says which of the two it is.
    #[value(alias = "ts", alias = "javascript", alias = "typescript")]
    Js,
    Python,
}

impl Language {
    /// The language of a plugin's folder, by the manifest that lies in it.
    ///
    /// # Errors
    /// When none does, and when several do.
    pub(super) fn of(folder: &Path) -> anyhow::Result<Self> {
        let found: Vec<_> =
            Self::value_variants().iter().filter(|language| folder.join(language.manifest()).is_file()).collect();
        match found[..] {
            [language] => Ok(*language),
            [] => bail!(
                "{} holds no plugin, there is no {}: `meadhall plugin new NAME` makes one, `meadhall plugin build NAME` builds it",
                folder.display(),
                Self::manifests(Self::value_variants().iter())
            ),
            _ => bail!(
                "{} holds {}: a plugin has one of them, which says what it is written in",
                folder.display(),
                Self::manifests(found.into_iter())
            ),
        }
    }

    /// The file that says that a folder holds a plugin in this language.
    fn manifest(self) -> &'static str {
        match self {
            Self::Rust => rust::MANIFEST,
            Self::Js => js::MANIFEST,
            Self::Python => python::MANIFEST,
        }
    }

    fn manifests<'a>(languages: impl Iterator<Item = &'a Self>) -> String {
        languages.map(|language| language.manifest()).collect::<Vec<_>>().join(", ")
    }

    /// The file that the author of a new plugin opens first.
    pub(super) fn source(self) -> &'static str {
        match self {
            Self::Rust => "src/lib.rs",
            Self::Js => js::SOURCE,
            Self::Python => python::SOURCE,
        }
    }

    /// The command that installs, in a new plugin's folder, what builds it; none where `build` does that by itself.
    pub(super) fn install(self) -> Option<&'static str> {
        match self {
            Self::Js => Some(js::INSTALL),
            Self::Python => Some(python::INSTALL),
            Self::Rust => None,
        }
    }

    /// What the component of a plugin of this name is called: a server knows the plugin by its file's name.
    pub(super) fn component(self, name: &str) -> String {
        match self {
            // As Cargo calls what it builds, and what Python can import.
            Self::Rust | Self::Python => name.replace('-', "_"),
            Self::Js => name.to_owned(),
        }
    }

    /// The files of a new plugin of this name, with the SDK.
    ///
    /// # Errors
    /// For a name that a plugin in this language cannot have.
    pub(super) fn files(self, name: &str) -> anyhow::Result<NewFiles> {
        match self {
            Self::Rust => rust::files(name),
            Self::Js => js::files(name),
            Self::Python => python::files(name),
        }
    }

    /// Builds the plugin in a folder, and returns its components.
    ///
    /// # Errors
    /// When a tool is missing (the sentence has the command that installs it), and when the plugin does not build.
    pub(super) fn build(self, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
        match self {
            Self::Rust => rust::build(folder),
            Self::Js => js::build(folder),
            Self::Python => python::build(folder),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typescript_is_a_name_of_javascript() {
        for name in ["js", "ts", "javascript", "typescript"] {
            assert_eq!(Language::from_str(name, false), Ok(Language::Js));
        }
    }

    #[test]
    fn a_folder_without_a_plugin_and_one_with_two_manifests_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = Language::of(folder.path()).unwrap_err().to_string();
        assert!(error.contains("meadhall plugin new NAME"), "{error}");
        std::fs::write(folder.path().join("Cargo.toml"), "").unwrap();
        assert_eq!(Language::of(folder.path()).unwrap(), Language::Rust);
        std::fs::write(folder.path().join("package.json"), "").unwrap();
        let error = Language::of(folder.path()).unwrap_err().to_string();
        assert!(error.contains("holds Cargo.toml, package.json"), "{error}");
    }
}
