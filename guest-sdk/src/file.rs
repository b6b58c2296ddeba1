//! Files of the folders that the server's configuration grants, for reading.
//!
//! A path is the granted folder's name and then the way in it. It cannot leave the folder, also not by a link.
//!
//! ```no_run
//! # use meadhall_guest::prelude::*;
//! # fn f() -> Result<()> {
//! for name in file::list("words")? {
//!     let words = file::read_text(&format!("words/{name}"))?;
//!     info!("{name} has {} lines", words.lines().count());
//! }
//! # Ok(()) }
//! ```

use crate::host::host_call;
use crate::{Error, Result};

/// A file's whole content.
///
/// # Errors
/// Permission denied (7) when no such folder is granted, not found (5), resource exhausted (8) above 1 MiB.
pub fn read(path: &str) -> Result<Vec<u8>> {
    host_call!(file::read(path))
}

/// A file's whole content as text.
///
/// # Errors
/// As [`read`], and internal (13) when it is no valid text.
pub fn read_text(path: &str) -> Result<String> {
    String::from_utf8(read(path)?).map_err(|_| Error::internal(format!("{path:?} is no valid text")))
}

/// The names in a folder, sorted; those of folders end in `/`.
///
/// # Errors
/// As [`read`]; resource exhausted (8) for more than 1,000.
pub fn list(path: &str) -> Result<Vec<String>> {
    host_call!(file::list(path))
}
