//! Connected sockets.

use crate::Result;
use crate::testing::checks::{at_most, id};
use crate::testing::state::with;

pub fn disconnect(session_id: &str, reason: Option<&str>) -> Result<()> {
    let session_id = id("session id", session_id)?;
    if let Some(reason) = reason {
        at_most("reason", reason, 512)?;
    }
    with(|state| state.disconnect(&session_id, reason.unwrap_or("server disconnect")));
    Ok(())
}
