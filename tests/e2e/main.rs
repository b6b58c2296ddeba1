//! End to end: a real server, real components, real clients.
