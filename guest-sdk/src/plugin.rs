//! What lies under `#[plugin]`: a plain trait, for those who want no macro.

use crate::bindings::exports::meadhall::plugin::{capabilities, events, hooks, lifecycle, rpc, schedule};
use crate::{Context, Error, Event, Hook, Result, glue};
use std::marker::PhantomData;

pub use crate::bindings::exports::meadhall::plugin::capabilities::Need;
pub use crate::bindings::exports::meadhall::plugin::hooks::Outcome;
pub use crate::bindings::exports::meadhall::plugin::lifecycle::{Handler, Registration};

/// A plugin, as the server calls it.
///
/// What is registered is called; a method that nothing registers is never called. There is no `self`: the server
/// keeps many instances of a plugin, takes any of them for a call, and drops them as it likes. What must last goes
/// into [storage](crate::storage).
///
/// ```no_run
/// use meadhall_guest::prelude::*;
/// use meadhall_guest::{Plugin, Registration};
///
/// struct Greeter;
///
/// impl Plugin for Greeter {
///     fn register() -> Registration {
///         Registration::new(env!("CARGO_PKG_VERSION")).rpc("greet")
///     }
///
///     fn rpc(ctx: &Context, _id: &str, payload: String) -> Result<String> {
///         Ok(format!("hello {payload}, you are {}", ctx.username()?))
///     }
/// }
///
/// meadhall_guest::export!(Greeter);
/// # fn main() {}
/// ```
pub trait Plugin {
    /// What the plugin handles. It has no side effects and gives the same answer each time.
    fn register() -> Registration;

    /// Called once when the plugin is loaded, before the server takes connections.
    ///
    /// # Errors
    /// A failure stops the server's start.
    fn start(_ctx: &Context) -> Result<()> {
        Ok(())
    }

    /// Runs the RPC `id`, which is in lower case.
    ///
    /// # Errors
    /// They go to the caller.
    fn rpc(_ctx: &Context, id: &str, _payload: String) -> Result<String> {
        glue::no_rpc(id)
    }

    /// Runs before the message `name`. `request` is its public JSON.
    ///
    /// # Errors
    /// They go to the caller, and the message goes no further.
    fn before(_ctx: &Context, _name: &str, _request: &str) -> Result<Outcome> {
        Ok(Outcome::Keep)
    }

    /// Runs after the message `name` succeeded. `request` and `reply` are its public JSON.
    ///
    /// # Errors
    /// They are logged.
    fn after(_ctx: &Context, _name: &str, _request: &str, _reply: &str) -> Result<()> {
        Ok(())
    }

    /// Handles an event that a client or a plugin sent.
    ///
    /// # Errors
    /// They are logged.
    fn event(_ctx: &Context, _event: Event) -> Result<()> {
        Ok(())
    }

    /// A client opened a socket.
    ///
    /// # Errors
    /// They are logged.
    fn session_start(_ctx: &Context, _event: Event) -> Result<()> {
        Ok(())
    }

    /// A client's socket is closed. The property `reason` says why.
    ///
    /// # Errors
    /// They are logged.
    fn session_end(_ctx: &Context, _event: Event) -> Result<()> {
        Ok(())
    }

    /// A time of a registered cron expression has come; `due_ms` is that time, in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// They are logged.
    fn tick(_ctx: &Context, _expression: &str, _due_ms: i64) -> Result<()> {
        Ok(())
    }

    /// What the plugin needs that the server's configuration has to grant. It has no side effects.
    fn needs() -> Vec<Need> {
        Vec::new()
    }
}

impl Need {
    /// Something of a kind (`http`, `url`, `environment`, `folder` or `setting`) and its name.
    pub fn new(kind: &str, name: &str) -> Self {
        Self { kind: kind.to_owned(), name: name.to_owned() }
    }
}

impl Registration {
    /// A plugin of this version that handles nothing yet.
    pub fn new(version: &str) -> Self {
        Self { version: version.to_owned(), handlers: Vec::new() }
    }

