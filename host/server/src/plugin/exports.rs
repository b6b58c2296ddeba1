//! The functions that the server calls in a plugin: one small struct each, with the arguments of a call.

use super::bindings::exports::meadhall::plugin::{capabilities::Need, hooks::Outcome, lifecycle::Registration};
use super::bindings::meadhall::plugin::types::{self, Error};
use super::call::Export;
use super::context::{Function, Kind};
use super::guest::Instance;
use meadhall_core::events::EventKind;
use std::sync::Arc;
use wasmtime::error::Context as _;

/// `lifecycle.register`
pub(super) struct Register;

impl Export for Register {
    type Output = Registration;

    fn function(&self) -> Function {
        Function { kind: Kind::Register, name: Arc::default() }
    }

    async fn call(self, instance: &mut Instance) -> wasmtime::Result<Result<Registration, Error>> {
        let Instance { store, exports } = instance;
        exports.lifecycle.call_register(store).await.map(Ok)
    }
}

/// `lifecycle.start`
pub(super) struct Start;

impl Export for Start {
    type Output = ();

    fn function(&self) -> Function {
        Function { kind: Kind::Start, name: Arc::default() }
    }

    async fn call(self, instance: &mut Instance) -> wasmtime::Result<Result<(), Error>> {
        let Instance { store, exports } = instance;
        exports.lifecycle.call_start(store).await
    }
}

/// `rpc.call`
pub(super) struct Rpc {
    pub(super) id: Arc<str>,
    pub(super) payload: String,
}

impl Export for Rpc {
    type Output = String;

    fn function(&self) -> Function {
        Function { kind: Kind::Rpc, name: self.id.clone() }
    }

    async fn call(self, instance: &mut Instance) -> wasmtime::Result<Result<String, Error>> {
        let Instance { store, exports } = instance;
        let rpc = exports.rpc.as_ref().context(MISSING)?;
        rpc.call_call(store, &self.id, &self.payload).await
    }
}

/// `hooks.before`
pub(super) struct Before {
    pub(super) name: Arc<str>,
    pub(super) request: Arc<str>,
}

impl Export for Before {
    type Output = Outcome;

    fn function(&self) -> Function {
        Function { kind: Kind::Before, name: self.name.clone() }
    }

    async fn call(self, instance: &mut Instance) -> wasmtime::Result<Result<Outcome, Error>> {
        let Instance { store, exports } = instance;
        let hooks = exports.hooks.as_ref().context(MISSING)?;
        hooks.call_before(store, &self.name, &self.request).await
    }
}

/// `hooks.after`
pub(super) struct After {
    pub(super) name: Arc<str>,
    pub(super) request: Arc<str>,
    pub(super) reply: Arc<str>,
}

impl Export for After {
    type Output = ();

    fn function(&self) -> Function {
        Function { kind: Kind::After, name: self.name.clone() }
    }

    async fn call(self, instance: &mut Instance) -> wasmtime::Result<Result<(), Error>> {
        let Instance { store, exports } = instance;
        let hooks = exports.hooks.as_ref().context(MISSING)?;
        hooks.call_after(store, &self.name, &self.request, &self.reply).await
    }
}

/// The three functions of `events`.
pub(super) struct Handle {
    pub(super) kind: EventKind,
    /// The kind's name, as registrations write it.
    pub(super) name: Arc<str>,
    pub(super) event: Arc<types::Event>,
}

impl Export for Handle {
    type Output = ();

    fn function(&self) -> Function {
        Function { kind: Kind::Event, name: self.name.clone() }
    }

    async fn call(self, instance: &mut Instance) -> wasmtime::Result<Result<(), Error>> {
        let Instance { store, exports } = instance;
        let events = exports.events.as_ref().context(MISSING)?;
        match self.kind {
            EventKind::Custom => events.call_event(store, &self.event).await,
            EventKind::SessionStart => events.call_session_start(store, &self.event).await,
            EventKind::SessionEnd => events.call_session_end(store, &self.event).await,
        }
    }
}

/// `schedule.tick`
pub(super) struct Tick {
    pub(super) expression: Arc<str>,
    /// Milliseconds since the Unix epoch.
    pub(super) due_ms: i64,
}

impl Export for Tick {
    type Output = ();

    fn function(&self) -> Function {
        Function { kind: Kind::Cron, name: self.expression.clone() }
    }

    async fn call(self, instance: &mut Instance) -> wasmtime::Result<Result<(), Error>> {
        let Instance { store, exports } = instance;
        let schedule = exports.schedule.as_ref().context(MISSING)?;
        schedule.call_tick(store, &self.expression, self.due_ms).await
    }
}

/// `capabilities.needs`; nothing where a plugin does not export it.
pub(super) struct Needs;

impl Export for Needs {
    type Output = Vec<Need>;

    fn function(&self) -> Function {
        Function { kind: Kind::Register, name: Arc::default() }
    }

    async fn call(self, instance: &mut Instance) -> wasmtime::Result<Result<Vec<Need>, Error>> {
        let Instance { store, exports } = instance;
        match &exports.capabilities {
            Some(capabilities) => capabilities.call_needs(store).await.map(Ok),
            None => Ok(Ok(Vec::new())),
        }
    }
}

/// Loading checks that what a plugin registers, it exports.
const MISSING: &str = "the plugin does not export this function";
