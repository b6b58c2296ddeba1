//! Blocks of data, and that every block is one that some test checks.

use meadhall::config::{Sources, load};
use meadhall_docs::markdown::{ADDED, Block, pages};

/// Languages of blocks, and what kinds of text there are in each besides the usual one.
const LANGUAGES: &[(&str, &[&str])] = &[
    ("rust", &["no_run", ADDED]),
    ("js", &[]),
    ("ts", &[]),
    ("python", &[]),
    // Settings of the server; a project's manifest, and the script of `meadhall plugin test`.
    ("toml", &["manifest", "script"]),
    ("json", &[]),
    // Commands as one types them.
    ("sh", &[]),
    // What a program prints. No test can know.
    ("text", &[]),
];

fn blocks() -> Vec<Block> {
    pages().iter().flat_map(|page| page.blocks()).collect()
}

#[test]
fn every_block_has_a_language_that_is_checked() {
    let mut unknown = Vec::new();
    for Block { place, language, role, .. } in blocks() {
        let Some(language) = language else { continue };
        let known = LANGUAGES.iter().find(|(name, _)| *name == language);
        let fits = known.is_some_and(|(_, roles)| role.as_deref().is_none_or(|role| roles.contains(&role)));
        if !fits {
            unknown.push(format!("{place}: ```{language} {}", role.unwrap_or_default()));
        }
    }
    assert!(unknown.is_empty(), "no test checks blocks of these languages, there are {LANGUAGES:?}: {unknown:#?}");
}

#[test]
fn settings_are_those_of_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let mut checked = 0;
    for Block { place, role, code, .. } in blocks().iter().filter(|block| block.language.as_deref() == Some("toml")) {
        if role.as_deref() == Some("script") {
            meadhall::cli::check_script(code).unwrap_or_else(|faults| panic!("{place}: {}", faults.join("; ")));
            continue;
        }
        if role.is_some() {
            code.parse::<toml::Table>().unwrap_or_else(|error| panic!("{place}: {error}"));
            continue;
        }
        let file = folder.path().join("meadhall.toml");
        std::fs::write(&file, code).unwrap();
        let loaded = load(&Sources { file: Some(file), ..Sources::default() });
        loaded.unwrap_or_else(|faults| panic!("{place}: {faults}"));
        checked += 1;
    }
    assert!(checked > 0, "no page has settings");
}

#[test]
fn json_is_json() {
    for Block { place, code, .. } in blocks().iter().filter(|block| block.language.as_deref() == Some("json")) {
        serde_json::from_str::<serde_json::Value>(code).unwrap_or_else(|error| panic!("{place}: {error}"));
    }
}
