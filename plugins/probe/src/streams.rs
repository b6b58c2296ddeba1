//! Payloads about streams.

use meadhall_guest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The mode where the payload names none: the load tool names only a label.
const DEFAULT_MODE: u8 = 100;

/// A stream.
#[derive(Deserialize)]
pub(crate) struct Address {
    mode: Option<u8>,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    subcontext: String,
    #[serde(default)]
    label: String,
}

/// A presence; the caller's where it is not given.
#[derive(Deserialize)]
pub(crate) struct Member {
    user_id: Option<String>,
    session_id: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct MemberRequest {
    #[serde(flatten)]
    pub(crate) address: Address,
    #[serde(flatten)]
    pub(crate) member: Member,
}

#[derive(Deserialize)]
pub(crate) struct JoinRequest {
    #[serde(flatten)]
    address: Address,
    #[serde(flatten)]
    pub(crate) member: Member,
    #[serde(default)]
    hidden: bool,
    #[serde(default = "yes")]
    persistence: bool,
    #[serde(default)]
    status: String,
}

#[derive(Deserialize)]
pub(crate) struct SendRequest {
    #[serde(flatten)]
    pub(crate) address: Address,
    #[serde(default)]
    pub(crate) data: String,
    #[serde(default)]
    presences: Vec<Receiver>,
    #[serde(default = "yes")]
    pub(crate) reliable: bool,
}

#[derive(Deserialize)]
struct Receiver {
    user_id: String,
    session_id: String,
}

#[derive(Deserialize)]
pub(crate) struct EnvelopeRequest {
    #[serde(flatten)]
    pub(crate) address: Address,
    pub(crate) envelope: Value,
    #[serde(default = "yes")]
    pub(crate) reliable: bool,
}

#[derive(Deserialize)]
pub(crate) struct ListRequest {
    #[serde(flatten)]
    address: Address,
    #[serde(default = "yes")]
    include_hidden: bool,
    #[serde(default = "yes")]
    include_not_hidden: bool,
}

/// A member, as a list shows it.
#[derive(Serialize)]
pub(crate) struct Listed {
    user_id: String,
    session_id: String,
    #[serde(flatten)]
    meta: Meta,
}

/// What a presence carries.
#[derive(Serialize)]
pub(crate) struct Meta {
    username: String,
    hidden: bool,
    persistence: bool,
    status: String,
}

impl Address {
    pub(crate) fn stream(&self) -> Stream {
        let mode = self.mode.unwrap_or(DEFAULT_MODE);
        Stream::new(mode).subject(&self.subject).subcontext(&self.subcontext).label(&self.label)
    }
}

impl Member {
    pub(crate) fn or_caller(&self, ctx: &Context) -> Result<PresenceId> {
        if let (Some(user_id), Some(session_id)) = (&self.user_id, &self.session_id) {
            return Ok(PresenceId::new(user_id, session_id));
        }
        let caller = ctx.session()?;
        Ok(PresenceId {
            user_id: self.user_id.clone().unwrap_or(caller.user_id),
            session_id: self.session_id.clone().unwrap_or(caller.session_id),
        })
    }
}

impl JoinRequest {
    pub(crate) fn stream(&self) -> Stream {
        self.address.stream()
    }

    pub(crate) fn join(&self) -> Join<'_> {
        Join { hidden: self.hidden, persistence: self.persistence, status: &self.status }
    }
}

impl SendRequest {
    pub(crate) fn only(&self) -> Vec<PresenceId> {
        self.presences.iter().map(|receiver| PresenceId::new(&receiver.user_id, &receiver.session_id)).collect()
    }
}

impl ListRequest {
    pub(crate) fn list(&self) -> Result<Vec<Listed>> {
        let show = match (self.include_hidden, self.include_not_hidden) {
            (true, true) => Show::All,
            (true, false) => Show::Hidden,
            (false, true) => Show::Visible,
            (false, false) => return Ok(Vec::new()),
        };
        let presences = stream::list(&self.address.stream(), show)?;
        Ok(presences.into_iter().map(Listed::from).collect())
    }
}

impl From<Presence> for Listed {
    fn from(presence: Presence) -> Self {
        let PresenceId { user_id, session_id } = presence.id;
        Self { user_id, session_id, meta: presence.meta.into() }
    }
}

impl From<PresenceMeta> for Meta {
    fn from(meta: PresenceMeta) -> Self {
        let PresenceMeta { username, hidden, persistence, status } = meta;
        Self { username, hidden, persistence, status }
    }
}

fn yes() -> bool {
    true
}
