//! Links between pages, to files and to headings, and that every page can be reached.

use meadhall_docs::markdown::{Page, pages, root};
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// Items that rustdoc resolves, in the page that is a crate's documentation too.
const RUSTDOC: &str = "guest-sdk/README.md";

const INDEX: &str = "docs/README.md";

/// Longer pages are two.
const LINES_MAX: usize = 400;

#[test]
fn links_lead_somewhere() {
    let pages = pages();
    let broken: Vec<String> = pages.iter().flat_map(|page| broken(page, &pages)).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

fn broken(page: &Page, pages: &[Page]) -> Vec<String> {
    let mut broken = Vec::new();
    for (link, place) in page.links() {
        if link.starts_with("https://") || (page.path == RUSTDOC && !link.contains(['/', '#', '.'])) {
            continue;
        }
        let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
        let target = if path.is_empty() { PathBuf::from(&page.path) } else { beside(page, path) };
        if !root().join(&target).exists() {
            broken.push(format!("{place}: {link}: there is no {}", target.display()));
        } else if !anchor.is_empty() {
            let there = pages.iter().find(|other| Path::new(&other.path) == target);
            if !there.is_some_and(|other| other.anchors().iter().any(|known| known == anchor)) {
                broken.push(format!("{place}: {link}: {} has no such heading", target.display()));
            }
        }
    }
    broken
}

/// A path from the root, of what a page names from its own folder.
fn beside(page: &Page, link: &str) -> PathBuf {
    let mut path = Path::new(&page.path).parent().unwrap_or(Path::new("")).to_owned();
    for part in Path::new(link).components() {
        match part {
            Component::ParentDir => assert!(path.pop(), "{}: {link} leads out of the repository", page.path),
            part => path.push(part),
        }
    }
    path
}

#[test]
fn every_page_of_docs_is_in_the_index() {
    let pages = pages();
    let index = pages.iter().find(|page| page.path == INDEX).unwrap();
    let linked: BTreeSet<PathBuf> =
        index.links().iter().map(|(link, _)| beside(index, link.split('#').next().unwrap_or(link))).collect();
    let missing: Vec<&str> = pages
        .iter()
        .map(|page| page.path.as_str())
        .filter(|path| path.starts_with("docs/") && *path != INDEX && !linked.contains(Path::new(path)))
        .collect();
    assert!(missing.is_empty(), "{INDEX} does not link to {missing:?}");
}

#[test]
fn no_page_is_too_long() {
    // The reference is written by a program and looked things up in, not read.
    let long: Vec<String> = pages()
        .iter()
        .filter(|page| page.path != "docs/wit.md" && page.text.lines().count() > LINES_MAX)
        .map(|page| format!("{} has {} lines", page.path, page.text.lines().count()))
        .collect();
    assert!(long.is_empty(), "split these at {LINES_MAX} lines: {long:?}");
}
