//! Plugins in Rust: the files of a new one, and building one with cargo.

mod sdk;

use super::new::NewFiles;
use super::say;
use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
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
    let mut asked = command("rustc", folder)
        .args(["--print", "target-libdir", "--target", TARGET])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot run rustc: https://rustup.rs installs it")?;
    // Passed on as it comes: rustup may first install a toolchain, which takes minutes.
    let mut said = Vec::new();
    for line in BufReader::new(asked.stderr.take().context("rustc's messages are piped")?).split(b'\n') {
        let line = line.context("cannot read what rustc says")?;
        let line = String::from_utf8_lossy(&line).into_owned();
        writeln!(std::io::stderr(), "{line}")?;
        said.push(line);
    }
    let asked = asked.wait_with_output().context("cannot read what rustc says")?;
    ensure!(asked.status.success(), "{}", why_no_target(&said));
    Ok(Path::new(String::from_utf8_lossy(&asked.stdout).trim()).is_dir())
}

/// Why rustc did not say where the target is, in a sentence, from what it said instead: an old one does not know the target,
/// and rustup has reasons of its own, such as a toolchain that is not installed.
fn why_no_target(said: &[String]) -> String {
    let mistake = said.iter().rev().find_map(|line| line.strip_prefix("error: "));
    let last = said.iter().rev().map(|line| line.trim()).find(|line| !line.is_empty());
    let reason = mistake.or(last).unwrap_or("it does not say why");
    if reason.contains("target specification") {
        return format!("rustc does not know the target {TARGET}, plugins need Rust 1.95 or later: {reason}");
    }
    format!("rustc does not run: {reason}")
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

    #[test]
    fn a_rustc_that_fails_is_told_from_one_that_is_too_old() {
        let check = |said: &str, expected: &str| {
            let said: Vec<String> = said.lines().map(str::to_owned).collect();
            assert_eq!(why_no_target(&said), expected);
        };
        // rustc 1.70.
        check(
            "error: Error loading target specification: Could not find specification for target \"wasm32-wasip2\". Run \
             `rustc --print target-list` for a list of built-in targets\n\n",
            "rustc does not know the target wasm32-wasip2, plugins need Rust 1.95 or later: Error loading target \
             specification: Could not find specification for target \"wasm32-wasip2\". Run `rustc --print target-list` \
             for a list of built-in targets",
        );
        // rustup, and its stack where RUST_BACKTRACE is set.
        let not_there = "error: toolchain '1.70.0-x86_64-unknown-linux-gnu' is not installed\n\
                         help: run `rustup toolchain install` to install it\n";
        for stack in ["", "\nStack backtrace:\n   0: anyhow::error\n"] {
            let expected = "rustc does not run: toolchain '1.70.0-x86_64-unknown-linux-gnu' is not installed";
            check(&format!("{not_there}{stack}"), expected);
        }
        check("Segmentation fault\n\n", "rustc does not run: Segmentation fault");
        check("", "rustc does not run: it does not say why");
    }
}
