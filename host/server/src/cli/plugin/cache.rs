//! Where commands keep compiled plugins from run to run.

use std::env;
use std::path::PathBuf;

/// Where programs keep what they can make again; none where nothing says where that is.
pub(super) fn cache_folder() -> Option<PathBuf> {
    let given = |name| env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let folder = given("XDG_CACHE_HOME").or_else(|| Some(given("HOME")?.join(".cache")))?;
    Some(folder.join("meadhall"))
}
