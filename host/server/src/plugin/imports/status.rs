//! Online statuses.

use super::wit::status::Host;
use super::wit::types::Error;
use super::{at_most, id, ids, refused, targets};
use crate::convert;
use crate::plugin::guest::Guest;
use crate::plugin::limits::{STATUS_BYTES, USERS};
use meadhall_core::Core;
use meadhall_core::ids::{SessionId, UserId};
use meadhall_core::presence::Presence;
use meadhall_core::session::Session;
use meadhall_core::stream::{Stream, mode};
use meadhall_protocol::codec::to_json;
use meadhall_protocol::error::Code;
use meadhall_protocol::realtime::Status;
use std::sync::Arc;

impl Host for Guest {
    async fn follow(&mut self, session_id: String, ids: Vec<String>, usernames: Vec<String>) -> Result<String, Error> {
        let core = self.core()?;
        let (session, targets) = (connected(core, &session_id)?, targets(&ids, usernames)?);
        let followed = core.statuses.follow(&session, targets).await.map_err(refused)?;
        Ok(status(&followed.presences))
    }

    fn unfollow(&mut self, session_id: String, user_ids: Vec<String>) -> Result<(), Error> {
        let core = self.core()?;
        let (session, users) = (id("session id", &session_id)?, users(&user_ids)?);
        if let Some(session) = core.sessions.get(session) {
            core.statuses.unfollow(&session, &users);
        }
        Ok(())
    }

    fn update(&mut self, session_id: String, status: Option<String>) -> Result<(), Error> {
        let core = self.core()?;
        let session = connected(core, &session_id)?;
        if let Some(status) = &status {
            at_most("status", status, STATUS_BYTES)?;
        }
        core.statuses.update(&session, status.as_deref()).map_err(refused)
    }

    fn online(&mut self, user_ids: Vec<String>) -> Result<Vec<String>, Error> {
        let core = self.core()?;
        let online = users(&user_ids)?.into_iter().filter(|user| core.is_online(*user));
        Ok(online.map(|user| user.to_string()).collect())
    }

    fn list(&mut self, user_ids: Vec<String>) -> Result<String, Error> {
        let core = self.core()?;
        let of = |user: UserId| core.tracker.list(&Stream::about(mode::STATUS, user.uuid()), false, true);
        let presences: Vec<Presence> = users(&user_ids)?.into_iter().flat_map(of).collect();
        Ok(status(&presences))
    }
}

fn users(texts: &[String]) -> Result<Vec<UserId>, Error> {
    ids("user id", texts, USERS)
}

fn status(presences: &[Presence]) -> String {
    to_json(&Status { presences: convert::presences(presences, true) })
}

fn connected(core: &Core, session_id: &str) -> Result<Arc<Session>, Error> {
    let session_id: SessionId = id("session id", session_id)?;
    core.sessions.get(session_id).ok_or_else(|| Error {
        code: Code::NotFound as u32,
        message: format!("there is no connected session {session_id}"),
    })
}
