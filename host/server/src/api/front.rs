//! The outermost layer: what holds for every request, whatever its path.

use super::body::Incoming;
use super::reply::Reply;
use super::routes::{Found, Routes};
use crate::app::App;
use crate::config::CorsConfig;
use crate::failure::Failure;
use axum::body::Body;
use axum::http::header::{self, HeaderValue};
use axum::http::{Request, StatusCode};
use axum::response::Response;
use futures_util::future::BoxFuture;
use meadhall_protocol::error::Code;
use meadhall_protocol::texts;
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tower::{Layer as _, Service};
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, Cors, CorsLayer};

/// What requests without a route of their own are counted as: a name that a client made up could be any.
const UNKNOWN: &str = "unknown";

/// How long a browser may remember the answer to a preflight.
const PREFLIGHT_AGE: Duration = Duration::from_secs(600);

/// All of REST as one service.
// Behind an Arc, because axum clones the service for every request.
#[derive(Clone, Debug)]
pub(super) struct Front(Arc<Layers>);

#[derive(Debug)]
struct Layers {
    dispatch: Dispatch,
    cors: Cors<Dispatch>,
}

impl Front {
    pub(super) fn new(app: Arc<App>) -> Self {
        let layer = cors(&app.config.cors);
        let dispatch = Dispatch { app, routes: Arc::new(Routes::new()) };
        Self(Arc::new(Layers { cors: layer.layer(dispatch.clone()), dispatch }))
    }
}

impl Service<Request<Body>> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // Browsers name their origin in every request that CORS is about; all others are spared the work.
        if request.headers().contains_key(header::ORIGIN) {
            Box::pin(self.0.cors.clone().call(request))
        } else {
            self.0.dispatch.dispatch(request)
        }
    }
}

/// Any origin, or those that are configured; never with credentials, since the wire carries tokens and no cookies.
fn cors(config: &CorsConfig) -> CorsLayer {
    let origin = if config.origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(config.origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()))
    };
    CorsLayer::new()
        .allow_origin(origin)
        // Mirrored, because `*` would leave out `Authorization`.
        .allow_headers(AllowHeaders::mirror_request())
        .allow_methods(AllowMethods::mirror_request())
        .expose_headers([header::WWW_AUTHENTICATE])
        .max_age(PREFLIGHT_AGE)
}

/// Finds the route and runs it.
#[derive(Clone, Debug)]
struct Dispatch {
    app: Arc<App>,
    routes: Arc<Routes>,
}

impl Service<Request<Body>> for Dispatch {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.dispatch(request)
    }
}

impl Dispatch {
    fn dispatch(&self, request: Request<Body>) -> BoxFuture<'static, Result<Response, Infallible>> {
        if let Some(location) = cleaned(request.uri().path()) {
            let response = moved(&location, request.uri().query());
            return Box::pin(std::future::ready(Ok(response)));
        }
        let (parts, body) = request.into_parts();
        let failure = match self.routes.find(&parts.method, parts.uri.path()) {
            Found::Route(name, handler, path) => {
                let gzip = accepts_gzip(parts.headers.get(header::ACCEPT_ENCODING));
                let app = Arc::clone(&self.app);
                let reply = handler(Incoming { app: Arc::clone(&app), parts, path, body });
                return Box::pin(async move {
                    let response = reply.await.into_response(gzip);
                    app.metrics.request(name, response.status().as_u16());
                    Ok(response)
                });
            }
            Found::Later(name) => Failure::new(Code::Unimplemented, texts::not_supported(name)),
            Found::WrongMethod => Failure::new(Code::Unimplemented, texts::METHOD_NOT_ALLOWED),
            Found::Nothing => Failure::new(Code::NotFound, texts::NOT_FOUND),
            Found::Undecodable(failure) => failure,
        };
        let response = Reply::failure(&failure).into_response(false);
        self.app.metrics.request(UNKNOWN, response.status().as_u16());
        Box::pin(std::future::ready(Ok(response)))
    }
}

/// The path without `.`, `..` and empty segments, where it has any.
fn cleaned(path: &str) -> Option<String> {
    // Almost no path has any, and this is asked for every request.
    if !path.contains("//") && !path.contains("/.") {
        return None;
    }
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    let slash = if path.ends_with('/') && !kept.is_empty() { "/" } else { "" };
    let cleaned = format!("/{}{slash}", kept.join("/"));
    (cleaned != path).then_some(cleaned)
}

fn moved(path: &str, query: Option<&str>) -> Response {
    let location = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Whether the client takes gzip: named, and not with weight 0.
fn accepts_gzip(header: Option<&HeaderValue>) -> bool {
    let Some(accepted) = header.and_then(|value| value.to_str().ok()) else { return false };
    accepted.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        named && !parts.any(|weight| weight.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned() {
        let cases = [
            ("/v2/account", None),
            ("/", None),
            ("/v2/account/", None),
            ("/v2/channel/2...room", None),
            ("/v2/channel/2...", None),
            ("/v2/.hidden", None),
            ("/v2//account", Some("/v2/account")),
            ("//v2/account", Some("/v2/account")),
            ("/v2/account//", Some("/v2/account/")),
            ("/v2/./account", Some("/v2/account")),
            ("/v2/x/../account", Some("/v2/account")),
            ("/v2/account/..", Some("/v2")),
            ("/../..", Some("/")),
            ("//", Some("/")),
        ];
        for (path, expected) in cases {
            assert_eq!(cleaned(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn gzip_is_used_when_it_is_asked_for() {
        let cases = [
            ("gzip", true),
            ("deflate, GZIP;q=0.5", true),
            ("gzip, deflate, br", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0", false),
            ("identity", false),
            ("xgzip", false),
            ("", false),
        ];
        for (header, expected) in cases {
            assert_eq!(accepts_gzip(Some(&HeaderValue::from_static(header))), expected, "{header}");
        }
        assert!(!accepts_gzip(None));
    }
}
