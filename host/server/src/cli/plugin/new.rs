//! `meadhall plugin new`.

use super::language::Language;
use anyhow::{Context as _, bail, ensure};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Files by their path in the new folder.
pub(super) type NewFiles = Vec<(PathBuf, String)>;

/// Makes a plugin in a new folder in `parent`, and returns the folder.
///
/// # Errors
/// For a name that no plugin can have, a folder that exists, and a disk that fails. Nothing is written in the first two
/// cases.
pub(super) fn new(parent: &Path, name: &str, language: Language) -> anyhow::Result<PathBuf> {
    check_name(name)?;
    let files = language.files(name)?;
    let folder = parent.join(name);
    match fs::create_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            bail!("{} exists already; choose another name or another folder", folder.display())
        }
        created => created.with_context(|| format!("cannot make the folder {}", folder.display()))?,
    }
    for (path, text) in files {
        write(&folder.join(path), &text)?;
    }
    Ok(folder)
}

/// A name is a folder, a Cargo package and a plugin's name in the configuration.
fn check_name(name: &str) -> anyhow::Result<()> {
    let starts = name.starts_with(|first: char| first.is_ascii_lowercase());
    let goes_on = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_');
    ensure!(
        starts && goes_on && name.len() <= 64,
        "{name:?} cannot be a plugin's name: it begins with a letter, and has up to 64 lower-case letters, digits, `-` and `_`"
    );
    Ok(())
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::write(path, text)).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn a_new_plugin_builds_and_passes_the_check() {
        let parent = tempfile::tempdir().unwrap();
        let folder = new(parent.path(), "daily-rewards", Language::Rust).unwrap();
        // What is compiled is kept from run to run.
        let target = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/plugin-new");
        fs::create_dir(folder.join(".cargo")).unwrap();
        fs::write(folder.join(".cargo/config.toml"), format!("[build]\ntarget-dir = {target:?}\n")).unwrap();

        let components = Language::Rust.build(&folder).unwrap();

        let [component] = &components[..] else { panic!("expected one component: {components:?}") };
        assert_eq!(component.file_name().unwrap(), "daily_rewards.wasm");
        assert_eq!(component.file_stem().unwrap(), &*Language::Rust.component("daily-rewards"));
        let report = check::check(component).unwrap();
        assert!(report.starts_with("daily_rewards 0.1.0, "), "{report}");
        assert!(report.contains("\nhandles:\n  rpc greet\n  after ChannelMessageSend\nneeds"), "{report}");
    }

    #[test]
    fn what_cannot_be_made_is_refused_and_nothing_is_written() {
        let parent = tempfile::tempdir().unwrap();
        let check = |name: &str, language, expected: &str| {
            let error = new(parent.path(), name, language).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check("meadhall-guest", Language::Js, "it is the SDK's");
        check("meadhall", Language::Python, "it is the SDK's");
        check("../game", Language::Rust, "cannot be a plugin's name");
        check("Game", Language::Rust, "cannot be a plugin's name");
        check("", Language::Rust, "cannot be a plugin's name");
        check("meadhall-guest", Language::Rust, "it is the SDK's");
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_exists_is_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("game");
        fs::create_dir(&folder).unwrap();
        let error = new(parent.path(), "game", Language::Rust).unwrap_err().to_string();
        assert!(error.contains("exists already"), "{error}");
        assert_eq!(fs::read_dir(folder).unwrap().count(), 0);
    }
}
