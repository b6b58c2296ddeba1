//! Connected sessions.

use super::wit::session::Host;
use super::wit::types::Error;
use super::{at_most, id};
use crate::plugin::guest::Guest;
use crate::plugin::limits::REASON_BYTES;
use meadhall_core::session::CloseReason;

impl Host for Guest {
    fn disconnect(&mut self, session_id: String, reason: Option<String>) -> Result<(), Error> {
        let core = self.core()?;
        let session_id = id("session id", &session_id)?;
        if let Some(reason) = &reason {
            at_most("reason", reason, REASON_BYTES)?;
        }
        if let Some(session) = core.sessions.get(session_id) {
            session.close(CloseReason::Disconnected { detail: reason.map(Into::into) });
        }
        Ok(())
    }
}
