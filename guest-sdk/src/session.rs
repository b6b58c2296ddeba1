//! Connected sessions.

use crate::Result;
use crate::host::host_call;

/// Closes a session's socket; nothing happens when it is not connected. A reason is written to the log and to the
/// session-end event.
///
/// # Errors
/// Invalid argument (3) for an id that is no UUID.
pub fn disconnect(session_id: &str, reason: Option<&str>) -> Result<()> {
    host_call!(session::disconnect(session_id, reason))
}
