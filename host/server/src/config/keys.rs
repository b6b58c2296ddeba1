//! The four keys. Those that nobody configured are made at the first start and kept beside the data.

use super::Config;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rand::TryRng as _;
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The file's name in the data folder.
const FILE: &str = "keys.toml";

/// Bytes of randomness in a key.
const KEY_BYTES: usize = 32;

/// Nakama's defaults: what `--dev` takes, so that samples and test clients work as they are.
pub(super) const WELL_KNOWN: WellKnown = WellKnown {
    server_key: "defaultkey",
    http_key: "defaulthttpkey",
    encryption_key: "defaultencryptionkey",
    refresh_encryption_key: "defaultrefreshencryptionkey",
};

/// The keys that everybody knows.
#[derive(Debug)]
pub(super) struct WellKnown {
    pub(super) server_key: &'static str,
    pub(super) http_key: &'static str,
    pub(super) encryption_key: &'static str,
    pub(super) refresh_encryption_key: &'static str,
}

/// Where the keys that were not configured came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// All were configured.
    Configured,
    /// `--dev`: the well-known ones.
    WellKnown,
    /// An earlier start left them in this file.
    Stored(PathBuf),
    /// They were made just now and are in this file.
    Made(PathBuf),
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("cannot read the keys in {path}")]
    Read { path: PathBuf, source: io::Error },
    /// The file holds something else.
    #[error("{path} does not hold keys: {problem}")]
    Malformed { path: PathBuf, problem: String },
    /// The file cannot be written.
    #[error("cannot write the keys to {path}")]
    Write { path: PathBuf, source: io::Error },
    /// The operating system has no randomness.
    #[error("cannot make keys: {0}")]
    Random(String),
}

/// What the file holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Keys {
    server_key: String,
    http_key: String,
    encryption_key: String,
    refresh_encryption_key: String,
}

/// Fills in every key that is empty; makes keys and stores them where there are none.
///
/// # Errors
/// When the keys beside the data cannot be read, made or stored.
pub fn fill_keys(config: &mut Config) -> Result<KeySource, KeyError> {
    if let Some(source) = fill_existing_keys(config)? {
        return Ok(source);
    }
    let path = write_new(&config.server.data_dir, &made()?)?;
    // Read back: another server may have been first, and then its keys stand.
    match fill_existing_keys(config)? {
        Some(_) => Ok(KeySource::Made(path)),
        None => Err(KeyError::Read { path, source: io::ErrorKind::NotFound.into() }),
    }
}

/// Fills in every key that is empty, as far as there are keys already; none when some are still to be made.
///
/// # Errors
/// When the keys beside the data cannot be read.
pub fn fill_existing_keys(config: &mut Config) -> Result<Option<KeySource>, KeyError> {
    if slots(config).iter().all(|(key, _)| !key.is_empty()) {
        return Ok(Some(KeySource::Configured));
    }
    if config.server.dev {
        fill(config, &well_known());
        return Ok(Some(KeySource::WellKnown));
    }
    let path = config.server.data_dir.join(FILE);
    let Some(keys) = read(&path)? else { return Ok(None) };
    fill(config, &keys);
    match slots(config).iter().find(|(key, _)| key.is_empty()) {
        Some((_, name)) => Err(KeyError::Malformed { path, problem: format!("{name} is missing or empty") }),
        None => Ok(Some(KeySource::Stored(path))),
    }
}

fn well_known() -> Keys {
    Keys {
        server_key: WELL_KNOWN.server_key.into(),
        http_key: WELL_KNOWN.http_key.into(),
        encryption_key: WELL_KNOWN.encryption_key.into(),
        refresh_encryption_key: WELL_KNOWN.refresh_encryption_key.into(),
    }
}

type Slot = fn(&mut Config) -> &mut String;

fn slots(config: &Config) -> [(&String, &'static str); 4] {
    [
        (&config.server.server_key, "server_key"),
        (&config.runtime.http_key, "http_key"),
        (&config.session.encryption_key, "encryption_key"),
        (&config.session.refresh_encryption_key, "refresh_encryption_key"),
    ]
}

fn fill(config: &mut Config, keys: &Keys) {
    let filled: [(Slot, &String); 4] = [
        (|config| &mut config.server.server_key, &keys.server_key),
        (|config| &mut config.runtime.http_key, &keys.http_key),
        (|config| &mut config.session.encryption_key, &keys.encryption_key),
        (|config| &mut config.session.refresh_encryption_key, &keys.refresh_encryption_key),
    ];
    for (slot, key) in filled {
        let configured = slot(config);
        if configured.is_empty() {
            configured.clone_from(key);
        }
    }
}

fn made() -> Result<Keys, KeyError> {
    let key = || {
        let mut bytes = [0; KEY_BYTES];
        rand::rngs::SysRng.try_fill_bytes(&mut bytes).map_err(|error| KeyError::Random(error.to_string()))?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
    };
    Ok(Keys { server_key: key()?, http_key: key()?, encryption_key: key()?, refresh_encryption_key: key()? })
}

fn read(path: &Path) -> Result<Option<Keys>, KeyError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(KeyError::Read { path: path.to_owned(), source }),
    };
    toml::from_str(&text).map(Some).map_err(|error: toml::de::Error| KeyError::Malformed {
        path: path.to_owned(),
        // Not its whole text, which would quote the file.
        problem: error.message().to_owned(),
    })
}

