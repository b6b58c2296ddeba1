//! A world, as a test makes it, sets it up and looks at it.

use super::caller::{Caller, user_call};
use super::state::{self, Answer, Call, EventKind, Line, Shared, State};
use crate::bindings::meadhall::plugin::context::Mode;
use crate::bindings::meadhall::plugin::http::{Request, Response};
use crate::message::{Account, AccountDevice, Timestamp, User};
use crate::plugin::{Outcome, Plugin, Registration};
use crate::{Context, Error, Event, Result};
use std::cell::RefCell;
use std::rc::Rc;

/// A server in memory: see [`crate::testing`].
pub struct World {
    state: Shared,
    handlers: Handlers,
}

impl World {
    /// A world with a plugin: `World::with(hello::Plugin)`.
    ///
    /// # Panics
    /// When this thread has a world already.
    pub fn with<P: Plugin>(_plugin: P) -> Self {
        Self::of(Handlers::of::<P>())
    }

    /// A world without a plugin, for functions that are called directly.
    ///
    /// # Panics
    /// When this thread has a world already.
    #[expect(clippy::new_without_default, reason = "it changes the thread that it is made in")]
    pub fn new() -> Self {
        Self::with(Nothing)
    }

    fn of(handlers: Handlers) -> Self {
        let state = Rc::new(RefCell::new(State::new()));
        state::install(&state);
        Self { state, handlers }
    }

    /// A new user of this name.
    ///
    /// # Panics
    /// When the name is taken.
    pub fn user(&self, username: &str) -> Caller {
        let mut state = self.state.borrow_mut();
        assert!(state.user_named(username).is_none(), "there is a user {username:?} already");
        let (id, now) = (state.id(), state.second());
        let user = User {
            id: id.clone(),
            username: username.to_owned(),
            lang_tag: "en".into(),
            metadata: "{}".into(),
            create_time: Some(now.clone()),
            update_time: Some(now),
            ..User::default()
        };
        let device = AccountDevice { id: format!("device-of-{username}"), ..AccountDevice::default() };
        let account = Account { user: Some(user), wallet: "{}".into(), devices: vec![device], ..Account::default() };
        state.accounts.insert(id.clone(), account);
        let call = user_call(id, username.to_owned(), state.expiry());
        drop(state);
        self.caller(call)
    }

    /// A game server, which calls with the HTTP key.
    pub fn server(&self) -> Caller {
        self.caller(Call::by_nobody(Mode::Rpc))
    }

    /// Runs the plugin's `start`.
    ///
    /// # Errors
    /// The function's own.
    pub fn start(&self) -> Result<()> {
        self.caller(Call::by_nobody(Mode::Start)).call_as(Mode::Start, |ctx| (self.handlers.start)(ctx))
    }

    /// Runs what the plugin does at the times of a cron expression, as if one were now.
    ///
    /// # Errors
    /// The function's own.
    ///
    /// # Panics
    /// When the plugin registers no such expression.
    pub fn tick(&self, expression: &str) -> Result<()> {
        assert!(self.handlers.has("cron", expression), "the plugin registers no cron {expression:?}");
        let due = self.state.borrow().now_ms.div_euclid(60_000) * 60_000;
        self.server().call_as(Mode::Event, |ctx| (self.handlers.tick)(ctx, expression, due))
    }

    /// Runs the handlers of all events that wait, and of those that are emitted meanwhile; how many there were. What the
    /// plugin has no handler for is let go.
    ///
    /// # Errors
    /// The first error of a handler; the events behind it go on waiting.
    pub fn deliver(&self) -> Result<usize> {
        let mut delivered = 0;
        loop {
            let Some(queued) = self.state.borrow_mut().queue.pop_front() else { return Ok(delivered) };
            let (kind, handler) = match queued.kind {
                EventKind::Custom => ("event", self.handlers.event),
                EventKind::SessionStart => ("session-start", self.handlers.session_start),
                EventKind::SessionEnd => ("session-end", self.handlers.session_end),
            };
            delivered += 1;
            if self.handlers.has(kind, "") {
                self.caller(queued.by).call_as(Mode::Event, |ctx| handler(ctx, queued.event))?;
            }
        }
    }

