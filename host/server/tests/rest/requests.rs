//! What holds for every request: bodies, encodings, content types, cleaning of paths, health.

use crate::client::Rest;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use meadhall::StopOutcome;
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::sync::atomic::Ordering;

const LOGIN: &str = "/v2/account/authenticate/device";

fn pack(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn the_root_is_empty_and_health_is_an_object() {
    let rest = Rest::start().await;
    let root = rest.get("/").send().await;
    assert_eq!((root.status, root.body.len(), root.header("content-type")), (200, 0, None));
    rest.get("/healthcheck").send().await.assert_empty();
    assert_eq!(rest.request("HEAD", "/healthcheck").send().await.status, 200);
    assert_eq!(rest.stop().await, StopOutcome::Clean);
}

#[tokio::test]
async fn a_stopping_server_is_not_healthy() {
    let rest = Rest::start().await;
    rest.server.app().stopping.store(true, Ordering::SeqCst);
    rest.get("/healthcheck").send().await.assert_refused(503, 14, "server is stopping");
}

#[tokio::test]
async fn content_types_do_not_matter() {
    let rest = Rest::start().await;
    for content_type in ["application/json", "text/plain", "application/x-www-form-urlencoded", ""] {
        let request = rest.post(LOGIN).basic("defaultkey").header("content-type", content_type);
        assert_eq!(request.json(json!({"id": "device-0000001"})).send().await.status, 200, "{content_type}");
    }
}

#[tokio::test]
async fn every_answer_has_the_headers_that_clients_know() {
    let rest = Rest::start().await;
    for path in ["/healthcheck", "/v2/account", "/v2/nothing"] {
        let answer = rest.get(path).send().await;
        assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store, no-cache, must-revalidate"), "{path}");
        assert_eq!(answer.header("vary"), Some("Accept-Encoding"), "{path}");
    }
}

#[tokio::test]
async fn gzip_goes_both_ways() {
    let rest = Rest::start().await;
    let ann = rest.player("ann").await;
    let name = "x".repeat(10_000);
    let packed = pack(&json!({"name": name}).to_string());
    rest.post("/v2/event").by(&ann).header("content-encoding", "gzip").body(packed).send().await.assert_empty();

    // Only a long answer is worth it.
    let metadata = format!(r#"{{"long":"{name}"}}"#);
    let update = meadhall_core::account::AccountUpdate { metadata: Some(metadata.clone()), ..Default::default() };
    rest.server.app().core.accounts.update(ann.id.parse().unwrap(), update).await.unwrap();
    let answer = rest.get("/v2/account").by(&ann).header("accept-encoding", "gzip, deflate").send().await;
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    GzDecoder::new(&*answer.body).read_to_string(&mut text).unwrap();
    let account: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(account["user"]["metadata"], metadata);
    let plain = rest.get("/v2/account").by(&ann).send().await;
    assert_eq!((plain.header("content-encoding"), plain.json()), (None, account));
}

#[tokio::test]
async fn bodies_are_bounded_before_and_after_unpacking() {
    let rest = Rest::start().await;
    let ann = rest.player("ann").await;
    let event = |length: usize| {
        let frame = json!({"name": ""}).to_string().len();
        json!({"name": "n".repeat(length - frame)}).to_string()
    };
    let post = |body: Vec<u8>| rest.post("/v2/event").by(&ann).body(body);
    post(event(262_144).into()).send().await.assert_empty();
    for length in [262_145, 1_000_000] {
        post(event(length).into()).send().await.assert_refused(400, 3, "http: request body too large");
    }
    let bomb = pack(&event(10_000_000));
    assert!(bomb.len() < 262_144);
    post(bomb).header("content-encoding", "gzip").send().await.assert_refused(400, 3, "http: request body too large");
    let broken = post(b"no gzip".to_vec()).header("content-encoding", "gzip").send().await;
    assert_eq!((broken.status, &broken.json()["code"]), (400, &json!(3)));
    let unknown = post(b"{}".to_vec()).header("content-encoding", "br").send().await;
    unknown.assert_refused(400, 3, r#"content encoding "br" is not supported"#);
}

#[tokio::test]
async fn unclean_paths_are_redirected() {
    let rest = Rest::start().await;
    // Sent as raw bytes, because clients clean paths themselves.
    for (path, location) in [("/v2//account?a=b", "/v2/account?a=b"), ("/v2/x/../account", "/v2/account")] {
        let answer = raw(&rest, &format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 301 "), "{answer}");
        assert!(answer.contains(&format!("\r\nlocation: {location}\r\n")), "{answer}");
    }
}

async fn raw(rest: &Rest, request: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(rest.server.addr()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
