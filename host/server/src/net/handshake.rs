//! `GET /ws`: who may open a socket, and its upgrade (WIRE.md (c)).

use super::admission::Admitted;
use super::connection;
use super::websocket::WebSocket;
use crate::app::App;
use crate::pipeline::Client;
use axum::body::Body;
use axum::extract::Query;
use axum::http::{Request, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use meadhall_core::caller::{CallerUser, ClientAddress};
use meadhall_core::clock::Timestamp;
use meadhall_core::session::CloseReason;
use meadhall_core::{NewSession, caller};
use meadhall_protocol::codec::Format;
use meadhall_protocol::texts;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::net::TcpStream;
use tokio_util::task::TaskTracker;
use tracing::debug;

/// What opens sockets.
#[derive(Clone, Debug)]
pub(crate) struct Sockets {
    pub(crate) app: Arc<App>,
    /// The tasks of all sockets, which a stop waits for.
    pub(crate) tasks: TaskTracker,
}

/// The parameters of a socket.
#[derive(Debug)]
struct Opening {
    format: Format,
    user: CallerUser,
    lang: Arc<str>,
    status: bool,
}

/// Answers `GET /ws`: checks format, then token, then the websocket handshake itself, and hands the connection over.
pub(super) fn open(sockets: Sockets, mut request: Request<Body>) -> Response {
    let opening = match check(&sockets.app, &request) {
        Ok(opening) => opening,
        Err((status, text)) => return refuse(status, text),
    };
    let upgrade = request.extensions_mut().remove::<OnUpgrade>();
    let response = tungstenite::handshake::server::create_response_with_body(&request, Body::empty);
    let (Some(upgrade), Ok(response)) = (upgrade, response) else {
        return refuse(StatusCode::BAD_REQUEST, "Bad Request");
    };
    let extensions = request.extensions();
    let client = extensions.get().copied().unwrap_or(ClientAddress { ip: Ipv4Addr::UNSPECIFIED.into(), port: 0 });
    let admitted = extensions.get::<Arc<Admitted>>().cloned();
    let tasks = sockets.tasks.clone();
    tasks.spawn(async move {
        serve(sockets, opening, client, upgrade).await;
        // A socket counts as a connection for as long as it is open.
        drop(admitted);
    });
    response
}

/// Format first, then token: the order in which Nakama looks.
fn check(app: &App, request: &Request<Body>) -> Result<Opening, (StatusCode, &'static str)> {
    let query = Parameters::of(request.uri());
    let format = match query.get("format") {
        "" | "json" => Format::Json,
        "protobuf" => Format::Protobuf,
        _ => return Err((StatusCode::BAD_REQUEST, texts::INVALID_FORMAT)),
    };
    let token = match request.headers().get(header::AUTHORIZATION) {
        Some(value) => value.to_str().ok().and_then(|value| value.strip_prefix("Bearer ")).unwrap_or(""),
        None => query.get("token"),
    };
    let user = verify(app, token).ok_or((StatusCode::UNAUTHORIZED, texts::INVALID_SOCKET_TOKEN))?;
    if app.stopping.load(Ordering::SeqCst) {
        return Err((StatusCode::SERVICE_UNAVAILABLE, "server shutting down"));
    }
    let lang = match query.get("lang") {
        "" => "en",
        lang => lang,
    };
    Ok(Opening { format, user, lang: lang.into(), status: is_true(query.get("status")) })
}

/// The user of a token that is ours, has not expired and was not logged out.
fn verify(app: &App, token: &str) -> Option<caller::CallerUser> {
    let token = app.tokens.verify_session(token, app.core.env.now()).ok()?;
    let issued = Timestamp::from_seconds(token.issued_at);
    let revoked = app.core.revocations.is_revoked(token.user.id, token.token_id, issued);
    (!revoked).then_some(token.user)
}

/// Waits for the upgrade, opens the session and serves it.
async fn serve(sockets: Sockets, opening: Opening, address: ClientAddress, upgrade: OnUpgrade) {
    let upgraded = match upgrade.await {
        Ok(upgraded) => upgraded,
        Err(error) => return debug!(%error, "a socket was gone before its upgrade"),
    };
    let Sockets { app, tasks } = sockets;
    let socket = {
        let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() else {
            return debug!("a socket did not come from our own listener");
        };
        let limit = app.config.socket.max_message_size_bytes;
        // What was read too much keeps all of HTTP's read buffer alive, so it must not outlive this block.
        WebSocket::new(parts.io.into_inner(), &parts.read_buf, opening.format, limit)
    };
    let Opening { format, user, lang, status } = opening;
    let session = app.core.open_session(NewSession { user, lang, client: address, status });
    if app.stopping.load(Ordering::SeqCst) {
        // The stop may have listed the sessions before this one was among them.
        session.close(CloseReason::ShuttingDown);
    }
    // Boxed, so that this task is no larger than what it does before.
    Box::pin(connection::run(Client { app, session, format }, socket, tasks)).await;
}

/// A refused handshake: plain text with a line break, unlike the rest of the API.
fn refuse(status: StatusCode, text: &str) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (status, headers, format!("{text}\n")).into_response()
}

/// Query parameters; of those that are given twice, the first counts.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn of(uri: &Uri) -> Self {
        Self(Query::try_from_uri(uri).map(|Query(pairs)| pairs).unwrap_or_default())
    }

    /// The value; empty when it is not given.
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// What Go's `strconv.ParseBool` takes for true.
fn is_true(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "true" | "TRUE" | "True")
}