/// Writes the file whole or not at all, readable by its owner alone; one that is there stays.
fn write_new(folder: &Path, keys: &Keys) -> Result<PathBuf, KeyError> {
    let path = folder.join(FILE);
    let failed = |source| KeyError::Write { path: path.clone(), source };
    let text = toml::to_string(keys).expect("texts become TOML");
    fs::create_dir_all(folder).map_err(failed)?;
    let draft = folder.join(format!("{FILE}.{}", std::process::id()));
    let written = write_private(&draft, &text).and_then(|()| match fs::hard_link(&draft, &path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result,
    });
    let removed = fs::remove_file(&draft);
    written.and(removed).and_then(|()| fs::File::open(folder)?.sync_all()).map_err(failed)?;
    Ok(path)
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(b"# Made at the first start. Whoever has these keys can be any user: keep them as the data.\n")?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn config(folder: &Path) -> Config {
        let mut config = Config::default();
        config.server.data_dir = folder.join("data");
        config
    }

    fn all(config: &Config) -> [String; 4] {
        slots(config).map(|(key, _)| key.clone())
    }

    #[test]
    fn keys_are_made_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = config(folder.path());
        let path = first.server.data_dir.join(FILE);
        assert_eq!(fill_keys(&mut first).unwrap(), KeySource::Made(path.clone()));
        let keys = all(&first);
        assert!(keys.iter().all(|key| key.len() == 43), "{keys:?}");
        assert_eq!(keys.iter().collect::<std::collections::HashSet<_>>().len(), 4, "each is its own");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(&first.server.data_dir).unwrap().count(), 1, "no draft is left");

        let mut second = config(folder.path());
        assert_eq!(fill_keys(&mut second).unwrap(), KeySource::Stored(path));
        assert_eq!(all(&second), keys);
    }

    #[test]
    fn configured_keys_stand() {
        let folder = tempfile::tempdir().unwrap();
        let mut some = config(folder.path());
        some.server.server_key = "mine".into();
        fill_keys(&mut some).unwrap();
        assert_eq!(some.server.server_key, "mine");

        let mut all_given = config(&folder.path().join("other"));
        all_given.server.server_key = "a".into();
        all_given.runtime.http_key = "b".into();
        all_given.session.encryption_key = "c".into();
        all_given.session.refresh_encryption_key = "d".into();
        assert_eq!(fill_keys(&mut all_given).unwrap(), KeySource::Configured);
        assert!(!all_given.server.data_dir.exists(), "nothing is written then");
    }

    #[test]
    fn development_takes_the_well_known_keys() {
        let folder = tempfile::tempdir().unwrap();
        let mut dev = config(folder.path());
        dev.server.dev = true;
        assert_eq!(fill_keys(&mut dev).unwrap(), KeySource::WellKnown);
        let expected = ["defaultkey", "defaulthttpkey", "defaultencryptionkey", "defaultrefreshencryptionkey"];
        assert_eq!(all(&dev), expected);
        assert!(!dev.server.data_dir.exists());
    }

    #[test]
    fn a_broken_file_is_refused_and_kept() {
        for (text, problem) in [
            ("server_key = 5", "does not hold keys: invalid type: integer `5`, expected a string"),
            ("server_key = \"a\"", "does not hold keys: http_key is missing or empty"),
            ("colour = \"red\"", "does not hold keys: unknown field `colour`"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let mut broken = config(folder.path());
            let path = broken.server.data_dir.join(FILE);
            fs::create_dir_all(&broken.server.data_dir).unwrap();
            fs::write(&path, text).unwrap();
            let error = fill_keys(&mut broken).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("data"), "a file").unwrap();
        let error = fill_keys(&mut config(folder.path())).unwrap_err().to_string();
        assert!(error.contains("data/keys.toml"), "{error}");
    }
}
