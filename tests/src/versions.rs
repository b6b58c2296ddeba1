//! Versions of one plugin: files that differ without being built anew.

use anyhow::{Context, Result, ensure};
use std::path::Path;

/// What the guest `swap` says of itself; its words are replaced by others of as many letters.
const BUILD: &str = "version=1.0.0 does=nothing ";

/// The guest `swap`, saying that it is this version, such as `2.0.0`, and that this is wrong with it: `nothing`, `no-start`
/// or `claims`.
///
/// # Errors
/// When the guest has no place for it.
pub fn build_of(guest: &Path, version: &str, does: &str) -> Result<Vec<u8>> {
    let build = format!("version={version} does={does:<8}");
    ensure!(build.len() == BUILD.len(), "{build:?} is not as long as {BUILD:?}");
    let mut bytes = std::fs::read(guest).with_context(|| format!("reading {}", guest.display()))?;
    let place = bytes.windows(BUILD.len()).position(|window| window == BUILD.as_bytes());
    let place = place.with_context(|| format!("{} does not say {BUILD:?}", guest.display()))?;
    bytes[place..place + build.len()].copy_from_slice(build.as_bytes());
    Ok(bytes)
}

/// Any component with a section more that means nothing: the same plugin in another file, as a build of it that differs
/// in a comment.
///
/// # Panics
/// When the text does not fit into a section of 127 bytes.
pub fn marked(mut component: Vec<u8>, text: &str) -> Vec<u8> {
    const NAME: &[u8] = b"mark";
    let length = 1 + NAME.len() + text.len();
    assert!(length < 0x80, "{text:?} is too long for a mark");
    component.extend([0, length as u8, NAME.len() as u8]);
    component.extend(NAME);
    component.extend(text.as_bytes());
    component
}
