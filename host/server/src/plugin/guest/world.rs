//! A guest without wasm: imports are tried by calling the host's side of them, against a real core.

use super::*;
use crate::config::AllowConfig;
use crate::plugin::blocking::Blocking;
use crate::plugin::context::CallContext;
use crate::plugin::http::system_lookup;
use crate::plugin::metrics::SharedRecorder;
use crate::plugin::version::ContentHash;
use meadhall_core::account::{Credential, LoginRequest};
use meadhall_core::caller::{CallerUser, ClientAddress};
use meadhall_core::ids::UserId;
use meadhall_core::outbox::OutboxLimits;
use meadhall_core::password::LoginLimits;
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
    #[cfg(test)]
    pub(in crate::plugin) fn new() -> Self {
        Self::open(StoreConfig { sync_interval_ms: 0, cache_capacity: 16 << 20 })
    }

    pub(in crate::plugin) fn open(store: StoreConfig) -> Self {
        let folder = tempfile::tempdir().expect("there is a place for temporary folders");
        let config = Config {
            node: "hall".into(),
            data_dir: folder.path().to_owned(),
            store,
            outbox: OutboxLimits { messages: 64, bytes: 1 << 20, write_wait: Duration::from_secs(5) },
            event_queue_size: 4,
            event_queue_workers: 1,
            single_socket: false,
            password_hashes_at_once: 1,
            password_hashes_waiting: 1,
            login_limits: LoginLimits::default(),
        };
        let core = Core::open(config, Environment::system()).expect("a new folder opens");
        Self { core, _folder: folder }
    }

    /// A guest in the middle of an RPC that nobody called.
    pub(in crate::plugin) fn guest(&self) -> Guest {
        self.guest_in(Kind::Rpc, CallContext::default())
    }

    pub(in crate::plugin) fn guest_in(&self, kind: Kind, context: CallContext) -> Guest {
        self.build(kind, context, Arc::new(metrics::NoopRecorder), self.limits(), &AllowConfig::default())
    }

    /// A guest whose figures go to this recorder.
    #[cfg(test)]
    pub(in crate::plugin) fn guest_counting(&self, recorder: SharedRecorder) -> Guest {
        self.build(Kind::Rpc, CallContext::default(), recorder, self.limits(), &AllowConfig::default())
    }

    /// A guest with limits of its own.
    #[cfg(test)]
    pub(in crate::plugin) fn guest_with(&self, limits: Limits) -> Guest {
        let recorder = Arc::new(metrics::NoopRecorder);
        self.build(Kind::Rpc, CallContext::default(), recorder, limits, &AllowConfig::default())
    }

    /// A guest that is granted something.
    #[cfg(test)]
    pub(in crate::plugin) fn guest_granted(&self, allow: &AllowConfig) -> Guest {
        self.build(Kind::Rpc, CallContext::default(), Arc::new(metrics::NoopRecorder), self.limits(), allow)
    }

    /// The limits of a guest that has none of its own.
    pub(in crate::plugin) fn limits(&self) -> Limits {
        Limits::from(&crate::config::RuntimeConfig::default())
    }

    fn build(
        &self,
        kind: Kind,
        context: CallContext,
        recorder: SharedRecorder,
        limits: Limits,
        allow: &AllowConfig,
    ) -> Guest {
        let name: Arc<str> = "test".into();
        let version = Version::new(name.clone(), ContentHash::of(b""));
        let lines = LogLines::new(version.clone());
        let (wasi, handles) = wasi::context(&self.core.env, &lines);
        Guest {
            memory: MemoryLimiter::new(limits.memory),
            identity: Arc::new(Identity {
                grants: Grants::open(&name, allow, &limits, &recorder, &blocking(), &system_lookup())
                    .expect("what is granted here can be opened"),
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
                slow_lane: SlowLane::start().expect("threads can be started"),
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
        self.core.accounts.authenticate(request).await.expect("the name is free").user_id
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

/// Threads of the runtime that a caller runs on; what needs none runs on one that is never driven.
fn blocking() -> Blocking {
    static IDLE: std::sync::OnceLock<tokio::runtime::Runtime> = std::sync::OnceLock::new();
    if tokio::runtime::Handle::try_current().is_ok() {
        return Blocking::new();
    }
    let _idle = IDLE.get_or_init(|| tokio::runtime::Runtime::new().expect("a runtime starts")).enter();
    Blocking::new()
}
