//! Requests of plugins to servers elsewhere: to those that the configuration grants, within its bounds.
//!
//! Each grant has a client of its own, with connections of its own and a resolver that knows whether private addresses are
//! fine. Redirects are followed here and not by the client, so that each hop is checked as the first was.

mod address;
mod request;
mod resolver;
#[cfg(test)]
mod tests;

pub(super) use request::host;
pub(super) use resolver::{Lookup, system_lookup};

use super::bindings::meadhall::plugin::http::{Request, Response};
use super::bindings::meadhall::plugin::types::Error;
use super::blocking::Blocking;
use super::limits::{HTTP_HEADER_BYTES, HTTP_MARGIN};
use super::metrics::{SharedRecorder, http_requests};
use crate::config::HttpGrant;
use anyhow::Context as _;
use meadhall_protocol::error::Code;
use request::Prepared;
use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Client, Method, Url, redirect};
use resolver::{AddressRefused, Resolver};
use rustls::{ClientConfig, RootCertStore};
use std::error::Error as StdError;
use std::net::Ipv6Addr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout_at;

/// Connections to one server that are kept for later requests, and for how long.
const IDLE_CONNECTIONS: usize = 8;
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// What one plugin may send.
pub(super) struct Outgoing {
    plugin: Arc<str>,
    destinations: Vec<Destination>,
    /// One permit for each request under way.
    under_way: Semaphore,
    at_once: usize,
    recorder: SharedRecorder,
    runtime: tokio::runtime::Handle,
}

/// A server that the plugin may ask.
struct Destination {
    grant: HttpGrant,
    client: Client,
}

/// Why there is no response.
#[derive(Debug)]
enum Refused {
    Invalid(String),
    Denied(String),
    TooLate(String),
    TooLarge(String),
    Busy(String),
    Unreachable(String),
}

impl Outgoing {
    /// The clients for these grants.
    ///
    /// # Errors
    /// When this machine has no root certificates that servers can be judged by.
    pub(super) fn new(
        plugin: &Arc<str>,
        grants: &[HttpGrant],
        at_once: usize,
        recorder: &SharedRecorder,
        blocking: &Blocking,
        lookup: &Lookup,
    ) -> anyhow::Result<Arc<Self>> {
        let destination = |grant: &HttpGrant| -> anyhow::Result<Destination> {
            let resolver = Resolver { lookup: lookup.clone(), blocking: blocking.clone(), private: grant.private };
            Ok(Destination { grant: grant.clone(), client: client(grant, resolver)? })
        };
        Ok(Arc::new(Self {
            plugin: plugin.clone(),
            destinations: grants.iter().map(destination).collect::<anyhow::Result<_>>()?,
            under_way: Semaphore::new(at_once),
            at_once,
            recorder: recorder.clone(),
            runtime: blocking.runtime().clone(),
        }))
    }

    /// Sends a request and waits for the whole response, at most until the call has to be done.
    ///
    /// # Errors
    /// As `wit/http.wit` says.
    pub(super) async fn send(self: &Arc<Self>, request: Request, until: Instant) -> Result<Response, Error> {
        // On the runtime that has the network: a call that computes for long runs on another. Dropped, it is aborted.
        let mut task = JoinSet::new();
        let this = self.clone();
        task.spawn_on(async move { this.bounded(request, until).await }, &self.runtime);
        let sent = match task.join_next().await {
            Some(Ok(sent)) => sent,
            _ => Err(Refused::Unreachable("the request failed inside the server".into())),
        };
        http_requests(&self.plugin, sent.as_ref().map_or_else(Refused::label, outcome), &*self.recorder).increment(1);
        sent.map_err(Error::from)
    }

