//! End to end: a real server, real components, real clients. One module for each feature.

mod chat;
mod analytics;
mod bad_input;
mod capabilities;
mod catch_up;
mod crash;
mod direct;
mod disk;
mod first_plugin;
mod friends;
mod global_stream;
mod group_chat;
mod groups;
mod hooks;
mod javascript;
mod javascript_plugins;
mod metrics;
mod moderation;
mod notifications;
mod order;
mod people;
mod plugin_scripts;
mod presence;
mod refusals;
mod session_events;
mod slow_consumer;
mod social_crash;
mod stop;
mod swap;

use anyhow::Result;
use meadhall_protocol::codec::Format;
use meadhall_tests::http::Login;
use meadhall_tests::server::TestServer;
use meadhall_tests::socket::Socket;

/// A user of a test, with a socket.
struct Player {
    login: Login,
    socket: Socket,
}

impl Player {
    /// Logs in under a name, and opens a socket.
    async fn enter(server: &TestServer, name: &str, format: Format) -> Result<Self> {
        let login = server.http.log_in(&device(name), name).await?;
        let socket = Socket::open(server.addr(), &login.token, format).await?;
        Ok(Self { login, socket })
    }
}

/// The device id of a user, which is at least ten bytes long.
fn device(name: &str) -> String {
    format!("device-of-{name}")
}
