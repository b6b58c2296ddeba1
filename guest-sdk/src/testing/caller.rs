//! Whoever calls the plugin.

use super::state::{Call, EventKind, Queued, Received, Session, Shared};
use super::world::Handlers;
use crate::bindings::meadhall::plugin::context::{CallerSession, CallerUser, ClientAddress, Mode};
use crate::bindings::meadhall::plugin::types::{PresenceId, PresenceMeta};
use crate::hook::Message;
use crate::plugin::Outcome;
use crate::{Before, Context, Error, Event, Hook, Result};

/// A user, a user's socket, or a game server with the HTTP key.
#[derive(Clone)]
pub struct Caller {
    world: Shared,
    handlers: Handlers,
    call: Call,
}

impl Caller {
    pub(super) fn new(world: Shared, handlers: Handlers, call: Call) -> Self {
        Self { world, handlers, call }
    }

    /// The user's id.
    ///
    /// # Panics
    /// When this is a server.
    pub fn id(&self) -> &str {
        self.call.user.as_ref().map(|user| user.id.as_str()).expect("a server has no user id")
    }

    /// Opens a socket for the user: the result calls through it. The handler of session starts runs with
    /// [`World::deliver`](super::World::deliver).
    ///
    /// # Panics
    /// When this is a server.
    #[must_use]
    pub fn connect(&self) -> Self {
        let mut caller = self.clone();
        let mut state = self.world.borrow_mut();
        let (user_id, session_id) = (self.id().to_owned(), state.id());
        let session = Session { user_id: user_id.clone(), received: Default::default(), follows: Default::default() };
        state.sessions.insert(session_id.clone(), session);
        let username = state.acting(&user_id).unwrap_or_default();
        let who = PresenceId { user_id: user_id.clone(), session_id: session_id.clone() };
        let meta = PresenceMeta { username, hidden: true, persistence: false, status: String::new() };
        state.streams.entry((0, user_id, String::new(), String::new())).or_default().push((who, meta));
        caller.call.session = Some(CallerSession { id: session_id, lang: "en".into() });
        let mut event = Event::new("session_start", []);
        event.timestamp_ms = Some(state.now_ms);
        let by = Call { mode: Mode::Event, ..caller.call.clone() };
        state.queue.push_back(Queued { kind: EventKind::SessionStart, event, by });
        drop(state);
        caller
    }

    /// Who this socket is in streams.
    ///
    /// # Panics
    /// When this is no socket.
    pub fn presence(&self) -> PresenceId {
        PresenceId::new(self.id(), self.session_id())
    }

    /// Closes the socket.
    ///
    /// # Panics
    /// When this is no socket.
    pub fn disconnect(&self) {
        self.world.borrow_mut().disconnect(self.session_id(), "");
    }

    /// Whether the socket is still open.
    ///
    /// # Panics
    /// When this is no socket.
    pub fn is_connected(&self) -> bool {
        self.world.borrow().sessions.contains_key(self.session_id())
    }

    /// What the socket received since this was last asked.
    ///
    /// # Panics
    /// When this is no socket.
    pub fn received(&self) -> Vec<Received> {
        let mut state = self.world.borrow_mut();
        let session = state.sessions.get_mut(self.session_id());
        session.map(|session| session.received.drain(..).collect()).unwrap_or_default()
    }

    /// The same caller, who gave this variable when they logged in.
    #[must_use]
    pub fn var(mut self, name: &str, value: &str) -> Self {
        self.call.vars.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same caller, whose calls over HTTP have this header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.call.headers.push((name.to_lowercase(), vec![value.to_owned()]));
        self
    }

    /// The same caller, whose calls over HTTP have this query parameter.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.call.query.push((name.to_owned(), vec![value.to_owned()]));
        self
    }

    /// Calls an RPC of the plugin by its id.
    ///
    /// # Errors
    /// The function's own; not found (5) when the plugin has no such RPC.
    pub fn rpc(&self, id: &str, payload: &str) -> Result<String> {
        let id = id.to_lowercase();
        if !self.handlers.has("rpc", &id) {
            return Err(Error::not_found("RPC function not found"));
        }
        self.call_as(Mode::Rpc, |ctx| (self.handlers.rpc)(ctx, &id, payload.to_owned()))
    }

    /// Runs the plugin's hook before a message, such as `before::<UpdateAccount>(request)`.
    ///
    /// # Errors
    /// The function's own.
    ///
    /// # Panics
    /// When the plugin has no such hook.
    pub fn before<H: Hook>(&self, request: &H::Request) -> Result<Before<H::Request>> {
        assert!(self.handlers.has("before", H::NAME), "the plugin has no hook before {}", H::NAME);
        let json = request.to_json()?;
        Ok(match self.call_as(Mode::Before, |ctx| (self.handlers.before)(ctx, H::NAME, &json))? {
            Outcome::Keep => Before::Keep,
            Outcome::Drop => Before::Drop,
            Outcome::Replace(json) => Before::Replace(H::Request::from_json(&json)?),
        })
    }

    /// Runs the plugin's hook after a message.
    ///
    /// # Errors
    /// The function's own.
    ///
    /// # Panics
    /// When the plugin has no such hook.
    pub fn after<H: Hook>(&self, request: &H::Request, reply: &H::Reply) -> Result<()> {
        assert!(self.handlers.has("after", H::NAME), "the plugin has no hook after {}", H::NAME);
        let (request, reply) = (request.to_json()?, reply.to_json()?);
        self.call_as(Mode::After, |ctx| (self.handlers.after)(ctx, H::NAME, &request, &reply))
    }

    /// Runs any function with this caller's context, as an RPC would: `ada.run(|ctx| shop::price(ctx, 3))`.
    pub fn run<T>(&self, function: impl FnOnce(&Context) -> T) -> T {
        self.call_as(Mode::Rpc, function)
    }

    /// Runs a function in a call of its own.
    pub(super) fn call_as<T>(&self, mode: Mode, function: impl FnOnce(&Context) -> T) -> T {
        let call = Call { mode, ..self.call.clone() };
        let before = std::mem::replace(&mut self.world.borrow_mut().call, call);
        let result = function(&Context::new());
        self.world.borrow_mut().call = before;
        result
    }

    fn session_id(&self) -> &str {
        self.call.session.as_ref().map(|session| session.id.as_str()).expect("this is no socket: `connect()` opens one")
    }
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caller").field("user", &self.call.user).field("session", &self.call.session).finish()
    }
}

/// A user's calls over HTTP.
pub(super) fn user_call(id: String, username: String, expires_at: i64) -> Call {
    let mut call = Call::by_nobody(Mode::Rpc);
    call.user = Some(CallerUser { id, username, expires_at });
    call.client = Some(ClientAddress { address: "127.0.0.1".into(), port: 40_000 });
    call
}
