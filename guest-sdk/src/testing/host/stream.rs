//! Streams.

use crate::bindings::meadhall::plugin::stream::JoinOptions;
use crate::bindings::meadhall::plugin::types::{Presence, PresenceId, PresenceMeta, Stream};
use crate::testing::checks::{CONTENT, at_most, id, shortened, uuid};
use crate::testing::state::{Received, State, StreamKey, unsupported, with};
use crate::{Error, Result};
use serde_json::Value;

const LABEL_BYTES: usize = 128;
const STATUS_BYTES: usize = 2048;

pub fn join(stream: &Stream, who: &PresenceId, options: &JoinOptions) -> Result<bool> {
    let key = key(stream)?;
    with(|state| {
        let (who, username) = connected(state, who)?;
        let meta = meta(username, options)?;
        let members = state.streams.entry(key).or_default();
        if members.iter().any(|(member, _)| *member == who) {
            return Ok(false);
        }
        members.push((who, meta));
        Ok(true)
    })
}

pub fn update(stream: &Stream, who: &PresenceId, options: &JoinOptions) -> Result<()> {
    let key = key(stream)?;
    with(|state| {
        let (who, username) = connected(state, who)?;
        put(state, key, who, meta(username, options)?);
        Ok(())
    })
}

/// Makes a presence what it shall be, in its place when it has one.
pub(super) fn put(state: &mut State, key: StreamKey, who: PresenceId, meta: PresenceMeta) {
    let members = state.streams.entry(key).or_default();
    match members.iter_mut().find(|(member, _)| *member == who) {
        Some((_, present)) => *present = meta,
        None => members.push((who, meta)),
    }
}

pub fn leave(stream: &Stream, who: &PresenceId) -> Result<()> {
    let (key, who) = (key(stream)?, presence(who)?);
    with(|state| remove(state, &key, |member| *member == who));
    Ok(())
}

/// Takes presences out of a stream, which ends with its last one.
pub(super) fn remove(state: &mut State, key: &StreamKey, out: impl Fn(&PresenceId) -> bool) {
    let Some(members) = state.streams.get_mut(key) else { return };
    members.retain(|(member, _)| !out(member));
    if members.is_empty() {
        state.streams.remove(key);
    }
}

pub fn send(stream: &Stream, data: &str, only: &[PresenceId], _reliable: bool) -> Result<()> {
    at_most("stream data", data, CONTENT)?;
    let key = key(stream)?;
    let only = only.iter().map(presence).collect::<Result<Vec<_>>>()?;
    let data = Received::Data { stream: stream.clone(), data: data.to_owned() };
    with(|state| state.send(&key, &only, &data));
    Ok(())
}

pub fn send_envelope(stream: &Stream, envelope: &str, only: &[PresenceId], _reliable: bool) -> Result<()> {
    at_most("envelope", envelope, CONTENT)?;
    let key = key(stream)?;
    let Ok(Value::Object(fields)) = serde_json::from_str(envelope) else {
        unsupported(&format!("an envelope that is no JSON object ({:?})", shortened(envelope)));
    };
    if fields.keys().all(|name| name == "cid") {
        return Err(Error::invalid_argument("envelope has no message"));
    }
    let only = only.iter().map(presence).collect::<Result<Vec<_>>>()?;
    with(|state| state.send(&key, &only, &Received::Envelope(Value::Object(fields))));
    Ok(())
}

pub fn close(stream: &Stream) -> Result<()> {
    let key = key(stream)?;
    with(|state| state.streams.remove(&key));
    Ok(())
}

pub fn count(stream: &Stream) -> Result<u32> {
    let key = key(stream)?;
    let count = with(|state| state.streams.get(&key).map_or(0, Vec::len));
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

pub fn list(stream: &Stream, include_hidden: bool, include_not_hidden: bool) -> Result<Vec<Presence>> {
    let key = key(stream)?;
    let members = with(|state| state.streams.get(&key).cloned().unwrap_or_default());
    let wanted = |hidden: bool| if hidden { include_hidden } else { include_not_hidden };
    let members = members.into_iter().filter(|(_, meta)| wanted(meta.hidden));
    Ok(members.map(|(id, meta)| Presence { id, meta }).collect())
}

pub fn get(stream: &Stream, who: &PresenceId) -> Result<Option<PresenceMeta>> {
    let (key, who) = (key(stream)?, presence(who)?);
    Ok(with(|state| {
        let found = state.streams.get(&key)?.iter().find(|(member, _)| *member == who);
        found.map(|(_, meta)| meta.clone())
    }))
}

/// A stream, checked.
fn key(stream: &Stream) -> Result<StreamKey> {
    if matches!(stream.mode, 5..=7) {
        let problem = format!("stream mode {} is reserved: 5 to 7 are for matches and parties", stream.mode);
        return Err(Error::invalid_argument(problem));
    }
    at_most("stream label", &stream.label, LABEL_BYTES)?;
    let subject = uuid_or_empty("subject", &stream.subject)?;
    let subcontext = uuid_or_empty("subcontext", &stream.subcontext)?;
    Ok((stream.mode, subject, subcontext, stream.label.clone()))
}

fn uuid_or_empty(what: &str, text: &str) -> Result<String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let problem = || format!("stream {what} {:?} must be a valid identifier", shortened(text));
    let found = uuid(text).ok_or_else(|| Error::invalid_argument(problem()))?;
    Ok(if found == crate::testing::state::NIL { String::new() } else { found })
}

fn presence(who: &PresenceId) -> Result<PresenceId> {
    Ok(PresenceId { user_id: id("user id", &who.user_id)?, session_id: id("session id", &who.session_id)? })
}

/// A presence whose socket is open and its user's, with the user's name.
fn connected(state: &State, who: &PresenceId) -> Result<(PresenceId, String)> {
    let who = presence(who)?;
    let session = state.sessions.get(&who.session_id).filter(|session| session.user_id == who.user_id);
    if session.is_none() {
        let problem = format!("user {} has no connected session {}", who.user_id, who.session_id);
        return Err(Error::not_found(problem));
    }
    let username = state.acting(&who.user_id).unwrap_or_default();
    Ok((who, username))
}

fn meta(username: String, options: &JoinOptions) -> Result<PresenceMeta> {
    at_most("status", &options.status, STATUS_BYTES)?;
    let JoinOptions { hidden, persistence, status } = options.clone();
    Ok(PresenceMeta { username, hidden, persistence, status })
}