    /// It offers an RPC.
    #[must_use]
    pub fn rpc(self, id: &str) -> Self {
        self.handles("rpc", id)
    }

    /// It runs before a message.
    #[must_use]
    pub fn before<H: Hook>(self) -> Self {
        self.handles("before", H::NAME)
    }

    /// It runs after a message.
    #[must_use]
    pub fn after<H: Hook>(self) -> Self {
        self.handles("after", H::NAME)
    }

    /// It handles events.
    #[must_use]
    pub fn event(self) -> Self {
        self.handles("event", "")
    }

    /// It wants to know when a client opens a socket.
    #[must_use]
    pub fn session_start(self) -> Self {
        self.handles("session-start", "")
    }

    /// It wants to know when a client's socket is closed.
    #[must_use]
    pub fn session_end(self) -> Self {
        self.handles("session-end", "")
    }

    /// It runs at the times of a cron expression of five fields, in UTC.
    #[must_use]
    pub fn cron(self, expression: &str) -> Self {
        self.handles("cron", expression)
    }

    /// It handles something that this SDK has no name for.
    #[must_use]
    pub fn handles(mut self, kind: &str, name: &str) -> Self {
        self.handlers.push(Handler { kind: kind.to_owned(), name: name.to_owned() });
        self
    }
}

/// Makes a type that implements [`Plugin`] the one that this component exports. Once in a component; `#[plugin]` does it
/// by itself.
#[cfg(target_family = "wasm")]
#[macro_export]
macro_rules! export {
    ($plugin:ident) => {
        const _: () = {
            type Exported = $crate::plugin::Exports<$plugin>;
    $crate::bindings::export!(Exported with_types_in $crate::bindings);
        };
    };
}

/// Makes a type that implements [`Plugin`] the one that a component exports. Here, where no component is built, it exports
/// nothing, so that tests may have several plugins.
#[cfg(not(target_family = "wasm"))]
#[macro_export]
macro_rules! export {
    ($plugin:ident) => {
        const _: fn() -> $crate::Registration = <$plugin as $crate::Plugin>::register;
    };
}

/// The WIT exports of a plugin.
#[doc(hidden)]
#[derive(Debug)]
pub struct Exports<P>(PhantomData<P>);

/// What a call begins with, whichever is an instance's first.
fn called() -> Context {
    glue::log_panics();
    Context::new()
}

impl<P: Plugin> lifecycle::Guest for Exports<P> {
    fn register() -> Registration {
        glue::log_panics();
        P::register()
    }

    fn start() -> Result<(), Error> {
        P::start(&called())
    }
}

impl<P: Plugin> rpc::Guest for Exports<P> {
    fn call(id: String, payload: String) -> Result<String, Error> {
        P::rpc(&called(), &id, payload)
    }
}

impl<P: Plugin> hooks::Guest for Exports<P> {
    fn before(name: String, request: String) -> Result<Outcome, Error> {
        P::before(&called(), &name, &request)
    }

    fn after(name: String, request: String, reply: String) -> Result<(), Error> {
        P::after(&called(), &name, &request, &reply)
    }
}

impl<P: Plugin> events::Guest for Exports<P> {
    fn event(event: Event) -> Result<(), Error> {
        P::event(&called(), event)
    }

    fn session_start(event: Event) -> Result<(), Error> {
        P::session_start(&called(), event)
    }

    fn session_end(event: Event) -> Result<(), Error> {
        P::session_end(&called(), event)
    }
}

impl<P: Plugin> schedule::Guest for Exports<P> {
    fn tick(expression: String, due_ms: i64) -> Result<(), Error> {
        P::tick(&called(), &expression, due_ms)
    }
}

impl<P: Plugin> capabilities::Guest for Exports<P> {
    fn needs() -> Vec<Need> {
        glue::log_panics();
        P::needs()
    }
}
