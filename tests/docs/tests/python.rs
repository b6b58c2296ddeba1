//! Snippets in Python: each is imported as a build imports it, and mypy checks the types of all.

use crate::{clear, run, scratch};
use meadhall_docs::markdown::{Page, module_name, pages, root};
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

#[test]
fn plugins_register_and_have_the_types_of_the_sdk() {
    let pages = pages();
    let python = root().join("target/tools/python/bin/python");
    assert!(python.is_file(), "the tools for Python plugins are missing: `cargo xtask plugins` installs them");
    let sdk = root().join("guest-sdk/python").canonicalize().unwrap();
    let folder = scratch("python");
    clear(&folder, &["py"]);
    let mut modules = Vec::new();
    for block in pages.iter().flat_map(Page::blocks).filter(|block| block.language.as_deref() == Some("python")) {
        let module = module_name(&block.place);
        fs::write(folder.join(format!("{module}.py")), block.code).unwrap();
        modules.push(module);
    }
    assert!(!modules.is_empty(), "no page has a plugin in Python");
    fs::write(folder.join("cells.py"), cells(&pages)).unwrap();
    // A registry is one plugin's, and so a process is.
    let import = "from meadhall import _build; import sys; _build.check(sys.argv[1])";
    for module in &modules {
        run(Command::new(&python).args(["-B", "-c", import, module]).env("PYTHONPATH", &sdk).current_dir(&folder));
    }
    let options = ["-m", "mypy", "--no-error-summary", "--check-untyped-defs", "--cache-dir", "mypy-cache", "--"];
    let files = modules.iter().map(String::as_str).chain(["cells"]).map(|module| format!("{module}.py"));
    run(Command::new(&python).args(options).args(files).env("MYPYPATH", &sdk).current_dir(&folder));
}

/// What tables name in the column of Python, each as an expression in a handler.
fn cells(pages: &[Page]) -> String {
    let mut text = "from meadhall import *\n".to_owned();
    for (number, cell) in pages.iter().flat_map(|page| page.cells(&["Python"])).enumerate() {
        let code = cell.code.trim_start_matches('@');
        writeln!(text, "def c{number}(ctx: Context) -> object:  # {}\n    return {code}", cell.place)
            .expect("a string takes all");
    }
    text
}