    async fn bounded(&self, request: Request, until: Instant) -> Result<Response, Refused> {
        let Request { method, url, headers, body, timeout_ms } = request;
        let request = Prepared::read(&method, &url, &headers, body)?;
        let destination = self.destination(&request)?;
        request.check(destination, &self.plugin)?;
        let asked = timeout_ms.map_or(u64::MAX, u64::from).min(destination.grant.timeout_ms);
        // The plugin gets to know that it was too late before it is too late for the plugin itself.
        let left = until.saturating_duration_since(Instant::now()).saturating_sub(HTTP_MARGIN);
        let timeout = left.min(Duration::from_millis(asked));
        let deadline = (Instant::now() + timeout).into();
        let host = request.host();
        let Ok(permit) = timeout_at(deadline, self.under_way.acquire()).await else {
            return Err(Refused::Busy(format!(
                "plugin {:?} has {} requests under way, {host} was not asked",
                self.plugin, self.at_once
            )));
        };
        let _permit = permit.map_err(|_| Refused::Unreachable("the server is stopping".into()))?;
        match timeout_at(deadline, self.exchange(request, destination)).await {
            Ok(answered) => answered,
            Err(_) => Err(Refused::TooLate(format!("{host} has not answered within {} ms", timeout.as_millis()))),
        }
    }

    /// Sends the request, and those that redirects make of it.
    async fn exchange(&self, mut request: Prepared, first: &Destination) -> Result<Response, Refused> {
        let most = first.grant.redirects;
        let mut destination = first;
        for followed in 0..=most {
            let host = request.host();
            let response = destination.send(&request).await?;
            let next = if most == 0 { None } else { request.redirected(response.status(), response.headers())? };
            let Some(next) = next else { return read(response, &host, destination.grant.response_bytes).await };
            if followed == most {
                break;
            }
            let redirected = |refused: Refused| refused.after(&format!("{host} redirects to {}", next.host()));
            destination = self.destination(&next).map_err(redirected)?;
            next.check(destination, &self.plugin).map_err(redirected)?;
            request = next;
        }
        Err(Refused::Unreachable(format!("{} redirects more than {most} times", request.host())))
    }

    /// What is granted for a request's server and method.
    fn destination(&self, request: &Prepared) -> Result<&Destination, Refused> {
        let (url, method) = (&request.url, &request.method);
        let mut at_server = self.destinations.iter().filter(|destination| covers(&destination.grant, url)).peekable();
        let known = at_server.peek().is_some();
        at_server.find(|destination| destination.takes(method)).ok_or_else(|| {
            let (plugin, host) = (&self.plugin, request.host());
            let key = crate::config::toml_key(plugin);
            Refused::Denied(if known {
                format!("plugin {plugin:?} may not send {method} to {host}: add \"{method}\" to methods of its entry in http in [plugin.{key}.allow]")
            } else {
                let entry = entry(url);
                format!("plugin {plugin:?} may not ask {host}: add {entry} to http in [plugin.{key}.allow]")
            })
        })
    }
}

/// Whether a grant is one of a URL's server.
pub(super) fn covers(grant: &HttpGrant, url: &Url) -> bool {
    let HttpGrant { host, port, schemes, .. } = grant;
    let own_port = if url.scheme() == "https" { 443 } else { 80 };
    bare_host(url) == *host
        && url.port_or_known_default() == Some(port.unwrap_or(own_port))
        && schemes.iter().any(|scheme| scheme == url.scheme())
}

/// The entry of the configuration that grants a URL's server.
pub(super) fn entry(url: &Url) -> String {
    let host = bare_host(url);
    let port = url.port().map(|port| format!(", port = {port}")).unwrap_or_default();
    let scheme = if url.scheme() == "https" { "" } else { ", schemes = [\"http\"]" };
    let private = if is_local(&host) { ", private = true" } else { "" };
    format!("{{ host = \"{host}\"{port}{scheme}{private} }}")
}

/// Whether a name is one that always stands for this machine.
pub(super) fn is_local(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost")
}

/// A URL's host as grants write it: an IPv6 address without brackets, and as such addresses are usually written.
fn bare_host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host.parse::<Ipv6Addr>().map_or_else(|_| host.to_owned(), |address| address.to_string())
}

impl Destination {
    fn takes(&self, method: &Method) -> bool {
        self.grant.methods.iter().any(|granted| granted == method.as_str())
    }

    fn takes_header(&self, header: &HeaderName) -> bool {
        self.grant.headers.iter().any(|granted| granted == "*" || granted == header.as_str())
    }

