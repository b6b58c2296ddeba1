//! Asking a running server, as its operator: whoever can read the server's keys.

use crate::api::EXPORT_PATH;
use crate::config::{Config, fill_existing_keys};
use crate::net::tokens::Tokens;
use anyhow::{Context as _, bail};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use meadhall_core::clock::Environment;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::TcpStream;

/// Has the server that runs with this configuration write its export to `output`; how many bytes it was.
pub(super) async fn export(mut config: Config, output: &mut impl Write) -> anyhow::Result<u64> {
    fill_existing_keys(&mut config)?;
    let address = reachable(config.server.listen);
    let token = Tokens::new(&config.session).sign_operator(Environment::system().now());
    let request = Request::get(EXPORT_PATH)
        .header(header::HOST, address.to_string())
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::empty())
        .context("making the request")?;

    let unreachable = || format!("the data folder is in use, and no server answers at {address} (server.listen)");
    let stream = TcpStream::connect(address).await.with_context(unreachable)?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.with_context(unreachable)?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await.with_context(unreachable)?;
    match response.status() {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED => bail!("the server at {address} has other keys: export with its configuration"),
        status => bail!("the server at {address} refuses the export with status {status}"),
    }
    let mut body = response.into_body();
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.context("the server stopped in the middle of the export")?;
        if let Some(data) = frame.data_ref() {
            output.write_all(data).context("cannot write the export")?;
            bytes += data.len() as u64;
        }
    }
    connection.abort();
    Ok(bytes)
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
