//! One instance of a plugin: its store, what host functions find there, and its exports.

use super::bindings::exports::meadhall::plugin::{capabilities, events, hooks, lifecycle, rpc, schedule};
use super::bindings::meadhall::plugin::types::Error;
use super::call::Watch;
use super::context::{CurrentCall, Kind};
use super::engine::Ticks;
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
    //! A guest without wasm: imports are tested by calling the host's side of them, against a real core.

    use super::super::context::CallContext;
    use super::super::metrics::SharedRecorder;
    use super::super::version::ContentHash;
    use super::*;
    use meadhall_core::account::{Credential, LoginRequest};
    use meadhall_core::caller::{CallerUser, ClientAddress};
    use meadhall_core::ids::UserId;
    use meadhall_core::outbox::{OutboxLimits, Outgoing};
    use meadhall_core::password::LoginLimits;
    use meadhall_core::push::PushEvent;
    use meadhall_core::session::Session;
    use meadhall_core::store::StoreConfig;
    use meadhall_core::{Config, NewSession};
    use uuid::Uuid;

    /// A core in a folder of its own.
    pub(in crate::plugin) struct World {
        pub(in crate::plugin) core: Arc<Core>,
        _folder: tempfile::TempDir,
    }

    impl World {
        pub(in crate::plugin) fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let config = Config {
                node: "hall".into(),
                data_dir: folder.path().to_owned(),
                store: StoreConfig { sync_interval_ms: 0, cache_capacity: 16 << 20 },
                outbox: OutboxLimits { messages: 64, bytes: 1 << 20, write_wait: Duration::from_secs(5) },
                event_queue_size: 4,
                event_queue_workers: 1,
                single_socket: false,
                password_hashes_at_once: 1,
                password_hashes_waiting: 1,
                login_limits: LoginLimits::default(),
            };
            Self { core: Core::open(config, Environment::system()).unwrap(), _folder: folder }
        }

        /// A guest in the middle of an RPC that nobody called.
        pub(in crate::plugin) fn guest(&self) -> Guest {
            self.guest_in(Kind::Rpc, CallContext::default())
        }

        pub(in crate::plugin) fn guest_in(&self, kind: Kind, context: CallContext) -> Guest {
            self.build(kind, context, Arc::new(metrics::NoopRecorder), self.limits())
        }

        /// A guest whose figures go to this recorder.
        pub(in crate::plugin) fn guest_counting(&self, recorder: SharedRecorder) -> Guest {
            self.build(Kind::Rpc, CallContext::default(), recorder, self.limits())
        }

        /// A guest with limits of its own.
        pub(in crate::plugin) fn guest_with(&self, limits: Limits) -> Guest {
            self.build(Kind::Rpc, CallContext::default(), Arc::new(metrics::NoopRecorder), limits)
        }

        /// The limits of a guest that has none of its own.
        pub(in crate::plugin) fn limits(&self) -> Limits {
            Limits::from(&crate::config::RuntimeConfig::default())
        }

        fn build(&self, kind: Kind, context: CallContext, recorder: SharedRecorder, limits: Limits) -> Guest {
            let name: Arc<str> = "test".into();
            let version = Version::new(name.clone(), ContentHash::of(b""));
            let lines = LogLines::new(version.clone());
            let (wasi, handles) = wasi::context(&self.core.env, &lines);
            Guest {
                memory: MemoryLimiter::new(limits.memory),
                identity: Arc::new(Identity {
                    lasting: Arc::new(Lasting::new(&name, limits.instances, &recorder)),
                    settings: BTreeMap::from([("mead".to_owned(), "sweet".to_owned())]),
                    name,
                    version,
                    events: Pace::new(limits.events_per_second),
                    limits,
                }),
                host: Arc::new(Host {
                    core: Some(self.core.clone()),
                    node: self.core.node.clone(),
                    environment: self.core.env.clone(),
                    token_lifetime: Duration::from_secs(60),
                    ticks: Arc::default(),
                    slow_lane: SlowLane::start().unwrap(),
                }),
                call: CurrentCall { kind, context, until: Instant::now() },
                lines,
                watch: Arc::default(),
                wasi,
                handles,
            }
        }

        /// The user of a new account with this name.
        pub(in crate::plugin) async fn register(&self, username: &str) -> UserId {
            let request = LoginRequest {
                credential: Credential::Device(format!("device-of-{username}")),
                create: true,
                username: username.into(),
                address: None,
            };
            self.core.accounts.authenticate(request).await.unwrap().user_id
        }

        /// A connected session of a user with this number.
        pub(in crate::plugin) fn session(&self, user: u128) -> Arc<Session> {
            self.core.open_session(NewSession {
                user: CallerUser {
                    id: UserId::new(Uuid::from_u128(user)),
                    username: format!("user{user}").into(),
                    vars: Arc::default(),
                    expires_at: meadhall_core::clock::Timestamp::default(),
                },
                lang: "en".into(),
                client: ClientAddress { ip: [127, 0, 0, 1].into(), port: 1 },
                status: false,
            })
        }
    }

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
