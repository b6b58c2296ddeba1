//! `cargo xtask plugins`: the example plugins, and the guests of the tests, as WebAssembly components.

use crate::command::{self, cargo, root};
use crate::tools::{WASM_TARGET, ensure_javascript_tools, ensure_wasm_target};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::Command;

/// Builds all components: those in Rust into `target/wasm32-wasip2/release` of each workspace, those in JavaScript into
/// `target/javascript`.
///
/// # Errors
/// When the WebAssembly target or the npm packages cannot be added, or a plugin does not compile.
pub(crate) fn build() -> Result<()> {
    ensure_wasm_target()?;
    workspaces().try_for_each(|folder| {
        let arguments = ["build", "--workspace", "--release", "--target", WASM_TARGET];
        command::run(cargo(arguments).current_dir(folder).env_remove("CARGO_TARGET_DIR"))
    })?;
    javascript()
}

/// Builds the plugins in JavaScript. One that did not change costs a bundle.
fn javascript() -> Result<()> {
    let sdk = ensure_javascript_tools()?;
    let mut node = Command::new("node");
    node.arg(sdk.join("build.mjs")).arg("--out").arg(root().join("target/javascript"));
    for parent in ["plugins", "tests/guests"] {
        let folder = root().join(parent);
        let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let folder = entry?.path();
            if folder.join("package.json").is_file() {
                node.arg(folder);
            }
        }
    }
    command::run(&mut node)
}

/// The workspaces that are compiled to WebAssembly. They are apart from the server's, for a profile of their own.
pub(crate) fn workspaces() -> impl Iterator<Item = PathBuf> {
    ["plugins", "tests/guests"]
        .into_iter()
        .map(|folder| root().join(folder))
        .filter(|folder| folder.join("Cargo.toml").is_file())
}
