//! Asking a running server, as its operator: whoever can read the server's keys.

use super::http::Connection;
use crate::api::EXPORT_PATH;
use crate::config::{Config, fill_existing_keys};
use crate::net::tokens::Tokens;
use anyhow::{Context as _, bail};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Collected};
use meadhall_core::clock::Environment;
use serde::Deserialize;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What the server is asked.
#[derive(Clone, Debug)]
pub(super) struct Asked<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    /// How the sentence begins when no server can be reached.
    pub(super) why: &'a str,
}

impl Asked<'static> {
    /// Everything that is stored.
    pub(super) fn export() -> Self {
        Self { method: Method::GET, path: EXPORT_PATH, why: "the data folder is in use, and no server answers" }
    }
}

/// Asks the server that runs with this configuration, and writes its answer to `output`; how many bytes it was.
pub(super) async fn ask(mut config: Config, asked: Asked<'_>, output: &mut impl Write) -> anyhow::Result<u64> {
    fill_existing_keys(&mut config)?;
    let address = reachable(config.server.listen);
    let token = Tokens::new(&config.session).sign_operator(Environment::system().now());
    let request = Request::builder()
        .method(asked.method)
        .uri(asked.path)
        .header(header::HOST, address.to_string())
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::empty())
        .context("making the request")?;

    let unreachable = || {
        format!(
            "{} at {address} (server.listen: give the --config, --data-dir or --listen that it was started with)",
            asked.why
        )
    };
    let mut connection = Connection::open(address).await.with_context(unreachable)?;
    let response = connection.requests.send_request(request).await.with_context(unreachable)?;
    let status = response.status();
    let mut body = response.into_body();
    match status {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED => bail!(
            "the server at {address} has other keys: ask with the arguments that it was started with (--config, \
             --data-dir, --dev)"
        ),
        status => {
            let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
            match serde_json::from_slice::<Refused>(&body) {
                Ok(Refused { message }) => bail!("{message}"),
                Err(_) => bail!("the server at {address} refuses with status {status}"),
            }
        }
    }
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.context("the server stopped in the middle of its answer")?;
        if let Some(data) = frame.data_ref() {
            output.write_all(data).context("cannot write the answer")?;
            bytes += data.len() as u64;
        }
    }
    Ok(bytes)
}

/// What the server says when it refuses.
#[derive(Deserialize)]
struct Refused {
    message: String,
}

/// Where a server that listens there is reached from its own machine.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
