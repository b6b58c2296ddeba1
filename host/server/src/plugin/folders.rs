//! Folders that a plugin may read. No path and no link leads out of them.

use super::blocking::Blocking;
use super::limits::{FILE_BYTES, FOLDER_ENTRIES};
use anyhow::Context as _;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt as _};
use rustix::fs::OFlags;
use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::sync::Arc;

/// The folders of one plugin, by the names that it knows them by.
pub(super) struct Folders {
    open: BTreeMap<String, Arc<Dir>>,
    blocking: Blocking,
}

/// Why nothing was read.
#[derive(Debug)]
pub(super) enum ReadError {
    /// No such folder is granted, or the path leads out of it.
    NotGranted,
    NotFound,
    /// It is a folder where a file is wanted, or the other way round, or neither.
    WrongKind,
    TooLarge,
    Failed(io::Error),
}

impl Folders {
    /// Opens the folders.
    ///
    /// # Errors
    /// For one that does not open; the sentence names it.
    pub(super) fn open(folders: &BTreeMap<String, PathBuf>, blocking: &Blocking) -> anyhow::Result<Self> {
        let mut open = BTreeMap::new();
        for (name, path) in folders {
            let dir = Dir::open_ambient_dir(path, ambient_authority())
                .with_context(|| format!("folder {name:?}, {}, does not open", path.display()))?;
            open.insert(name.clone(), Arc::new(dir));
        }
        Ok(Self { open, blocking: blocking.clone() })
    }

    /// A file's whole content.
    ///
    /// # Errors
    /// As [`ReadError`] says.
    pub(super) async fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.at(path, read_file).await
    }

    /// The names in a folder, sorted; those of folders end in `/`.
    ///
    /// # Errors
    /// As [`ReadError`] says.
    pub(super) async fn list(&self, path: &str) -> Result<Vec<String>, ReadError> {
        self.at(path, list_folder).await
    }

    async fn at<T: Send + 'static>(
        &self,
        path: &str,
        read: fn(&Dir, &str) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let (name, rest) = path.split_once('/').unwrap_or((path, ""));
        let dir = self.open.get(name).ok_or(ReadError::NotGranted)?.clone();
        let rest = if rest.is_empty() { ".".to_owned() } else { rest.to_owned() };
        let done = self.blocking.run(move || read(&dir, &rest)).await;
        done.unwrap_or_else(|| Err(ReadError::Failed(io::Error::other("the thread that reads failed"))))
    }
}

fn read_file(dir: &Dir, path: &str) -> Result<Vec<u8>, ReadError> {
    // Opening a pipe that nobody writes to would wait forever.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = dir.open_with(path, OpenOptions::new().read(true).custom_flags(flags))?;
    if !file.metadata()?.is_file() {
        return Err(ReadError::WrongKind);
    }
    let mut content = Vec::new();
    file.take(FILE_BYTES as u64 + 1).read_to_end(&mut content)?;
    if content.len() > FILE_BYTES { Err(ReadError::TooLarge) } else { Ok(content) }
}

fn list_folder(dir: &Dir, path: &str) -> Result<Vec<String>, ReadError> {
    let mut names = Vec::new();
    for entry in dir.read_dir(path)? {
        if names.len() == FOLDER_ENTRIES {
            return Err(ReadError::TooLarge);
        }
        let entry = entry?;
        // A name that is no text can be in no path of a plugin's.
        if let Ok(mut name) = entry.file_name().into_string() {
            if entry.file_type()?.is_dir() {
                name.push('/');
            }
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::InvalidInput | io::ErrorKind::InvalidFilename => Self::NotFound,
            io::ErrorKind::PermissionDenied => Self::NotGranted,
            io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory => Self::WrongKind,
            _ => Self::Failed(error),
        }
    }
}
