//! Streams. Joining, sending and listing work on the built-in modes 0 to 4 and on every free one.

use super::wit::stream::{Host, JoinOptions};
use super::wit::types::{self, Error, PresenceId};
use super::{at_most, id, invalid, shortened};
use crate::plugin::guest::Guest;
use crate::plugin::limits::{STATUS_BYTES, STREAM_LABEL_BYTES};
use meadhall_core::Core;
use meadhall_core::ids::{SessionId, UserId};
use meadhall_core::presence::{Presence, PresenceMeta};
use meadhall_core::push::{Push, PushEvent};
use meadhall_core::session::Session;
use meadhall_core::stream::{Stream, mode};
use meadhall_protocol::codec::{Format, decode_envelope, encode_envelope};
use meadhall_protocol::error::Code;
use std::sync::Arc;
use uuid::Uuid;

impl Host for Guest {
    fn join(&mut self, stream: types::Stream, who: PresenceId, options: JoinOptions) -> Result<bool, Error> {
        let core = self.core()?;
        let stream = lift(stream)?;
        let session = connected(core, &who)?;
        let joined = core.tracker.join(&session, &stream, meta(options)?).map_err(super::refused)?;
        Ok(joined.new)
    }

    fn update(&mut self, stream: types::Stream, who: PresenceId, options: JoinOptions) -> Result<(), Error> {
        let core = self.core()?;
        let stream = lift(stream)?;
        let session = connected(core, &who)?;
        core.tracker.update(&session, &stream, meta(options)?).map_err(super::refused)
    }

    fn leave(&mut self, stream: types::Stream, who: PresenceId) -> Result<(), Error> {
        let core = self.core()?;
        let stream = lift(stream)?;
        let (user, session) = presence_id(&who)?;
        core.tracker.leave(&stream, user, session);
        Ok(())
    }

    fn send(
        &mut self,
        stream: types::Stream,
        data: String,
        only: Vec<PresenceId>,
        reliable: bool,
    ) -> Result<(), Error> {
        at_most("stream data", &data, self.identity.limits.content)?;
        let core = self.core()?;
        let stream = lift(stream)?;
        let push = Push::new(PushEvent::StreamData { stream: stream.clone(), sender: None, data, reliable });
        send(core, &stream, &only, push)
    }

    /// There is one, reliable, way to a client so far, so `reliable` changes nothing.
    fn send_envelope(
        &mut self,
        stream: types::Stream,
        envelope: String,
        only: Vec<PresenceId>,
        _reliable: bool,
    ) -> Result<(), Error> {
        at_most("envelope", &envelope, self.identity.limits.content)?;
        let core = self.core()?;
        let stream = lift(stream)?;
        let envelope = decode_envelope(Format::Json, envelope.as_bytes())
            .map_err(|error| invalid(format!("envelope is not valid: {error}")))?;
        if envelope.message.is_none() {
            return Err(invalid("envelope has no message"));
        }
        let formats = [Format::Json, Format::Protobuf].map(|format| encode_envelope(format, &envelope));
        send(core, &stream, &only, Push::new(PushEvent::Encoded(formats)))
    }

    fn close(&mut self, stream: types::Stream) -> Result<(), Error> {
        let core = self.core()?;
        core.tracker.close(&lift(stream)?);
        Ok(())
    }

