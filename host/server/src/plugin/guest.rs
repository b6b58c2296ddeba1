//! One instance of a plugin: its store, what host functions find there, and its exports.

#[cfg(any(test, feature = "fuzz"))]
mod world;

#[cfg(any(test, feature = "fuzz"))]
pub(super) use world::World;

use super::bindings::exports::meadhall::plugin::{capabilities, events, hooks, lifecycle, rpc, schedule};
use super::bindings::meadhall::plugin::types::Error;
use super::call::Watch;
use super::context::{CurrentCall, Kind};
use super::engine::Ticks;
use super::grants::Grants;
use super::lasting::Lasting;
use super::limits::{INLINE_TICKS, Limits, MemoryLimiter, WASI_HANDLES};
use super::log::LogLines;
use super::pace::Pace;
use super::slow_lane::SlowLane;
use super::version::Version;
use super::wasi;
use meadhall_core::Core;
use meadhall_core::clock::Environment;
use meadhall_protocol::error::Code;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmtime::component::InstancePre;
use wasmtime::{Store, UpdateDeadline};
use wasmtime_wasi::{ResourceTable, WasiCtx, WasiCtxView, WasiView};

/// What all plugins of a server share.
pub(super) struct Host {
    /// None where a plugin is only looked at: then everything that would need it is an error.
    pub(super) core: Option<Arc<Core>>,
    pub(super) node: Arc<str>,
    pub(super) environment: Environment,
    /// How long a client's token lives.
    pub(super) token_lifetime: Duration,
    pub(super) ticks: Arc<Ticks>,
    pub(super) slow_lane: Arc<SlowLane>,
}

/// Which plugin it is.
pub(super) struct Identity {
    pub(super) name: Arc<str>,
    /// Which build of it.
    pub(super) version: Version,
    /// Its own settings.
    pub(super) settings: BTreeMap<String, String>,
    pub(super) limits: Limits,
    /// What it may reach beyond the game.
    pub(super) grants: Grants,
    /// What it shares with its other versions.
    pub(super) lasting: Arc<Lasting>,
    /// How fast it may emit events, over all its instances.
    pub(super) events: Pace,
}

/// What host functions find in an instance's store.
pub(super) struct Guest {
    pub(super) host: Arc<Host>,
    pub(super) identity: Arc<Identity>,
    pub(super) call: CurrentCall,
    pub(super) lines: Arc<LogLines>,
    pub(super) memory: MemoryLimiter,
    watch: Arc<Watch>,
    wasi: WasiCtx,
    handles: ResourceTable,
}

impl Guest {
    /// Core, for a function that acts.
    ///
    /// # Errors
    /// While the plugin registers, which must have no effects.
    pub(super) fn core(&self) -> Result<&Arc<Core>, Error> {
        match &self.host.core {
            Some(core) if self.call.kind != Kind::Register => Ok(core),
            _ => Err(Error {
                code: Code::FailedPrecondition as u32,
                message: "a plugin cannot use the server while it registers".into(),
            }),
        }
    }
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.handles }
    }
}

/// A live instance. One call at a time; after a trap it must not be used again.
pub(super) struct Instance {
    pub(super) store: Store<Guest>,
    pub(super) exports: Exports,
}

/// The exports of an instance. All but `lifecycle` may be missing.
pub(super) struct Exports {
    pub(super) lifecycle: lifecycle::Guest,
    pub(super) rpc: Option<rpc::Guest>,
    pub(super) hooks: Option<hooks::Guest>,
    pub(super) events: Option<events::Guest>,
    pub(super) schedule: Option<schedule::Guest>,
    pub(super) capabilities: Option<capabilities::Guest>,
}

/// Where the exports are in a component: looked up once, not for every instance.
pub(super) struct ExportIndices {
    pub(super) lifecycle: lifecycle::GuestIndices,
    pub(super) rpc: Option<rpc::GuestIndices>,
    pub(super) hooks: Option<hooks::GuestIndices>,
    pub(super) events: Option<events::GuestIndices>,
    pub(super) schedule: Option<schedule::GuestIndices>,
    pub(super) capabilities: Option<capabilities::GuestIndices>,
}

impl ExportIndices {
    fn load(&self, store: &mut Store<Guest>, instance: &wasmtime::component::Instance) -> wasmtime::Result<Exports> {
        Ok(Exports {
            lifecycle: self.lifecycle.load(&mut *store, instance)?,
            rpc: self.rpc.as_ref().map(|rpc| rpc.load(&mut *store, instance)).transpose()?,
            hooks: self.hooks.as_ref().map(|hooks| hooks.load(&mut *store, instance)).transpose()?,
            events: self.events.as_ref().map(|events| events.load(&mut *store, instance)).transpose()?,
            schedule: self.schedule.as_ref().map(|schedule| schedule.load(&mut *store, instance)).transpose()?,
            capabilities: self.capabilities.as_ref().map(|it| it.load(&mut *store, instance)).transpose()?,
        })
    }
}

