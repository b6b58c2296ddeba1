//! The files of plugins: what the configured paths name.

use super::version::ContentHash;
use anyhow::{Context as _, bail};
use bytes::Bytes;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A plugin's file. The name is its stem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PluginFile {
    pub(super) name: Arc<str>,
    pub(super) path: PathBuf,
}

/// The files that the paths name: files as they are, folders by the names of their `*.wasm` files.
///
/// # Errors
/// For a path that cannot be read, and for two files of one name; the sentence names them.
pub(super) fn find(paths: &[PathBuf]) -> anyhow::Result<Vec<PluginFile>> {
    let mut files: Vec<PluginFile> = Vec::new();
    for path in paths {
        let found = std::fs::metadata(path)
            .with_context(|| format!("cannot read plugin {}", path.display()))
            .and_then(|metadata| if metadata.is_dir() { in_folder(path) } else { Ok(vec![path.clone()]) })?;
        for path in found {
            let name: Arc<str> = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .with_context(|| format!("plugin {} has no name: its file name must be valid text", path.display()))?
                .into();
            if let Some(other) = files.iter().find(|other| other.name == name) {
                bail!("two plugins are named {name:?}: {} and {}", other.path.display(), path.display());
            }
            files.push(PluginFile { name, path });
        }
    }
    Ok(files)
}

/// A plugin's file, read.
pub(super) struct PluginCode {
    pub(super) file: PluginFile,
    pub(super) bytes: Bytes,
    pub(super) hash: ContentHash,
}

/// Reads a plugin's file. It blocks.
///
/// # Errors
/// When it cannot be read; the sentence names it.
pub(super) fn read(file: &PluginFile) -> anyhow::Result<PluginCode> {
    let path = &file.path;
    let bytes = std::fs::read(path).with_context(|| format!("cannot read plugin {}", path.display()))?;
    Ok(PluginCode { file: file.clone(), hash: ContentHash::of(&bytes), bytes: bytes.into() })
}

fn in_folder(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "wasm") && path.is_file() {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    };
    read().with_context(|| format!("cannot read plugin folder {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_give_their_components_by_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.wasm", "a.wasm", "notes.txt"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("c.wasm")).unwrap();
        let paths = [folder.path().to_owned()];
        let found = find(&paths).unwrap();
        let names: Vec<&str> = found.iter().map(|file| &*file.name).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn two_files_of_one_name_are_refused_by_both_paths() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("hall.wasm"), folder.path().join("two/hall.wasm"));
        std::fs::create_dir(folder.path().join("two")).unwrap();
        std::fs::write(&one, "").unwrap();
        std::fs::write(&two, "").unwrap();
        let problem = find(&[one.clone(), two.clone()]).unwrap_err().to_string();
        assert!(problem.contains(one.to_str().unwrap()) && problem.contains(two.to_str().unwrap()), "{problem}");
    }
}
