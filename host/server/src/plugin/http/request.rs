//! A plugin's request, read and judged by what the plugin is granted.

use super::{Destination, Refused};
use crate::config::{OWN_HEADERS, toml_key};
use crate::plugin::imports::shortened;
use crate::plugin::limits::{HTTP_HEADER_BYTES, HTTP_HEADERS, HTTP_URL_BYTES};
use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Method, StatusCode, Url};

/// A request that can be sent.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Headers that a redirect to another server keeps: no other may carry a secret there.
const KEPT_ACROSS_SERVERS: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-language",
    "content-encoding",
    "content-language",
    "content-type",
    "user-agent",
];
/// Headers about a body.
const ABOUT_BODY: &[&str] = &["content-encoding", "content-language", "content-location", "content-type", "digest"];

impl Prepared {
    /// Reads a request.
    ///
    /// # Errors
    /// When it is none.
    pub(super) fn read(method: &str, url: &str, headers: &[(String, String)], body: Vec<u8>) -> Result<Self, Refused> {
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_| Refused::Invalid(format!("{:?} is no HTTP method", shortened(method))))?;
        Ok(Self { method, url: parse(url)?, headers: read_headers(headers)?, body: body.into() })
    }

    /// `api.example.com`, with the port where it is not the scheme's own.
    pub(super) fn host(&self) -> String {
        host(&self.url)
    }

    /// Checks the request against what is granted for its server, apart from the method.
    ///
    /// # Errors
    /// For a header that is not granted, and a body that is too large.
    pub(super) fn check(&self, destination: &Destination, plugin: &str) -> Result<(), Refused> {
        let grant = &destination.grant;
        if self.body.len() > grant.request_bytes {
            return Err(Refused::TooLarge(format!(
                "the body for {} is {} bytes, the limit is {}, request_bytes of its grant",
                self.host(),
                self.body.len(),
                grant.request_bytes
            )));
        }
        match self.headers.keys().find(|header| !destination.takes_header(header)) {
            Some(header) => Err(Refused::Denied(format!(
                "plugin {plugin:?} may not send the header {header} to {}: add \"{header}\" to headers of its entry in http in [plugin.{}.allow]",
                self.host(),
                toml_key(plugin)
            ))),
            None => Ok(()),
        }
    }

    /// The request that a response redirects to; none when it does not.
    ///
    /// # Errors
    /// When what it redirects to is no URL.
    pub(super) fn redirected(&self, status: StatusCode, headers: &HeaderMap) -> Result<Option<Self>, Refused> {
        let is_redirect = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
        let Some(location) = headers.get(LOCATION).filter(|_| is_redirect) else { return Ok(None) };
        let location = String::from_utf8_lossy(location.as_bytes());
        let joined = self.url.join(&location).ok();
        let url = joined.filter(|url| is_plain(url) && url.as_str().len() <= HTTP_URL_BYTES).ok_or_else(|| {
            Refused::Unreachable(format!(
                "{} redirects to {:?}, which is no URL to follow",
                self.host(),
                shortened(&location)
            ))
        })?;
        let mut next = Self { url, ..self.clone() };
        let becomes_get = match status.as_u16() {
            303 => next.method != Method::HEAD,
            301 | 302 => next.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            next.method = Method::GET;
            next.body = Bytes::new();
            ABOUT_BODY.iter().for_each(|header| drop(next.headers.remove(*header)));
        }
        if next.url.origin() != self.url.origin() {
            let kept = |name: &HeaderName| KEPT_ACROSS_SERVERS.contains(&name.as_str());
            next.headers =
                next.headers.iter().filter(|(name, _)| kept(name)).map(|(n, v)| (n.clone(), v.clone())).collect();
        }
        Ok(Some(next))
    }
}

/// `api.example.com`, with the port where it is not the scheme's own.
pub(in crate::plugin) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn parse(text: &str) -> Result<Url, Refused> {
    if text.len() > HTTP_URL_BYTES {
        return Err(Refused::Invalid(format!("a URL of {} bytes, the limit is {HTTP_URL_BYTES}", text.len())));
    }
    let shown = shortened(text);
    let url = Url::parse(text).map_err(|error| Refused::Invalid(format!("{shown:?} is no URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(Refused::Invalid(format!("{shown:?} is no https: or http: URL")));
    }
    if !is_plain(&url) {
        return Err(Refused::Invalid(format!(
            "the URL for {} has a user or password in it: send the header authorization instead",
            host(&url)
        )));
    }
    Ok(url)
}

fn is_plain(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty() && url.password().is_none()
}

fn read_headers(headers: &[(String, String)]) -> Result<HeaderMap, Refused> {
    let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    if headers.len() > HTTP_HEADERS || bytes > HTTP_HEADER_BYTES {
        return Err(Refused::Invalid(format!(
            "{} headers of {bytes} bytes, the limits are {HTTP_HEADERS} and {HTTP_HEADER_BYTES}",
            headers.len()
        )));
    }
    let mut read = HeaderMap::new();
    for (name, value) in headers {
        let shown = shortened(name);
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| Refused::Invalid(format!("{shown:?} is no name of a header")))?;
        if OWN_HEADERS.contains(&name.as_str()) {
            return Err(Refused::Invalid(format!("the header {name} is the server's own, a plugin cannot send it")));
        }
        // Not the value: it may be a secret.
        let value = HeaderValue::from_str(value)
            .map_err(|_| Refused::Invalid(format!("the value of the header {name} is none that HTTP can carry")))?;
        read.append(name, value);
    }
    Ok(read)
}