    /// An event of a client, which the plugin's handler gets with [`World::deliver`].
    pub fn send_event(&self, event: Event) {
        let by = Call::by_nobody(Mode::Event);
        self.state.borrow_mut().queue.push_back(state::Queued { kind: EventKind::Custom, event, by });
    }

    /// All events that the plugin emitted so far.
    pub fn events(&self) -> Vec<Event> {
        self.state.borrow().events.clone()
    }

    /// All lines that the plugin logged so far.
    pub fn log(&self) -> Vec<Line> {
        self.state.borrow().log.clone()
    }

    /// The value of a metric of the plugin's: of a counter the sum, of a gauge what it stands at, of a timer all
    /// milliseconds together; 0 when there is none.
    pub fn metric(&self, name: &str, tags: &[(&str, &str)]) -> f64 {
        let mut tags: Vec<_> = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        tags.sort();
        self.state.borrow().metrics.get(&(name.to_owned(), tags)).copied().unwrap_or(0.0)
    }

    /// Gives the plugin a setting.
    #[must_use]
    pub fn config(self, key: &str, value: &str) -> Self {
        self.state.borrow_mut().config.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Grants the plugin an environment variable.
    #[must_use]
    pub fn environment(self, name: &str, value: &str) -> Self {
        self.state.borrow_mut().environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Grants the plugin a file: the folder's name, then the path in it, such as `words/forbidden.txt`.
    #[must_use]
    pub fn file(self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.state.borrow_mut().files.insert(path.to_owned(), content.into());
        self
    }

    /// What the next request of this method to this URL gets. A request that no answer is left for panics.
    pub fn answer(&self, method: &str, url: &str, response: Result<Response>) {
        let answer = Answer { method: method.to_owned(), url: url.to_owned(), response };
        self.state.borrow_mut().answers.push(answer);
    }

    /// The requests that the plugin sent to servers elsewhere so far.
    pub fn requests(&self) -> Vec<Request> {
        self.state.borrow().requests.clone()
    }

    /// The time in this world.
    pub fn time(&self) -> Timestamp {
        self.state.borrow().now()
    }

    /// Sets the time.
    ///
    /// # Panics
    /// When it is not RFC 3339 in UTC.
    pub fn set_time(&self, time: &str) {
        let time = Timestamp(time.to_owned());
        self.state.borrow_mut().now_ms =
            time.unix_ms().unwrap_or_else(|| panic!("{time} is no time such as 2026-01-02T03:04:05Z"));
    }

    fn caller(&self, call: Call) -> Caller {
        Caller::new(self.state.clone(), self.handlers, call)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        state::remove();
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("time", &self.time()).finish_non_exhaustive()
    }
}

/// The functions of a plugin.
#[derive(Clone, Copy)]
pub(super) struct Handlers {
    register: fn() -> Registration,
    start: fn(&Context) -> Result<()>,
    pub(super) rpc: fn(&Context, &str, String) -> Result<String>,
    pub(super) before: fn(&Context, &str, &str) -> Result<Outcome>,
    pub(super) after: fn(&Context, &str, &str, &str) -> Result<()>,
    event: fn(&Context, Event) -> Result<()>,
    session_start: fn(&Context, Event) -> Result<()>,
    session_end: fn(&Context, Event) -> Result<()>,
    tick: fn(&Context, &str, i64) -> Result<()>,
}

impl Handlers {
    fn of<P: Plugin>() -> Self {
        Self {
            register: P::register,
            start: P::start,
            rpc: P::rpc,
            before: P::before,
            after: P::after,
            event: P::event,
            session_start: P::session_start,
            session_end: P::session_end,
            tick: P::tick,
        }
    }

    /// Whether the plugin registers a handler.
    pub(super) fn has(&self, kind: &str, name: &str) -> bool {
        let known = |handler: &crate::plugin::Handler| handler.kind == kind && handler.name == name;
        let rpc = |handler: &crate::plugin::Handler| kind == "rpc" && handler.name.to_lowercase() == name;
        (self.register)().handlers.iter().any(|handler| known(handler) || (handler.kind == kind && rpc(handler)))
    }
}

/// No plugin.
struct Nothing;

impl Plugin for Nothing {
    fn register() -> Registration {
        Registration::new("0")
    }

    fn rpc(_: &Context, id: &str, _: String) -> Result<String> {
        Err(Error::not_found(format!("there is no plugin that has an RPC {id:?}")))
    }
}
