//! Writes the Rust snippets of the documentation as modules.

#[path = "src/markdown.rs"]
#[allow(dead_code, unreachable_pub, reason = "the tests need more of it")]
mod markdown;

use markdown::{Block, Cell, module_name, pages, root};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// rustdoc compiles the snippets of this page.
const TESTED_BY_RUSTDOC: &str = "guest-sdk/README.md";

fn main() {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("Cargo names a folder"));
    println!("cargo::rerun-if-changed={}", root().join("docs").display());
    let mut modules = String::new();
    let mut cells = Vec::new();
    for page in pages() {
        println!("cargo::rerun-if-changed={}", root().join(&page.path).display());
        cells.extend(page.cells(&["Rust"]));
        if page.path != TESTED_BY_RUSTDOC {
            page.programs("rust").iter().for_each(|block| snippet(&out, block, &mut modules));
        }
    }
    let file = out.join("cells.rs");
    write(&file, &calls(&cells));
    writeln!(modules, "#[path = {file:?}]\nmod cells;").expect("a string takes all");
    write(&out.join("snippets.rs"), &modules);
}

/// One snippet in a file whose name says where it is from.
fn snippet(out: &Path, block: &Block, modules: &mut String) {
    let name = module_name(&block.place);
    let file = out.join(format!("{name}.rs"));
    write(&file, &block.code);
    let allowed = "#[allow(dead_code, unreachable_pub, reason = \"a snippet is part of something\")]";
    writeln!(modules, "{allowed}\n#[path = {file:?}]\nmod {name};").expect("a string takes all");
}

/// The calls that tables name: a path is imported, anything else is an expression in a handler.
fn calls(cells: &[Cell]) -> String {
    let mut text =
        "//! What tables name, in the order of the pages.\n#![allow(dead_code, unused, reason = \"it has to \
                    be there, no more\")]\nuse meadhall_guest::prelude::*;\nuse meadhall_guest::serde_json::Value;\n"
            .to_owned();
    for (number, Cell { place, code, .. }) in cells.iter().enumerate() {
        let line = if let Some(attribute) = code.strip_prefix("#[") {
            let name: String = attribute.chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect();
            format!("use meadhall_guest::{name} as _c{number};")
        } else if code.chars().all(|sign| sign.is_alphanumeric() || "_:!".contains(sign)) {
            format!("use meadhall_guest::{} as _c{number};", code.trim_end_matches('!'))
        } else {
            format!("fn c{number}(ctx: &Context) -> Result<()> {{ let _ = {code}; Ok(()) }}")
        };
        writeln!(text, "{line} // {place}").expect("a string takes all");
    }
    text
}

fn write(file: &Path, text: &str) {
    fs::write(file, text).unwrap_or_else(|error| panic!("{} cannot be written: {error}", file.display()));
}
