//! `cargo xtask plugins`: the example plugins, and the guests of the tests, as WebAssembly components.

use crate::command::{self, cargo, root};
use crate::tools::{WASM_TARGET, ensure_javascript_tools, ensure_python_tools, ensure_wasm_target};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::Command;

/// Builds all components: those in Rust into `target/wasm32-wasip2/release` of each workspace, those in Python into
/// `build` of each folder, those in JavaScript into `target/javascript`.
///
/// # Errors
/// When a tool cannot be installed, or a plugin does not compile.
pub(crate) fn build() -> Result<()> {
    ensure_wasm_target()?;
    workspaces().try_for_each(|folder| {
        let arguments = ["build", "--workspace", "--release", "--target", WASM_TARGET];
        command::run(cargo(arguments).current_dir(folder).env_remove("CARGO_TARGET_DIR"))
    })?;
    python()?;
    javascript()
}

/// Builds those in Python, each into `build` in its own folder; the SDK's program sees by itself what has not changed.
fn python() -> Result<()> {
    let python = ensure_python_tools()?;
    let program = root().join("guest-sdk/python/build.py");
    for folder in python_plugins()? {
        command::run(Command::new(&python).arg("-B").arg(&program).arg(folder))?;
    }
    Ok(())
}

/// The folders of plugins in Python.
pub(crate) fn python_plugins() -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in ["plugins", "tests/guests"] {
        let folder = root().join(folder);
        for entry in std::fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
            let path = entry?.path();
            if path.join("pyproject.toml").is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
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
