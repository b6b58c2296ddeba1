//! What the benches share: a server in this process, and sessions without sockets.

pub mod outside;

use meadhall_core::account::{Credential, LoginRequest};
use meadhall_core::caller::{CallerUser, ClientAddress};
use meadhall_core::clock::Timestamp;
use meadhall_core::ids::UserId;
use meadhall_core::session::Session;
use meadhall_core::{Core, NewSession};
use meadhall_tests::server::TestServer;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// A server in this process, with plugins.
#[derive(Debug)]
pub struct Bench {
    /// Where the server runs.
    pub runtime: Runtime,
    /// The server.
    pub server: TestServer,
}

impl Bench {
    /// Starts a server.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(change: impl FnOnce(&mut meadhall::config::Config), plugins: Vec<PathBuf>) -> Self {
        let runtime = Runtime::new().expect("a runtime needs threads only");
        let server = runtime
            .block_on(TestServer::start_with(|config| {
                config.runtime.plugins = plugins;
                change(config);
            }))
            .unwrap_or_else(|error| panic!("the server does not start: {error:#}"));
        Self { runtime, server }
    }

    /// The domain inside the server.
    pub fn core(&self) -> &Arc<Core> {
        &self.server.server().app().core
    }

    /// Opens a session that no socket reads from, of a user without an account.
    pub fn session(&self, name: &str) -> Arc<Session> {
        self.session_of(self.core().env.user_id(), name)
    }

    /// Opens one more session of a user.
    pub fn session_of(&self, user: UserId, name: &str) -> Arc<Session> {
        self.core().open_session(NewSession {
            user: CallerUser {
                id: user,
                username: name.into(),
                vars: Arc::default(),
                expires_at: Timestamp::from_seconds(i64::MAX / 2_000_000_000),
            },
            lang: "en".into(),
            client: ClientAddress { ip: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 0 },
            status: false,
        })
    }

    /// Makes an account.
    ///
    /// # Panics
    /// When the name is taken.
    pub fn account(&self, name: &str) -> UserId {
        let request = LoginRequest {
            credential: Credential::Device(format!("device-of-{name}")),
            create: true,
            username: name.to_owned(),
            address: None,
        };
        let login = self.runtime.block_on(self.core().accounts.authenticate(request));
        login.unwrap_or_else(|error| panic!("no account {name:?}: {error}")).user_id
    }

    /// Opens many.
    pub fn sessions(&self, count: usize) -> Vec<Arc<Session>> {
        (0..count).map(|number| self.session(&format!("session-{number}"))).collect()
    }
}

/// Takes what waits in the outboxes, as their write loops would; how many messages that were.
pub fn drain(sessions: &[Arc<Session>]) -> usize {
    let mut taken = Vec::new();
    let mut count = 0;
    for session in sessions {
        while session.outbox.try_take(&mut taken) {
            count += taken.len();
            taken.clear();
        }
    }
    count
}
