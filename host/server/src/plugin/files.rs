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

/// What the configured paths name at the moment.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Files as they are, those of folders by their names.
    pub(super) files: Vec<PluginFile>,
    /// Paths that cannot be read, and why.
    pub(super) unreadable: Vec<(PathBuf, anyhow::Error)>,
}

/// The files that the paths name: files as they are, folders by the names of their `*.wasm` files. It blocks.
///
/// # Errors
/// For two files of one name, and one without a name; the sentence names them.
pub(super) fn look(paths: &[PathBuf]) -> anyhow::Result<Found> {
    let mut found = Found::default();
    for path in paths {
        let files = std::fs::metadata(path)
            .with_context(|| format!("cannot read plugin {} (runtime.plugins)", path.display()))
            .and_then(|metadata| if metadata.is_dir() { in_folder(path) } else { Ok(vec![path.clone()]) });
        match files {
            Ok(files) => files.into_iter().try_for_each(|file| found.add(file))?,
            Err(error) => found.unreadable.push((path.clone(), error)),
        }
    }
    Ok(found)
}

/// As [`look`], for a start, where everything must be there.
///
/// # Errors
/// As [`look`], and for a path that cannot be read.
pub(super) fn find(paths: &[PathBuf]) -> anyhow::Result<Vec<PluginFile>> {
    let Found { files, unreadable } = look(paths)?;
    match unreadable.into_iter().next() {
        Some((_, error)) => Err(error),
        None => Ok(files),
    }
}

impl Found {
    fn add(&mut self, path: PathBuf) -> anyhow::Result<()> {
        let name = path.file_stem().and_then(|stem| stem.to_str());
        // `..` is the stem of `...wasm`, and would be another folder where versions are kept.
        let name: Arc<str> = name
            .filter(|name| !matches!(*name, "." | ".."))
            .with_context(|| format!("plugin {} has no name: its file name must be valid text", path.display()))?
            .into();
        if let Some(other) = self.files.iter().find(|other| other.name == name) {
            bail!("two plugins are named {name:?}: {} and {}", other.path.display(), path.display());
        }
        self.files.push(PluginFile { name, path });
        Ok(())
    }
}

/// Whether a file seems to be all there, which a file that is being written is not: a component is a header and sections,
/// each with its length in front. What is no WebAssembly is whole: it gets no better by waiting.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    const MAGIC: &[u8] = b"\0asm";
    const HEADER: usize = 8;
    if bytes.len() < HEADER {
        return !MAGIC.starts_with(&bytes[..bytes.len().min(MAGIC.len())]);
    }
    if !bytes.starts_with(MAGIC) {
        return true;
    }
    let mut rest = &bytes[HEADER..];
    while let Some((_id, section)) = rest.split_first() {
        let Some((length, content)) = leb128(section) else { return false };
        match usize::try_from(length).ok().and_then(|length| content.get(length..)) {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    true
}

/// A number as WebAssembly writes it, seven bits a byte, and what stands behind it.
fn leb128(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let end = bytes.iter().take(5).position(|byte| byte & 0x80 == 0)?;
    let number = bytes[..=end].iter().rev().fold(0, |number, byte| number << 7 | u64::from(byte & 0x7f));
    Some((number, &bytes[end + 1..]))
}

/// A plugin's file, read.
#[derive(Clone)]
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
            // Hidden files are what editors, file systems and copying programs put beside the real ones.
            let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            if path.extension().is_some_and(|extension| extension == "wasm") && !is_hidden && path.is_file() {
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
        for name in ["b.wasm", "a.wasm", "notes.txt", "._a.wasm"] {
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

    #[test]
    fn a_file_that_ends_in_the_middle_is_not_whole() {
        let component = b"\0asm\x0d\0\x01\0\x01\x03abc\x00\x81\x00d";
        let whole: Vec<usize> = (0..=component.len()).filter(|end| is_whole(&component[..*end])).collect();
        assert_eq!(whole, [8, 13, 17], "where the header or a section ends");
        assert!(is_whole(b"no wasm") && is_whole(b"and no wasm either"));
    }

    #[test]
    fn a_file_cannot_be_named_like_another_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("...wasm");
        std::fs::write(&path, "").unwrap();
        assert!(find(&[path]).unwrap_err().to_string().contains("has no name"));
    }
}
