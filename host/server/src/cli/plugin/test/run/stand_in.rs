//! A server on loopback that answers in place of others, as the script says.

use super::super::compare::Scope;
use super::super::script::Answer;
use anyhow::Context as _;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

/// The largest body that it takes: as much as a plugin may send at all.
const BODY_MAX: usize = 64 << 20;
/// More than any script looks at.
const REQUESTS_MAX: usize = 10_000;

/// The stand-in, for as long as it is kept.
pub(super) struct StandIn {
    pub(super) address: SocketAddr,
    asked: Arc<Asked>,
    _serving: AbortOnDropHandle<()>,
}

#[derive(Default)]
struct Asked {
    answers: Mutex<Vec<Answer>>,
    requests: Mutex<Vec<Value>>,
    unanswered: Mutex<Vec<String>>,
    /// What placeholders of answers stand for.
    scope: Mutex<Scope>,
}

impl StandIn {
    /// Begins to answer.
    ///
    /// # Errors
    /// When it cannot listen.
    pub(super) async fn start(answers: Vec<Answer>) -> anyhow::Result<Self> {
        let listen = async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            Ok::<_, std::io::Error>((listener.local_addr()?, listener))
        };
        let (address, listener) = listen.await.context("the stand-in for other servers cannot listen")?;
        let asked = Arc::new(Asked { answers: Mutex::new(answers), ..Asked::default() });
        let router = Router::new().fallback(answer).with_state(asked.clone());
        let serving = tokio::spawn(async move {
            // It ends with the script.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, asked, _serving: AbortOnDropHandle::new(serving) })
    }

    /// What placeholders stand for from now on.
    pub(super) fn know(&self, scope: &Scope) {
        *self.asked.scope.lock() = scope.clone();
    }

    /// Takes the requests that came.
    pub(super) fn take(&self) -> Vec<Value> {
        std::mem::take(&mut self.asked.requests.lock())
    }

    /// Takes the requests that the script has no answer for.
    pub(super) fn take_unanswered(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.unanswered.lock())
    }
}

async fn answer(State(asked): State<Arc<Asked>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let name = format!("{} {path}", parts.method);
    let body = match Limited::new(body, BODY_MAX).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return plain(StatusCode::PAYLOAD_TOO_LARGE, error.to_string()),
    };
    let body = serde_json::from_slice(&body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&body)));
    let mut requests = asked.requests.lock();
    if requests.len() < REQUESTS_MAX {
        requests.push(json!({ "request": name, "headers": shown(&parts.headers), "body": body }));
    }
    drop(requests);
    let found = take(&mut asked.answers.lock(), parts.method.as_str(), path);
    match found {
        Some(found) => reply(&found, &asked.scope.lock()),
        None => {
            let problem = format!("the plugin sent {name}, and no [[http]] of the script answers that");
            asked.unanswered.lock().push(problem.clone());
            plain(StatusCode::NOT_IMPLEMENTED, problem)
        }
    }
}

/// The first answer that fits and is not used up.
fn take(answers: &mut [Answer], method: &str, path: &str) -> Option<Answer> {
    let bare = path.split_once('?').map_or(path, |(bare, _)| bare);
    let fits = |answer: &&mut Answer| {
        answer.method == method && (answer.path == path || answer.path == bare) && answer.times != Some(0)
    };
    let answer = answers.iter_mut().find(fits)?;
    answer.times = answer.times.map(|times| times - 1);
    Some(answer.clone())
}

fn reply(answer: &Answer, scope: &Scope) -> Response<Body> {
    let body = match scope.value(&answer.body) {
        Ok(Value::Null) => String::new(),
        Ok(Value::String(text)) => text,
        Ok(body) => body.to_string(),
        Err(problem) => return plain(StatusCode::INTERNAL_SERVER_ERROR, problem),
    };
    let mut response = Response::builder().status(answer.status);
    if !matches!(answer.body, Value::String(_) | Value::Null) {
        response = response.header(header::CONTENT_TYPE, "application/json");
    }
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(body)).unwrap_or_else(|error| {
        plain(StatusCode::INTERNAL_SERVER_ERROR, format!("the script's answer is none: {error}"))
    })
}

fn plain(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}

fn shown(headers: &HeaderMap) -> Map<String, Value> {
    headers.iter().map(|(name, value)| (name.to_string(), json!(String::from_utf8_lossy(value.as_bytes())))).collect()
}
