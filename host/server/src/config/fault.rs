//! What is wrong with a configuration.

use std::fmt;

/// One fault: which key, its value, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `section.key`, or what stands where a key should.
    pub key: String,
    /// As it was given. Keys and secrets are not shown.
    pub value: String,
    /// What is wrong, without a full stop.
    pub problem: String,
}

/// All faults of a configuration, at least one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}: {}", self.key, self.value, self.problem)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => write!(f, "the configuration has a fault: {one}"),
            all => {
                write!(f, "the configuration has {} faults:", all.len())?;
                all.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
            }
        }
    }
}

/// What is shown in place of a secret.
pub(super) const MASK: &str = "\"***\"";

/// Whether a key's value must not be shown.
pub(super) fn is_secret(key: &str) -> bool {
    matches!(
        key,
        "server.server_key" | "runtime.http_key" | "session.encryption_key" | "session.refresh_encryption_key"
    ) || key.starts_with("plugin.")
}
