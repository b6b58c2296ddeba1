//! Plugins in Python.

use super::new::NewFiles;
use anyhow::bail;
use std::path::{Path, PathBuf};

/// What a folder of Python has.
pub(super) const MANIFEST: &str = "pyproject.toml";

/// The file that the author of a new plugin opens first.
pub(super) const SOURCE: &str = "plugin.py";

/// The files of a new plugin of this name, with the SDK.
///
/// # Errors
/// Always, for now.
pub(super) fn files(_name: &str) -> anyhow::Result<NewFiles> {
    bail!("not supported yet: python")
}

/// Builds the plugin in a folder, and returns its components.
///
/// # Errors
/// Always, for now.
pub(super) fn build(_folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    bail!("not supported yet: python")
}
