//! What the documentation says, held against what is there. Rust snippets are the library of this package: they are checked
//! by being compiled.

mod blocks;
mod commands;
mod guides;
mod javascript;
mod links;
mod python;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder for the files that a test writes; tools keep there what they learned in the last run.
fn scratch(name: &str) -> PathBuf {
    let folder = meadhall_docs::markdown::root().join("target/docs").join(name);
    std::fs::create_dir_all(&folder).expect("target/ can be written");
    folder.canonicalize().expect("it was made just now")
}

/// Removes the files with these endings, which are those of an earlier run.
fn clear(folder: &Path, endings: &[&str]) {
    for entry in std::fs::read_dir(folder).expect("target/ can be read") {
        let path = entry.expect("target/ can be read").path();
        if path.extension().is_some_and(|ending| endings.iter().any(|old| ending == *old)) {
            std::fs::remove_file(path).expect("what a test wrote can be removed");
        }
    }
}

/// Runs a tool, which says on its outputs what is wrong, and returns what it prints.
fn run(command: &mut Command) -> String {
    let output =
        command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?} cannot run: {error}"));
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", said(&output.stdout), said(&output.stderr));
    said(&output.stdout)
}
