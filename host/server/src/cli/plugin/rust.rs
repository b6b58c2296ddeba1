//! Plugins in Rust: the files of a new one, and building one with cargo.

mod sdk;

use super::new::NewFiles;
use super::say;
use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a folder of Rust has.
pub(super) const MANIFEST: &str = "Cargo.toml";

/// The files of a new plugin; `NAME` in them stands for its name.
const TEMPLATE: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("rust/Cargo.toml.template")),
    (".gitignore", include_str!("rust/gitignore.template")),
    ("README.md", include_str!("rust/README.md")),
    ("src/lib.rs", include_str!("rust/lib.rs")),
    ("test.toml", include_str!("rust/test.toml")),
];

/// The versions of dependencies that the example plugins are built with. Cargo drops what a plugin does not use.
const LOCK: &str = include_str!("../../../../../plugins/Cargo.lock");

/// The files of a new plugin of this name, with the SDK.
///
/// # Errors
/// For a name that the SDK's own packages have.
pub(super) fn files(name: &str) -> anyhow::Result<NewFiles> {
    // The SDK's own packages are beside the plugin's.
    ensure!(!sdk::PACKAGES.contains(&name), "{name:?} cannot be a plugin's name: it is the SDK's");
    let mut files: NewFiles =
        TEMPLATE.iter().map(|&(path, text)| (PathBuf::from(path), text.replace("NAME", name))).collect();
    files.push(("Cargo.lock".into(), LOCK.to_owned()));
    files.extend(sdk::files()?.into_iter().map(|(path, text)| (Path::new("sdk").join(path), text.into_owned())));
    Ok(files)
}

/// What plugins are compiled for.
const TARGET: &str = "wasm32-wasip2";

/// Builds the plugin (or a workspace of plugins) in a folder, and returns its components. Adds the WebAssembly target
/// to the Rust toolchain when it is missing, and says so.
///
/// # Errors
/// When there is no Rust, or the plugin does not compile.
pub(super) fn build(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    ensure_target(folder)?;
    // Messages for people go to standard error as they are; standard output names the files that were made.
    let arguments = ["build", "--release", "--target", TARGET, "--message-format", "json-render-diagnostics"];
    let built = command("cargo", folder)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo: https://rustup.rs installs it")?;
    ensure!(built.status.success(), "the plugin in {} did not compile, cargo says why above", folder.display());
    let components = components(&built.stdout);
    ensure!(
        !components.is_empty(),
        "cargo made no component: {} must say `crate-type = [\"cdylib\"]` under `[lib]`",
        folder.join(MANIFEST).display()
    );
    Ok(components)
}

/// Adds the WebAssembly target to the toolchain that the folder uses, when it is missing.
fn ensure_target(folder: &Path) -> anyhow::Result<()> {
    if has_target(folder)? {
        return Ok(());
    }
    say(&format!("the Rust target {TARGET} is missing: adding it with rustup"))?;
    let added = command("rustup", folder).args(["target", "add", TARGET]).status();
    match added {
        Ok(status) if status.success() && has_target(folder)? => Ok(()),
        Ok(_) => bail!("rustup could not add the Rust target {TARGET}; it needs a network"),
        Err(error) => bail!("the Rust target {TARGET} is missing, and rustup, which adds it, cannot be run: {error}"),
    }
}

fn has_target(folder: &Path) -> anyhow::Result<bool> {
    let asked = command("rustc", folder)
        .args(["--print", "target-libdir", "--target", TARGET])
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run rustc: https://rustup.rs installs it")?;
    ensure!(asked.status.success(), "rustc does not know the target {TARGET}: plugins need Rust 1.95 or later");
    Ok(Path::new(String::from_utf8_lossy(&asked.stdout).trim()).is_dir())
}

/// A program of the toolchain that the folder uses, whichever this process was started with.
fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    command
}

/// One of the lines that cargo writes for programs.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// The components among the files that cargo made.
fn components(messages: &[u8]) -> Vec<PathBuf> {
    messages
        .split(|&byte| byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Message>(line).ok())
        .filter(|message| message.reason == "compiler-artifact")
        .flat_map(|message| message.filenames)
        .filter(|file| file.extension() == Some(OsStr::new("wasm")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_found_among_what_cargo_says() {
        let messages = br#"{"reason":"compiler-artifact","filenames":["/t/libserde.rlib","/t/libserde.rmeta"]}
{"reason":"build-script-executed","out_dir":"/t/out.wasm"}
warning: a line of somebody else
{"reason":"compiler-artifact","filenames":["/t/release/game.wasm"]}
{"reason":"build-finished","success":true}
"#;
        assert_eq!(components(messages), [PathBuf::from("/t/release/game.wasm")]);
    }
}
