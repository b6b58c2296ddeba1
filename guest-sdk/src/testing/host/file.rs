//! Files: those that the test granted.

use crate::Result;
use crate::testing::state::with;

pub fn read(path: &str) -> Result<Vec<u8>> {
    let content = with(|state| state.files.get(path).cloned());
    Ok(content.unwrap_or_else(|| panic!("the test grants no file {path:?}: give one with `World::file`")))
}

pub fn list(path: &str) -> Result<Vec<String>> {
    let prefix = if path.ends_with('/') { path.to_owned() } else { format!("{path}/") };
    let mut names: Vec<String> = with(|state| {
        let inside = state.files.keys().filter_map(|file| file.strip_prefix(&prefix));
        inside.map(|rest| rest.split('/').next().unwrap_or_default().to_owned()).collect()
    });
    names.dedup();
    assert!(!names.is_empty(), "the test grants no files in {path:?}: give some with `World::file`");
    Ok(names)
}
