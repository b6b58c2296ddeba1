//! Plugins in JavaScript.

use super::new::NewFiles;
use anyhow::bail;
use std::path::{Path, PathBuf};

/// What a folder of JavaScript has.
pub(super) const MANIFEST: &str = "package.json";

/// The file that the author of a new plugin opens first.
pub(super) const SOURCE: &str = "src/plugin.js";

/// The files of a new plugin of this name, with the SDK.
///
/// # Errors
/// Always, for now.
pub(super) fn files(_name: &str) -> anyhow::Result<NewFiles> {
    bail!("not supported yet: js")
}

/// Builds the plugin in a folder, and returns its components.
///
/// # Errors
/// Always, for now.
pub(super) fn build(_folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    bail!("not supported yet: js")
}
