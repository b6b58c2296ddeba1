//! The limit on open files: every connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::warn;

/// Files beside connections: the store, listeners, the runtime's own.
const RESERVE: u64 = 256;

/// Raises the limit as far as it goes without privileges, and says so when that is short of `connections`.
pub(crate) fn raise(connections: usize) {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let limit = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            warn!(%error, "cannot raise the limit on open files (ulimit -n)");
            limit.current
        }
    };
    let needed = connections as u64 + RESERVE;
    // No limit at all reads as none.
    if let Some(limit) = limit.filter(|limit| *limit < needed) {
        warn!(
            limit,
            needed,
            "the limit on open files runs out before server.max_connections: raise it (ulimit -n, LimitNOFILE of systemd) \
             or lower server.max_connections"
        );
    }
}
