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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::guest::tests::World;

    #[test]
    fn a_disconnected_session_closes_with_the_reason() {
        let world = World::new();
        let (mut guest, ann) = (world.guest(), world.session(1));
        guest.disconnect(ann.id().to_string(), Some("too much mead".into())).unwrap();
        let reason = CloseReason::Disconnected { detail: Some("too much mead".into()) };
        assert_eq!(ann.close_reason(), Some(reason));
    }

    #[test]
    fn nobody_is_no_error_and_nonsense_is() {
        let mut guest = World::new().guest();
        guest.disconnect("00000000-0000-0000-0000-000000000009".into(), None).unwrap();
        assert_eq!(guest.disconnect("nobody".into(), None).unwrap_err().code, 3);
        let id = "00000000-0000-0000-0000-000000000009";
        assert_eq!(guest.disconnect(id.into(), Some("x".repeat(REASON_BYTES + 1))).unwrap_err().code, 3);
    }
}