impl Instance {
    /// A fresh instance, made for its first call, whose deadline covers the making too.
    pub(super) async fn new(
        host: &Arc<Host>,
        identity: &Arc<Identity>,
        component: &InstancePre<Guest>,
        exports: &ExportIndices,
        watch: Arc<Watch>,
        call: CurrentCall,
    ) -> Result<Self, Failed> {
        let lines = LogLines::new(identity.version.clone());
        lines.begin(call.context.caller.clone(), identity.limits.log_lines);
        let (wasi, handles) = wasi::context(&host.environment, &lines);
        let guest = Guest {
            host: host.clone(),
            identity: identity.clone(),
            call,
            lines,
            memory: MemoryLimiter::new(identity.limits.memory),
            watch,
            wasi,
            handles,
        };
        let mut store = Store::new(component.engine(), guest);
        store.limiter(|guest| &mut guest.memory);
        store.set_hostcall_fuel(identity.limits.result);
        store.set_max_component_handles(WASI_HANDLES);
        store.set_epoch_deadline(INLINE_TICKS);
        store.epoch_deadline_callback(|store| Ok(at_epoch(store.data())));
        match component.instantiate_async(&mut store).await.and_then(|it| exports.load(&mut store, &it)) {
            Ok(exports) => Ok(Self { store, exports }),
            Err(error) => Err(Failed::new(error, &store)),
        }
    }

    /// Makes a warm instance ready for a call.
    pub(super) fn begin(&mut self, call: CurrentCall) {
        self.store.set_epoch_deadline(INLINE_TICKS);
        let guest = self.store.data_mut();
        guest.lines.begin(call.context.caller.clone(), guest.identity.limits.log_lines);
        guest.memory.begin();
        guest.call = call;
    }

    /// Ends a call that did not trap; false when the instance should not be used again.
    pub(super) fn finish(&mut self) -> bool {
        let guest = self.store.data();
        guest.lines.finish();
        !guest.memory.is_bloated()
    }

    /// What watches over the instance's calls.
    pub(super) fn watch(&self) -> &Arc<Watch> {
        &self.store.data().watch
    }
}

/// A call ended without an answer.
pub(super) struct Failed {
    pub(super) error: wasmtime::Error,
    /// It had asked for more memory than it may have.
    pub(super) out_of_memory: bool,
}

impl Failed {
    pub(super) fn new(error: wasmtime::Error, store: &Store<Guest>) -> Self {
        let guest = store.data();
        // What it printed last is often why.
        guest.lines.finish();
        Self { error, out_of_memory: guest.memory.refused() }
    }
}

/// The epoch reached an instance that computes: it ends, goes on, or gives way to others and is from then on a matter for
/// the slow lane.
fn at_epoch(guest: &Guest) -> UpdateDeadline {
    if Instant::now() >= guest.call.until {
        return UpdateDeadline::Interrupt;
    }
    match guest.watch.inline_ticks_left(guest.host.ticks.now()) {
        Some(left) => UpdateDeadline::Continue(left),
        None => UpdateDeadline::Yield(1),
    }
}

#[cfg(test)]
pub(super) mod tests {
    pub(in crate::plugin) use super::world::World;
    use super::*;
    use crate::plugin::context::CallContext;
    use meadhall_core::outbox::Outgoing;
    use meadhall_core::push::PushEvent;
    use meadhall_core::session::Session;

    /// What waits for a session's client, taken out.
    pub(in crate::plugin) fn received(session: &Session) -> Vec<PushEvent> {
        let (mut all, mut some) = (Vec::new(), Vec::new());
        while session.outbox.try_take(&mut some) {
            all.append(&mut some);
        }
        let event = |outgoing| match outgoing {
            Outgoing::Push(push) => push.event().clone(),
            Outgoing::Reply(reply) => panic!("nobody asked for {reply:?}"),
        };
        all.into_iter().map(event).collect()
    }

    #[test]
    fn nothing_acts_while_a_plugin_registers() {
        let world = World::new();
        assert!(world.guest().core().is_ok());
        assert!(world.guest_in(Kind::Start, CallContext::default()).core().is_ok());
        let refused = world.guest_in(Kind::Register, CallContext::default()).core().unwrap_err();
        assert_eq!(refused.code, 9);
    }
}
