//! `cargo xtask plugins`: the example plugins, and the guests of the tests, as WebAssembly components.

use crate::command::{self, cargo, root};
use crate::tools::{WASM_TARGET, ensure_wasm_target};
use anyhow::Result;
use std::path::PathBuf;

/// Builds all components, into `target/wasm32-wasip2/release` of each workspace.
///
/// # Errors
/// When the WebAssembly target cannot be added, or a plugin does not compile.
pub(crate) fn build() -> Result<()> {
    ensure_wasm_target()?;
    workspaces().try_for_each(|folder| {
        let arguments = ["build", "--workspace", "--release", "--target", WASM_TARGET];
        command::run(cargo(arguments).current_dir(folder).env_remove("CARGO_TARGET_DIR"))
    })
}

/// The workspaces that are compiled to WebAssembly. They are apart from the server's, for a profile of their own.
pub(crate) fn workspaces() -> impl Iterator<Item = PathBuf> {
    ["plugins", "tests/guests"]
        .into_iter()
        .map(|folder| root().join(folder))
        .filter(|folder| folder.join("Cargo.toml").is_file())
}
