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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::guest::tests::{World, received};
    use meadhall_core::push::PushEvent;
    use serde_json::Value;
    use uuid::Uuid;

    fn shown(json: &str) -> Vec<Value> {
        let status: Value = serde_json::from_str(json).unwrap();
        status["presences"].as_array().into_iter().flatten().map(|one| one["status"].clone()).collect()
    }

    fn has_status_event(session: &Session) -> bool {
        received(session).iter().any(|event| matches!(event, PushEvent::StatusPresence { .. }))
    }

    #[tokio::test]
    async fn followers_are_told_until_they_follow_no_more() {
        let world = World::new();
        let mut guest = world.guest();
        let (ann, ben) = (world.register("ann").await, world.register("ben").await);
        let (fan, star) = (world.session(ann.uuid().as_u128()), world.session(ben.uuid().as_u128()));
        guest.update(star.id().to_string(), Some("here".into())).unwrap();
        let followed = guest.follow(fan.id().to_string(), vec![], vec!["ben".into()]).await.unwrap();
        assert_eq!(shown(&followed), ["here"]);
        assert!(!has_status_event(&fan));
        guest.update(star.id().to_string(), Some("there".into())).unwrap();
        assert!(has_status_event(&fan));

        let users = || vec![ann.to_string(), ben.to_string()];
        assert_eq!(guest.online(users()).unwrap(), [ben.to_string()]);
        assert_eq!(shown(&Host::list(&mut guest, users()).unwrap()), ["there"]);
        guest.unfollow(fan.id().to_string(), vec![ben.to_string()]).unwrap();
        guest.update(star.id().to_string(), None).unwrap();
        assert!(!has_status_event(&fan));
        assert_eq!(guest.online(users()).unwrap(), Vec::<String>::new());
    }

    #[tokio::test]
    async fn bad_arguments_are_refused() {
        let world = World::new();
        let (mut guest, ann) = (world.guest(), world.session(1));
        let nobody = Uuid::from_u128(9).to_string();
        assert_eq!(guest.update(nobody.clone(), None).unwrap_err().code, 5);
        assert_eq!(guest.follow(nobody.clone(), vec![], vec![]).await.unwrap_err().code, 5);
        guest.unfollow(nobody.clone(), vec![]).unwrap();
        let long = "x".repeat(STATUS_BYTES + 1);
        assert_eq!(guest.update(ann.id().to_string(), Some(long)).unwrap_err().code, 3);
        for session in ["", "ann"] {
            assert_eq!(guest.update(session.into(), None).unwrap_err().code, 3);
            assert_eq!(guest.follow(session.into(), vec![], vec![]).await.unwrap_err().code, 3);
            assert_eq!(guest.unfollow(session.into(), vec![]).unwrap_err().code, 3);
        }
        for users in [vec!["ann".to_owned()], vec![nobody; USERS + 1]] {
            assert_eq!(guest.online(users.clone()).unwrap_err().code, 3);
            assert_eq!(Host::list(&mut guest, users.clone()).unwrap_err().code, 3);
            assert_eq!(guest.unfollow(ann.id().to_string(), users.clone()).unwrap_err().code, 3);
            assert_eq!(guest.follow(ann.id().to_string(), users, vec![]).await.unwrap_err().code, 3);
        }
        assert!(guest.online(vec![]).unwrap().is_empty());
    }
}
