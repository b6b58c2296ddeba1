//! Plugins in JavaScript, built when they are first asked for, and the npm packages that this and other tests need.

use crate::plugins::repository;
use anyhow::{Context, Result, ensure};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where the SDK and its tools are.
const SDK: &str = "guest-sdk/js";

/// The component of a plugin in JavaScript, by its folder in the repository, such as `plugins/daily-reward-js`.
///
/// # Panics
/// When it does not build.
pub fn component(folder: &str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock();
    if let Some(component) = built.get(folder) {
        return component.clone();
    }
    let component = build(&repository().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error:#}"));
    built.insert(folder.to_owned(), component.clone());
    component
}

/// Builds a plugin, which takes half a second when nothing changed.
///
/// # Errors
/// What the build says, when it fails.
pub fn build(folder: &Path) -> Result<PathBuf> {
    let sdk = repository().join(SDK);
    install_packages(&sdk)?;
    let output = Command::new("node")
        .arg(sdk.join("build.mjs"))
        .arg("--out")
        .arg(repository().join("target/javascript"))
        .arg(folder)
        .stdin(Stdio::null())
        .output()
        .context("`node` cannot run: these tests need Node 20")?;
    ensure!(output.status.success(), "it does not build:\n{}", String::from_utf8_lossy(&output.stderr));
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim_end()))
}

/// Installs the npm packages of a folder when they are missing or of other versions than its lock file says.
///
/// # Errors
/// When npm is missing, or cannot fetch them.
pub fn install_packages(folder: &Path) -> Result<()> {
    let age = |file: PathBuf| file.metadata().and_then(|metadata| metadata.modified()).ok();
    if age(folder.join("node_modules/.package-lock.json")) > age(folder.join("package-lock.json")) {
        return Ok(());
    }
    let output = Command::new("npm").arg("ci").current_dir(folder).stdin(Stdio::null()).output();
    let output = output.context("`npm` cannot run: these tests need Node 20 with npm")?;
    ensure!(output.status.success(), "`npm ci` failed:\n{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
