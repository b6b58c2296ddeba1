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
        at_most("stream data", &data, self.host.limits.content)?;
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
        at_most("envelope", &envelope, self.host.limits.content)?;
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
