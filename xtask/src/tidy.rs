//! Rules of this repository that no compiler checks, as tests.

use crate::command::root;
use std::fs;
use std::path::{Path, PathBuf};

/// Longer files are split by concept.
const LINES_MAX: usize = 600;

/// Names that say nothing of what is inside.
const EMPTY_NAMES: [&str; 8] = ["utils", "util", "common", "helpers", "helper", "misc", "manager", "shared"];

/// Folders that hold what was built or downloaded.
const NOT_OURS: [&str; 4] = ["target", "node_modules", "__pycache__", ".git"];

#[test]
fn no_source_file_is_too_long() {
    let long: Vec<String> = sources(&["rs", "mjs", "js", "ts", "py", "proto", "wit"])
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(path, lines)| format!("{} has {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "split these at {LINES_MAX} lines: {long:#?}");
}

#[test]
fn no_module_has_an_empty_name() {
    let empty: Vec<PathBuf> = sources(&["rs"])
        .map(|(path, _)| path)
        .filter(|path| {
            let names = [path.file_stem(), path.parent().and_then(Path::file_name)];
            names.into_iter().flatten().any(|name| EMPTY_NAMES.iter().any(|empty| name == *empty))
        })
        .collect();
    assert!(empty.is_empty(), "name these after their concept: {empty:#?}");
}

#[test]
fn no_test_is_left_out() {
    // In two parts, so that this file does not find itself.
    let marks =
        [concat!("#[", "ignore"), concat!("#[", "should_panic"), concat!("todo", "!("), concat!("unimplemented", "!(")];
    let found: Vec<String> = sources(&["rs"])
        .flat_map(|(path, text)| numbered(&path, &text, |line| marks.iter().any(|mark| line.contains(mark))))
        .collect();
    assert!(found.is_empty(), "finish these: {found:#?}");
}

#[test]
fn every_item_of_the_plugin_contract_is_documented() {
    let mut bare = Vec::new();
    for (path, text) in sources(&["wit"]).filter(|(path, _)| path.starts_with("wit")) {
        let mut documented = false;
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.starts_with("///") {
                documented = true;
            } else if is_item(line) {
                if !documented {
                    bare.push(format!("{}:{}: {line}", path.display(), number + 1));
                }
                documented = false;
            }
        }
    }
    assert!(bare.is_empty(), "say what these are, for whoever writes a plugin: {bare:#?}");
}

/// Whether a line of WIT begins something that a reader wants explained; imports, exports and closing braces do not.
fn is_item(line: &str) -> bool {
    let other = ["//", "}", "use ", "import ", "export ", "include "];
    !line.is_empty() && !other.iter().any(|start| line.starts_with(start))
}

#[test]
fn crates_depend_in_one_direction() {
    let forbidden: [(&str, &[&str]); 3] = [
        ("host/protocol", &["meadhall-core", "meadhall", "axum", "hyper", "wasmtime", "tokio", "sled"]),
        (
            "host/core",
            &["meadhall-protocol", "meadhall", "axum", "hyper", "wasmtime", "wasmtime-wasi", "prost", "pbjson"],
        ),
        ("xtask", &["meadhall", "meadhall-core", "meadhall-protocol"]),
    ];
    for (folder, names) in forbidden {
        let manifest = read(&root().join(folder).join("Cargo.toml"));
        for name in dependencies(&manifest) {
            assert!(!names.contains(&name), "{folder} must not depend on {name}");
        }
    }
}

/// The names in the section `[dependencies]`: what comes before `.`, `=` or a space.
fn dependencies(manifest: &str) -> impl Iterator<Item = &str> {
    let section = manifest.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    section
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', '=', ' ']).next())
        .filter(|name| !name.is_empty())
}

#[test]
fn sled_stays_in_the_store() {
    let found: Vec<String> = sources(&["rs"])
        .filter(|(path, _)| path.starts_with("host") && !path.starts_with("host/core/src/store"))
        .flat_map(|(path, text)| numbered(&path, &text, |line| line.contains("sled::")))
        .collect();
    assert!(found.is_empty(), "the store hides its engine: {found:#?}");
}

#[test]
fn documents_name_files_that_exist() {
    let documents = ["README.md", "ARCHITECTURE.md", "benches/README.md"].map(PathBuf::from);
    let pages = sources(&["md"]).map(|(path, _)| path).filter(|path| path.starts_with("docs"));
    for document in pages.chain(documents) {
        for path in named_paths(&read(&root().join(&document))) {
            assert!(root().join(&path).exists(), "{} names {path}, which does not exist", document.display());
        }
    }
}

/// What stands between backticks and begins with a folder of this repository.
fn named_paths(document: &str) -> Vec<String> {
    let folders = ["host/", "tests/", "wit/", "proto/", "plugins/", "guest-sdk/", "xtask/", "benches/", ".ci/"];
    document
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| folders.iter().any(|folder| code.starts_with(folder)))
        .filter(|code| !code.contains([' ', '*', '{', '<', '…']) && !code.contains("target/"))
        .map(|code| code.split("::").next().unwrap_or(code).to_owned())
        .collect()
}

/// Every file of ours with one of these endings: its path from the root, and its text.
fn sources(endings: &'static [&str]) -> impl Iterator<Item = (PathBuf, String)> {
    let mut folders = vec![root().to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("our folders can be read") {
            let path = entry.expect("our folders can be read").path();
            if path.is_dir() && !path.file_name().is_some_and(|name| NOT_OURS.iter().any(|other| name == *other)) {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted)) {
                files.push(path);
            }
        }
    }
    assert!(!files.is_empty(), "there are no files with the endings {endings:?}");
    files.into_iter().map(|file| (file.strip_prefix(root()).expect("it lies below").to_owned(), read(&file)))
}

fn numbered(path: &Path, text: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let lines = text.lines().enumerate().filter(|(_, line)| wanted(line));
    lines.map(|(number, line)| format!("{}:{}: {}", path.display(), number + 1, line.trim())).collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()))
}
