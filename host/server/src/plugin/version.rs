//! Which code it is: every build of a plugin has a name, `hello 0.1.0+1a2b3c4d5e6f`.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Bytes of the hash that are shown, each as two digits.
const SHOWN_BYTES: usize = 6;
/// Characters of a declared version that are shown.
const DECLARED_CHARS: usize = 32;

/// What a file contains, as a hash. Shown by its first 12 digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ContentHash([u8; 32]);

impl ContentHash {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

/// All of it, as text.
impl Serialize for ContentHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digits: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        serializer.serialize_str(&digits)
    }
}

impl<'de> Deserialize<'de> for ContentHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(deserializer)?;
        let byte = |place: usize| u8::from_str_radix(digits.get(2 * place..2 * place + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = (0..32).map(byte).collect();
        let whole = bytes.filter(|_| digits.len() == 64).and_then(|bytes| bytes.try_into().ok());
        whole.map(Self).ok_or_else(|| D::Error::custom(format!("{digits:?} is no hash of 64 digits")))
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..SHOWN_BYTES].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One build of a plugin. Shown as `hello 0.1.0+1a2b3c4d5e6f`; before it has registered, as `hello +1a2b3c4d5e6f`.
#[derive(Clone, Debug)]
pub(super) struct Version {
    name: Arc<str>,
    hash: ContentHash,
    /// Known when the plugin has registered.
    declared: Arc<OnceLock<Box<str>>>,
}

impl Version {
    /// A build whose declared version is not known yet.
    pub(super) fn new(name: Arc<str>, hash: ContentHash) -> Self {
        Self { name, hash, declared: Arc::default() }
    }

    /// What the plugin says of itself. Only the first time counts: a build has one version.
    pub(super) fn declare(&self, version: &str) {
        self.declared.get_or_init(|| version.chars().take(DECLARED_CHARS).map(plain).collect());
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(super) fn hash(&self) -> ContentHash {
        self.hash
    }

    /// Declared version and hash: `0.1.0+1a2b3c4d5e6f`.
    pub(super) fn build(&self) -> Build<'_> {
        Build(self)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.build())
    }
}

/// A version without its plugin's name.
pub(super) struct Build<'a>(&'a Version);

impl fmt::Display for Build<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.0.declared.get().map_or("", |declared| declared), self.0.hash)
    }
}

/// A plugin's own text stands in log lines, labels and tables: nothing in it may look like something else.
fn plain(letter: char) -> char {
    if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '_' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_name_declared_version_and_hash() {
        let version = Version::new("hello".into(), ContentHash::of(b"code"));
        assert_eq!(version.to_string(), "hello +5694d08a2e53");
        version.declare("0.1.0");
        version.declare("0.2.0");
        assert_eq!(version.to_string(), "hello 0.1.0+5694d08a2e53");
        assert_eq!(version.build().to_string(), "0.1.0+5694d08a2e53");
    }

    #[test]
    fn a_hash_is_written_and_read_whole() {
        let hash = ContentHash::of(b"code");
        let text = serde_json::to_string(&hash).unwrap();
        assert_eq!(text.len(), 66);
        assert_eq!(serde_json::from_str::<ContentHash>(&text).unwrap(), hash);
        for damaged in ["\"5694\"", &text.replacen('5', "g", 1), &text.replacen('5', "+5", 1)] {
            assert!(serde_json::from_str::<ContentHash>(damaged).is_err(), "{damaged}");
        }
    }

    #[test]
    fn a_declared_version_is_one_short_word() {
        let version = Version::new("odd".into(), ContentHash::of(b""));
        version.declare(&format!("1 0\n\"{}", "x".repeat(100)));
        assert_eq!(version.build().to_string(), format!("1_0__{}+e3b0c44298fc", "x".repeat(27)));
    }
}