    fn count(&mut self, stream: types::Stream) -> Result<u32, Error> {
        let core = self.core()?;
        let count = core.tracker.count(&lift(stream)?);
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    fn list(
        &mut self,
        stream: types::Stream,
        include_hidden: bool,
        include_not_hidden: bool,
    ) -> Result<Vec<types::Presence>, Error> {
        let core = self.core()?;
        let presences = core.tracker.list(&lift(stream)?, include_hidden, include_not_hidden);
        Ok(presences.into_iter().map(lower).collect())
    }

    fn get(&mut self, stream: types::Stream, who: PresenceId) -> Result<Option<types::PresenceMeta>, Error> {
        let core = self.core()?;
        let stream = lift(stream)?;
        let (user, session) = presence_id(&who)?;
        Ok(core.tracker.get(&stream, user, session).map(|presence| lower(presence).meta))
    }
}

/// A stream of a plugin's, checked.
fn lift(stream: types::Stream) -> Result<Stream, Error> {
    if matches!(stream.mode, mode::MATCH_RELAYED | mode::MATCH_AUTHORITATIVE | mode::PARTY) {
        return Err(invalid(format!("stream mode {} is reserved: 5 to 7 are for matches and parties", stream.mode)));
    }
    at_most("stream label", &stream.label, STREAM_LABEL_BYTES)?;
    Ok(Stream {
        mode: stream.mode,
        subject: uuid_or_nil("subject", &stream.subject)?,
        subcontext: uuid_or_nil("subcontext", &stream.subcontext)?,
        label: stream.label.into(),
    })
}

fn uuid_or_nil(what: &str, text: &str) -> Result<Uuid, Error> {
    if text.is_empty() {
        return Ok(Uuid::nil());
    }
    text.parse().map_err(|_| invalid(format!("stream {what} {:?} must be a valid identifier", shortened(text))))
}

fn presence_id(who: &PresenceId) -> Result<(UserId, SessionId), Error> {
    Ok((id("user id", &who.user_id)?, id("session id", &who.session_id)?))
}

/// The session of a presence. It must be connected, and the user's.
fn connected(core: &Core, who: &PresenceId) -> Result<Arc<Session>, Error> {
    let (user, session_id) = presence_id(who)?;
    let session = core.sessions.get(session_id).filter(|session| session.user_id() == user);
    session.ok_or_else(|| Error {
        code: Code::NotFound as u32,
        message: format!("user {user} has no connected session {session_id}"),
    })
}

fn meta(options: JoinOptions) -> Result<PresenceMeta, Error> {
    at_most("status", &options.status, STATUS_BYTES)?;
    Ok(PresenceMeta { hidden: options.hidden, persistence: options.persistence, status: options.status.into() })
}

fn lower(presence: Presence) -> types::Presence {
    types::Presence {
        id: PresenceId { user_id: presence.user_id.to_string(), session_id: presence.id.session_id.to_string() },
        meta: types::PresenceMeta {
            username: presence.username.to_string(),
            hidden: presence.meta.hidden,
            persistence: presence.meta.persistence,
            status: presence.meta.status.to_string(),
        },
    }
}

/// To all members, or only to those named. A name that is no member gets nothing.
fn send(core: &Core, stream: &Stream, only: &[PresenceId], push: Push) -> Result<(), Error> {
    let push = Arc::new(push);
    if only.is_empty() {
        core.router.to_stream(stream, push);
    } else {
        let only: Vec<_> = only.iter().map(presence_id).collect::<Result<_, _>>()?;
        core.router.to_presences(stream, &only, push);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::guest::tests::{World, received};

    fn presence_of(session: &Session) -> PresenceId {
        PresenceId { user_id: session.user_id().to_string(), session_id: session.id().to_string() }
    }

    fn arena() -> types::Stream {
        stream(100, "", "arena")
    }

    fn openly(status: &str) -> JoinOptions {
        JoinOptions { hidden: false, persistence: true, status: status.into() }
    }

    fn hidden() -> JoinOptions {
        JoinOptions { hidden: true, persistence: false, status: String::new() }
    }

    #[test]
    fn members_are_counted_listed_and_found() {
        let world = World::new();
        let (mut guest, ann, ben) = (world.guest(), world.session(1), world.session(2));
        assert_eq!(guest.join(arena(), presence_of(&ann), openly("ready")), Ok(true));
        assert_eq!(guest.join(arena(), presence_of(&ann), openly("again")), Ok(false));
        assert_eq!(guest.join(arena(), presence_of(&ben), hidden()), Ok(true));
        assert_eq!(guest.count(arena()), Ok(2));

        let names = |list: Vec<types::Presence>| list.into_iter().map(|one| one.meta.username).collect::<Vec<_>>();
        assert_eq!(names(guest.list(arena(), false, true).unwrap()), ["user1"]);
        assert_eq!(names(guest.list(arena(), true, false).unwrap()), ["user2"]);
        assert_eq!(names(guest.list(arena(), false, false).unwrap()), Vec::<String>::new());

        let meta = guest.get(arena(), presence_of(&ann)).unwrap().unwrap();
        assert_eq!((meta.status.as_str(), meta.persistence, meta.hidden), ("ready", true, false));
        guest.update(arena(), presence_of(&ann), openly("busy")).unwrap();
        assert_eq!(guest.get(arena(), presence_of(&ann)).unwrap().unwrap().status, "busy");

        guest.leave(arena(), presence_of(&ann)).unwrap();
        guest.leave(arena(), presence_of(&ann)).unwrap();
        assert!(guest.get(arena(), presence_of(&ann)).unwrap().is_none());
        guest.close(arena()).unwrap();
        assert_eq!(guest.count(arena()), Ok(0));
    }

    #[test]
    fn an_update_of_a_stranger_joins_it() {
        let world = World::new();
        let (mut guest, ann) = (world.guest(), world.session(1));
        guest.update(arena(), presence_of(&ann), openly("new")).unwrap();
        assert_eq!(guest.count(arena()), Ok(1));
    }

    #[test]
    fn only_the_session_of_its_own_user_can_join() {
        let world = World::new();
        let (mut guest, ann, ben) = (world.guest(), world.session(1), world.session(2));
        let mixed = PresenceId { user_id: ben.user_id().to_string(), ..presence_of(&ann) };
        assert_eq!(guest.join(arena(), mixed, openly("")).unwrap_err().code, 5);
        let gone = PresenceId { session_id: Uuid::nil().to_string(), ..presence_of(&ann) };
        assert_eq!(guest.join(arena(), gone, openly("")).unwrap_err().code, 5);
        let malformed = PresenceId { session_id: "nope".into(), ..presence_of(&ann) };
        let error = guest.join(arena(), malformed, openly("")).unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (3, "session id \"nope\" is not a UUID"));
        assert_eq!(guest.count(arena()), Ok(0));
    }

    #[test]
    fn data_goes_to_all_or_to_those_named() {
        let world = World::new();
        let (mut guest, ann, ben) = (world.guest(), world.session(1), world.session(2));
        for session in [&ann, &ben] {
            guest.join(arena(), presence_of(session), hidden()).unwrap();
        }
        guest.send(arena(), "all".into(), vec![], true).unwrap();
        guest.send(arena(), "ben".into(), vec![presence_of(&ben)], false).unwrap();
        let texts = |session: &Session| {
            let data = |event| match event {
                PushEvent::StreamData { data, sender: None, reliable, .. } => Some((data, reliable)),
                _ => None,
            };
            received(session).into_iter().filter_map(data).collect::<Vec<_>>()
        };
        assert_eq!(texts(&ann), [("all".to_owned(), true)]);
        assert_eq!(texts(&ben), [("all".to_owned(), true), ("ben".to_owned(), false)]);
        let limit = guest.identity.limits.content;
        assert_eq!(guest.send(arena(), "x".repeat(limit + 1), vec![], true).unwrap_err().code, 3);
    }

    #[test]
    fn envelopes_are_sent_in_both_formats_and_checked_first() {
        let world = World::new();
        let (mut guest, ann) = (world.guest(), world.session(1));
        guest.join(arena(), presence_of(&ann), hidden()).unwrap();
        received(&ann);
        let envelope = r#"{"stream_data":{"stream":{"mode":100,"label":"arena"},"data":"raw"}}"#;
        guest.send_envelope(arena(), envelope.into(), vec![], true).unwrap();
        let [PushEvent::Encoded([json, protobuf])] = &received(&ann)[..] else { panic!("one envelope") };
        assert_eq!(&json[..], envelope.as_bytes());
        assert_eq!(decode_envelope(Format::Protobuf, protobuf), decode_envelope(Format::Json, json));
        for bad in ["", "{}", "[]", r#"{"mead":{}}"#, r#"{"stream_data":7}"#] {
            assert_eq!(guest.send_envelope(arena(), bad.into(), vec![], true).unwrap_err().code, 3, "{bad:?}");
        }
        assert!(received(&ann).is_empty());
    }

    #[test]
    fn built_in_streams_are_open_to_plugins() {
        let world = World::new();
        let (mut guest, ann) = (world.guest(), world.session(1));
        let inbox = || stream(0, &ann.user_id().to_string(), "");
        assert_eq!(guest.count(inbox()), Ok(1), "every session is in its notification stream");
        guest.leave(inbox(), presence_of(&ann)).unwrap();
        assert_eq!(guest.count(inbox()), Ok(0));
        assert_eq!(guest.join(stream(2, "", "hall"), presence_of(&ann), openly("")), Ok(true));
    }

    fn stream(mode: u8, subject: &str, label: &str) -> types::Stream {
        types::Stream { mode, subject: subject.into(), subcontext: String::new(), label: label.into() }
    }

    #[test]
    fn modes_of_matches_and_parties_are_reserved() {
        for mode in 0..=u8::MAX {
            assert_eq!(lift(stream(mode, "", "x")).is_err(), matches!(mode, 5..=7), "mode {mode}");
        }
    }

    #[test]
    fn subjects_are_uuids_or_empty() {
        assert_eq!(lift(stream(8, "", "")).unwrap().subject, Uuid::nil());
        let uuid = "6a1c1b1e-0000-4000-8000-000000000001";
        assert_eq!(lift(stream(8, uuid, "")).unwrap().subject.to_string(), uuid);
        let error = lift(stream(8, "nope", "")).unwrap_err();
        assert_eq!(error.code, 3);
        assert!(error.message.contains("\"nope\""), "{}", error.message);
    }

    #[test]
    fn labels_and_statuses_are_bounded() {
        assert!(lift(stream(8, "", &"x".repeat(STREAM_LABEL_BYTES))).is_ok());
        assert!(lift(stream(8, "", &"x".repeat(STREAM_LABEL_BYTES + 1))).is_err());
        let status = |bytes| JoinOptions { hidden: false, persistence: false, status: "x".repeat(bytes) };
        assert!(meta(status(STATUS_BYTES)).is_ok());
        assert!(meta(status(STATUS_BYTES + 1)).is_err());
    }
}
