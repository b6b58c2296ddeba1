//! The guides, as a newcomer follows them: the plugin that a guide shows, its tests and its script, in the folder that
//! `meadhall plugin new` makes.

use crate::run;
use meadhall_docs::markdown::{Page, pages, root};
use meadhall_tests::plugins::plugin_cache_dir;
use meadhall_tests::process::binary;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The first plugin of a page.
fn plugin(page: &Page, language: &str) -> String {
    let programs = page.programs(language).into_iter();
    programs.map(|program| program.code).next().unwrap_or_else(|| panic!("{} has no plugin", page.path))
}

/// The first script of a page.
fn script(page: &Page) -> String {
    let is_script = |role: Option<&str>| role == Some("script");
    let mut scripts = page.blocks().into_iter().filter(|block| is_script(block.role.as_deref()));
    scripts.next().unwrap_or_else(|| panic!("{} has no script", page.path)).code
}

/// A tool, with a folder for what it compiles that is kept from run to run.
fn tool(program: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("CARGO_TARGET_DIR", root().join("target/first-plugin"));
    command
}

/// Makes the plugin of a guide in a new folder in `parent`, and has its script run.
fn follow(parent: &Path, page: &str, lang: &str, language: &str, source: &str) {
    let pages = pages();
    let page = pages.iter().find(|other| other.path == page).expect("it is a page of docs/");
    let meadhall = binary().expect("`cargo xtask test` builds it");
    run(tool(&meadhall, parent).args(["plugin", "new", "hello", "--lang", lang]));
    let folder = parent.join("hello");
    fs::write(folder.join(source), plugin(page, language)).expect("the folder was made just now");
    fs::write(folder.join("test.toml"), script(page)).expect("the folder was made just now");
    let tools = root().join("target/tools").join(language).canonicalize();
    if let Ok(tools) = tools {
        std::os::unix::fs::symlink(tools, folder.join(".venv")).expect("the folder was made just now");
    }
    run(tool(&meadhall, parent).args(["plugin", "test", "hello", "--cache"]).arg(plugin_cache_dir()));
}

#[test]
fn the_guide_for_rust_is_a_plugin_that_passes_its_tests() {
    let parent = tempfile::tempdir().unwrap();
    follow(parent.path(), "docs/rust.md", "rust", "rust", "src/lib.rs");
    let tests = ["test", "--offline", "--lib", "--manifest-path", "hello/Cargo.toml"];
    let tested = run(tool("cargo", parent.path()).args(tests));
    assert!(tested.contains("test result: ok. 2 passed"), "{tested}");
}

#[test]
fn the_guide_for_python_is_a_plugin_that_passes_its_script() {
    let parent = tempfile::tempdir().unwrap();
    follow(parent.path(), "docs/python.md", "python", "python", "plugin.py");
}
