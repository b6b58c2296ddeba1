//! Users.

use crate::Result;
use crate::testing::state::with;

pub fn get(ids: &[impl AsRef<str>], usernames: &[impl AsRef<str>]) -> Result<String> {
    with(|state| {
        let found = state.targets(ids, usernames)?;
        Ok(super::users(found.iter().filter_map(|id| state.user(id)).collect()))
    })
}
