//! The server's figures, in Prometheus text on a listener of their own.

/// Handles to every series; cloning and counting are cheap.
#[derive(Clone, Debug)]
pub struct Metrics {}
