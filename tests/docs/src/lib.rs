//! The Rust snippets of the documentation, each in a module of its own that names its page and line. `build.rs` writes them:
//! a snippet that is wrong does not compile, and the tests in a snippet run with all others.

pub mod markdown;

include!(concat!(env!("OUT_DIR"), "/snippets.rs"));
