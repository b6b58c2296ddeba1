//! The example plugins and the guests of the tests, compiled when they are first asked for.

use anyhow::{Context, Result, ensure};
use parking_lot::Mutex;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root of the repository")
}

/// Where all test servers keep the compiled code of plugins: large components, which take seconds, are compiled once for
/// all tests.
pub fn plugin_cache_dir() -> PathBuf {
    repository().join("target/plugin-cache")
}

/// The component of an example plugin, by its folder's name.
///
/// # Panics
/// When the plugins do not compile.
pub fn example(name: &str) -> PathBuf {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    component("plugins", &BUILT, name)
}

/// The component of a plugin in Python, by its folder, such as `plugins/profanity-filter-python`.
///
/// # Panics
/// When it cannot be built.
pub fn python(folder: &str) -> PathBuf {
    build_python(folder).unwrap_or_else(|error| panic!("{error:#}"))
}

/// Builds a plugin in Python, which takes no time when nothing changed, and returns its component.
fn build_python(folder: &str) -> Result<PathBuf> {
    // One at a time: two tests may want the same.
    static BUILDING: Mutex<()> = Mutex::new(());
    let _building = BUILDING.lock();
    let tools = repository().join("target/tools/python/bin/python");
    let output = Command::new(tools)
        .arg("-B")
        .arg(repository().join("guest-sdk/python/build.py"))
        .arg("--out")
        .arg(repository().join("target/python"))
        .arg(repository().join(folder))
        .output()
        .context("the tools for plugins in Python are missing: `cargo xtask plugins` installs them")?;
    ensure!(output.status.success(), "{folder} cannot be built: {}", String::from_utf8_lossy(&output.stderr));
    Ok(PathBuf::from(String::from_utf8(output.stdout).context("a path that is no text")?.trim_end()))
}

/// A guest of the tests, by its package's name.
///
/// # Panics
/// When the guests do not compile.
pub fn guest(name: &str) -> PathBuf {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    component("tests/guests", &BUILT, name)
}

fn component(workspace: &str, built: &OnceLock<Result<PathBuf, String>>, name: &str) -> PathBuf {
    let folder = match built.get_or_init(|| build(workspace).map_err(|error| format!("{error:#}"))) {
        Ok(folder) => folder,
        Err(error) => panic!("{error}"),
    };
    let file = folder.join(name.replace('-', "_")).with_extension("wasm");
    assert!(file.is_file(), "{workspace} has no plugin {name:?}: {} does not exist", file.display());
    file
}

/// Compiles a workspace of plugins, which takes no time when nothing changed, and returns the folder of its components.
fn build(workspace: &str) -> Result<PathBuf> {
    let folder = repository().join(workspace);
    let output = Command::new("cargo")
        .args(["build", "--workspace", "--release", "--target", "wasm32-wasip2"])
        .current_dir(&folder)
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .context("cargo cannot run")?;
    ensure!(
        output.status.success(),
        "{workspace} does not compile for wasm32-wasip2 (`cargo xtask plugins` adds the target when it is missing):\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(folder.join("target/wasm32-wasip2/release"))
}
