//! What comes in: the request with its body still to be read.

use super::query::Query;
use crate::app::App;
use crate::failure::Failure;
use axum::body::{Body, HttpBody as _};
use axum::http::header;
use axum::http::request::Parts;
use bytes::{Bytes, BytesMut};
use flate2::read::GzDecoder;
use futures_util::StreamExt as _;
use meadhall_core::caller::ClientAddress;
use meadhall_protocol::error::Code;
use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

/// How much of a body that is too large is read and thrown away, as a multiple of what is allowed: a client that is
/// still writing when the connection closes would not see why.
const DRAINED: usize = 4;

/// A request on its way to its handler.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) app: Arc<App>,
    pub(super) parts: Parts,
    /// The path's variables by name, decoded.
    pub(super) path: Vec<(&'static str, String)>,
    pub(super) body: Body,
}

impl Incoming {
    /// Where the client is, as the listener tells.
    pub(super) fn client(&self) -> Option<ClientAddress> {
        self.parts.extensions.get::<ClientAddress>().copied()
    }

    /// Takes the path's variables and the query.
    ///
    /// # Errors
    /// When the query has a broken escape.
    pub(super) fn take_query(&mut self) -> Result<Query, Failure> {
        Query::parse(std::mem::take(&mut self.path), self.parts.uri.query().unwrap_or_default())
    }

    /// Reads the body, and unpacks it where it came as gzip.
    ///
    /// # Errors
    /// When it is larger than `server.max_request_size_bytes` (before or after unpacking), broken, or slow.
    pub(super) async fn read_body(&mut self) -> Result<Bytes, Failure> {
        let limit = self.app.config.server.max_request_size_bytes;
        let wait = Duration::from_millis(self.app.config.server.body_timeout_ms);
        let body = std::mem::take(&mut self.body);
        if body.is_end_stream() {
            return Ok(Bytes::new());
        }
        let read = tokio::time::timeout(wait, read_limited(body, limit)).await;
        let bytes = read.map_err(|_| bad(format!("request body did not arrive within {} ms", wait.as_millis())))??;
        match self.parts.headers.get(header::CONTENT_ENCODING).map(|value| value.as_bytes()) {
            None | Some(b"" | b"identity") => Ok(bytes),
            Some(b"gzip") => unpack(&bytes, limit),
            Some(other) => Err(bad(format!("content encoding {:?} is not supported", String::from_utf8_lossy(other)))),
        }
    }
}

fn bad(message: impl Into<std::borrow::Cow<'static, str>>) -> Failure {
    Failure::new(Code::InvalidArgument, message)
}

fn too_large() -> Failure {
    bad("http: request body too large")
}

async fn read_limited(body: Body, limit: usize) -> Result<Bytes, Failure> {
    let mut data = body.into_data_stream();
    // Almost every body is one piece, which is passed on without a copy.
    let Some(first) = data.next().await else { return Ok(Bytes::new()) };
    let first = first.map_err(|error| bad(format!("request body is broken: {error}")))?;
    let mut rest = BytesMut::new();
    let mut received = first.len();
    while let Some(piece) = data.next().await {
        let piece = piece.map_err(|error| bad(format!("request body is broken: {error}")))?;
        received = received.saturating_add(piece.len());
        if received > limit.saturating_mul(DRAINED) {
            break;
        }
        if received <= limit {
            if rest.is_empty() {
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&piece);
        }
    }
    match received {
        received if received > limit => Err(too_large()),
        _ if rest.is_empty() => Ok(first),
        _ => Ok(rest.freeze()),
    }
}

fn unpack(packed: &[u8], limit: usize) -> Result<Bytes, Failure> {
    let mut unpacked = Vec::new();
    let allowed = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    GzDecoder::new(packed)
        .take(allowed)
        .read_to_end(&mut unpacked)
        .map_err(|error| bad(format!("request body is no gzip: {error}")))?;
    if unpacked.len() > limit { Err(too_large()) } else { Ok(unpacked.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use futures_util::stream;
    use std::io::Write as _;

    async fn read(pieces: &[&'static str], limit: usize) -> Result<Bytes, Failure> {
        let pieces: Vec<_> =
            pieces.iter().map(|piece| Ok::<_, std::io::Error>(Bytes::from_static(piece.as_bytes()))).collect();
        read_limited(Body::from_stream(stream::iter(pieces)), limit).await
    }

    #[tokio::test]
    async fn bodies_of_any_pieces_are_read_up_to_the_limit() {
        assert_eq!(read(&[], 4).await, Ok(Bytes::new()));
        assert_eq!(read(&["abcd"], 4).await, Ok(Bytes::from("abcd")));
        assert_eq!(read(&["ab", "c", "d"], 4).await, Ok(Bytes::from("abcd")));
        assert_eq!(read(&["", "abcd"], 4).await, Ok(Bytes::from("abcd")));
        assert_eq!(read(&["abcde"], 4).await, Err(too_large()));
        assert_eq!(read(&["abcd", "e"], 4).await, Err(too_large()));
        assert_eq!(read(&["abcd", "efghijklmnopqrst", "u", "v"], 4).await, Err(too_large()));
    }

    fn pack(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn the_limit_holds_after_unpacking_too() {
        assert_eq!(unpack(&pack("abcd"), 4), Ok(Bytes::from("abcd")));
        assert_eq!(unpack(&pack("abcde"), 4), Err(too_large()));
        assert_eq!(unpack(b"no gzip", 4).unwrap_err().code, Code::InvalidArgument);
    }
}
