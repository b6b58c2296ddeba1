//! `cargo xtask docs`: writes `docs/wit.md`, the reference of the plugin contract, from `wit/`.
//!
//! The files of `wit/` have one item a line and a comment before each (`tidy.rs` demands the comments), so that reading
//! lines is enough here.

use crate::command::root;
use anyhow::{Context, Result, bail, ensure};
use std::fmt::Write as _;
use std::fs;

const REFERENCE: &str = "docs/wit.md";

const INTRODUCTION: &str = "\
# The plugin contract

<!-- Written by `cargo xtask docs` from `wit/`. -->

This is what lies under the SDKs: the package `meadhall:plugin@0.1.0`, as the files of [`wit/`](../wit) have it. Read it to
know exactly what a function does, refuses and costs, or to write a plugin in a language that has no SDK yet.

- Names are those of WIT. The SDKs write `channel.list-from` as `channel::list_from` (Rust), `channel.listFrom` (JavaScript)
  and `channel.list_from` (Python).
- `result<T, error>` is a `T`, or an [error](#types) with a code and a sentence. The SDKs return or throw it.
- \"The public `Account` as JSON\" is the message that clients get, with its names in snake_case. The SDKs have types for it.
- What is published never changes. Growth is a new function or a new interface, so that a component compiled today still
  loads tomorrow.

";

/// Writes the reference.
///
/// # Errors
/// When `wit/` cannot be read, or has something that this does not know.
pub(crate) fn run() -> Result<()> {
    let path = root().join(REFERENCE);
    fs::write(&path, reference()?).with_context(|| format!("writing {REFERENCE}"))?;
    println!("{REFERENCE} is written");
    Ok(())
}

fn reference() -> Result<String> {
    let world = read("world")?;
    let mut text = INTRODUCTION.to_owned();
    let parts = [("What a plugin can call", "import"), ("What a plugin can export", "export")];
    let interfaces = |keyword| listed(&world, keyword);
    for (title, keyword) in parts {
        writeln!(text, "**{title}**: {}\n", links(&interfaces(keyword)))?;
    }
    writeln!(text, "**What several share**: [types](#types)\n")?;
    for (title, keyword) in parts {
        writeln!(text, "# {title}\n")?;
        for name in interfaces(keyword) {
            interface(&mut text, &name)?;
        }
    }
    writeln!(text, "# What several share\n")?;
    interface(&mut text, "types")?;
    while text.contains("\n\n\n") {
        text = text.replace("\n\n\n", "\n\n");
    }
    Ok(text.trim_end().to_owned() + "\n")
}

fn read(interface: &str) -> Result<String> {
    let path = root().join("wit").join(format!("{interface}.wit"));
    fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
}

/// What the world imports or exports, in its order.
fn listed(world: &str, keyword: &str) -> Vec<String> {
    let names = world.lines().filter_map(|line| line.trim().strip_prefix(keyword)?.trim().strip_suffix(';'));
    names.map(|name| plain(name).to_owned()).collect()
}

fn links(names: &[String]) -> String {
    let links: Vec<_> = names.iter().map(|name| format!("[{name}](#{name})")).collect();
    links.join(", ")
}

/// A name without the sign that tells it from a keyword.
fn plain(name: &str) -> &str {
    name.trim().trim_start_matches('%')
}

/// An interface as the lines of its file have it.
fn interface(text: &mut String, name: &str) -> Result<()> {
    let source = read(name)?;
    let mut comment: Vec<&str> = Vec::new();
    // The type whose fields or cases are being read.
    let mut inside: Option<&str> = None;
    for line in source.lines().map(str::trim) {
        if let Some(said) = line.strip_prefix("///") {
            comment.push(said.trim());
            continue;
        }
        let said = if comment.is_empty() { String::new() } else { paragraphs(&comment) };
        comment.clear();
        if line.is_empty() || line.starts_with("use ") || line.starts_with("//") {
            continue;
        } else if line.starts_with("interface ") {
            writeln!(text, "## {name}\n\n{said}\n")?;
        } else if line == "}" {
            inside = None;
            writeln!(text)?;
        } else if let Some((kind, of)) = opened(line) {
            writeln!(text, "**{kind} `{}`** {said}\n", plain(of))?;
            inside = Some(kind);
        } else if inside.is_some() {
            writeln!(text, "- `{}`: {said}", plain(line.trim_end_matches(',')).replace('%', ""))?;
        } else if let Some((function, signature)) = line.split_once(": func") {
            ensure!(signature.ends_with(';'), "wit/{name}.wit: {line:?} goes on in the next line");
            let signature = signature.trim_end_matches(';').replace('%', "");
            writeln!(text, "### {name}.{}\n\n`{}{signature}`\n\n{said}\n", plain(function), plain(function))?;
        } else {
            bail!("wit/{name}.wit has a line that `cargo xtask docs` does not know: {line:?}");
        }
    }
    Ok(())
}

/// The kind and the name of a type that begins in this line.
fn opened(line: &str) -> Option<(&'static str, &str)> {
    let kinds = ["record", "enum", "variant"];
    kinds
        .into_iter()
        .find_map(|kind| Some((kind, line.strip_prefix(kind)?.strip_prefix(' ')?.strip_suffix('{')?.trim())))
}

/// A comment's lines as text, in which an empty line stays one.
fn paragraphs(lines: &[&str]) -> String {
    let parts: Vec<String> = lines.split(|line| line.is_empty()).map(|part| part.join(" ")).collect();
    parts.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_is_what_wit_says() {
        let written = fs::read_to_string(root().join(REFERENCE)).unwrap();
        assert!(written == reference().unwrap(), "{REFERENCE} is old: run `cargo xtask docs`");
    }

    #[test]
    fn every_function_has_an_entry() {
        let reference = reference().unwrap();
        for entry in fs::read_dir(root().join("wit")).unwrap() {
            let path = entry.unwrap().path();
            let interface = path.file_stem().unwrap().to_str().unwrap().to_owned();
            for line in fs::read_to_string(&path).unwrap().lines() {
                let Some((function, _)) = line.split_once(": func(") else { continue };
                let heading = format!("\n### {interface}.{}\n", plain(function));
                assert!(reference.contains(&heading), "{heading}");
            }
        }
    }
}