    async fn send(&self, request: &Prepared) -> Result<reqwest::Response, Refused> {
        let Prepared { method, url, headers, body } = request.clone();
        let mut sent = self.client.request(method, url).headers(headers);
        if !body.is_empty() {
            sent = sent.body(body);
        }
        sent.send().await.map_err(|error| failed(&request.host(), "cannot be asked", &error))
    }
}

/// Reads a response whole, as far as it may go: what it says of its length may be a lie.
async fn read(mut response: reqwest::Response, host: &str, limit: usize) -> Result<Response, Refused> {
    let too_large =
        || Refused::TooLarge(format!("the response of {host} is more than {limit} bytes, response_bytes of its grant"));
    let headers = read_headers(response.headers(), host)?;
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(host, "broke off", &error))? {
        if body.len() + chunk.len() > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response { status: response.status().as_u16(), headers, body })
}

fn read_headers(headers: &HeaderMap, host: &str) -> Result<Vec<(String, String)>, Refused> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let read: Vec<_> = headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect();
    let bytes: usize = read.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > HTTP_HEADER_BYTES {
        return Err(Refused::TooLarge(format!("the headers of {host} are more than {HTTP_HEADER_BYTES} bytes")));
    }
    Ok(read)
}

/// A failure of the client's, with its root cause.
fn failed(host: &str, problem: &str, error: &reqwest::Error) -> Refused {
    let mut cause: &dyn StdError = error;
    loop {
        if let Some(refused) = cause.downcast_ref::<AddressRefused>() {
            return Refused::Denied(format!("{host} {problem}: {refused}"));
        }
        if cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse_too_large) {
            return Refused::TooLarge(format!("the headers of {host} are more than {HTTP_HEADER_BYTES} bytes"));
        }
        match cause.source() {
            Some(source) => cause = source,
            None => return Refused::Unreachable(format!("{host} {problem}: {cause}")),
        }
    }
}

fn client(grant: &HttpGrant, resolver: Resolver) -> anyhow::Result<Client> {
    let mut builder = Client::builder()
        .http1_only()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .referer(false)
        // A body is handed over as it came: what unpacks to a thousand times its size is for the plugin to unpack.
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .dns_resolver(Arc::new(resolver));
    // Without https nobody's certificate is judged, and none needs to be there.
    let tls =
        if grant.schemes.iter().any(|scheme| scheme == "https") { tls()? } else { judging_by(RootCertStore::empty())? };
    builder = builder.tls_backend_preconfigured(tls);
    builder.build().context("cannot set up a client for outgoing HTTP")
}

/// How servers are judged: by the root certificates of this machine, read once.
fn tls() -> anyhow::Result<ClientConfig> {
    static CONFIG: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(config.clone());
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    anyhow::ensure!(
        !roots.is_empty(),
        "this machine has no root certificates to judge https servers by: install the package ca-certificates, or name a file of them in SSL_CERT_FILE"
    );
    let config = judging_by(roots)?;
    Ok(CONFIG.get_or_init(|| config).clone())
}

fn judging_by(roots: RootCertStore) -> anyhow::Result<ClientConfig> {
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .context("cannot set up TLS")?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// How a response counts in figures.
fn outcome(response: &Response) -> &'static str {
    match response.status {
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500..600 => "5xx",
        _ => "other",
    }
}

impl Refused {
    /// How it counts in figures.
    fn label(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::Denied(_) => "denied",
            Self::TooLate(_) => "late",
            Self::TooLarge(_) => "too-large",
            Self::Busy(_) => "busy",
            Self::Unreachable(_) => "unreachable",
        }
    }

    /// The same, with what led to it.
    fn after(self, what: &str) -> Self {
        match self {
            Self::Denied(text) => Self::Denied(format!("{what}: {text}")),
            Self::TooLarge(text) => Self::TooLarge(format!("{what}: {text}")),
            other => other,
        }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        let (code, message) = match refused {
            Refused::Invalid(message) => (Code::InvalidArgument, message),
            Refused::Denied(message) => (Code::PermissionDenied, message),
            Refused::TooLate(message) => (Code::DeadlineExceeded, message),
            Refused::TooLarge(message) | Refused::Busy(message) => (Code::ResourceExhausted, message),
            Refused::Unreachable(message) => (Code::Unavailable, message),
        };
        Self { code: code as u32, message }
    }
}
