//! Whether a browser lets a page of another origin call: its rules (fetch.spec.whatwg.org), applied to the answers.

use crate::client::{Answer, Rest};
use serde_json::json;

const PAGE: &str = "http://game.test";

/// The CORS check: a page of this origin, sending no credentials of the browser's own, may read the answer.
fn may_read(answer: &Answer, origin: &str) -> bool {
    let allowed: Vec<_> = answer.headers.get_all("access-control-allow-origin").iter().collect();
    matches!(allowed.as_slice(), [one] if *one == "*" || *one == origin)
}

/// The CORS preflight check: after this answer the browser sends the request.
fn may_send(answer: &Answer, origin: &str, method: &str, headers: &[&str]) -> bool {
    let list = |name: &str| -> Vec<String> {
        let values = answer.headers.get_all(name).iter().map(|value| value.to_str().unwrap());
        values.flat_map(|value| value.split(',')).map(|item| item.trim().to_ascii_lowercase()).collect()
    };
    let (methods, allowed) = (list("access-control-allow-methods"), list("access-control-allow-headers"));
    let method_allowed = ["GET", "HEAD", "POST"].contains(&method)
        || methods.iter().any(|one| one == "*" || *one == method.to_ascii_lowercase());
    // `*` stands for every header but authorization.
    let header_allowed =
        |header: &&str| allowed.iter().any(|one| one == header || (one == "*" && **header != *"authorization"));
    (200..300).contains(&answer.status)
        && may_read(answer, origin)
        && method_allowed
        && headers.iter().all(header_allowed)
}

async fn preflight(rest: &Rest, origin: &str, path: &str, method: &str, headers: &[&str]) -> Answer {
    rest.request("OPTIONS", path)
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", &headers.join(","))
        .send()
        .await
}

#[tokio::test]
async fn a_page_of_any_origin_may_call_everything() {
    let rest = Rest::start().await;
    let headers = ["authorization", "content-type"];
    for (method, path) in [
        ("POST", "/v2/account/authenticate/device?create=true"),
        ("GET", "/v2/account"),
        ("PUT", "/v2/account"),
        ("DELETE", "/v2/account"),
        ("POST", "/v2/rpc/anything"),
        ("GET", "/v2/friend"),
    ] {
        let answer = preflight(&rest, PAGE, path, method, &headers).await;
        assert!(may_send(&answer, PAGE, method, &headers), "{method} {path}: {answer:?}");
        assert!(answer.body.is_empty());
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    }
}

#[tokio::test]
async fn a_page_may_read_every_answer() {
    let rest = Rest::start().await;
    let ann = rest.player("ann").await;
    let requests = [
        (200, rest.get("/v2/account").by(&ann)),
        (200, rest.get("/healthcheck")),
        (400, rest.post("/v2/event").by(&ann).body("rubbish")),
        (400, rest.post("/v2/event").by(&ann).body(vec![b' '; 300_000])),
        (401, rest.get("/v2/account")),
        (401, rest.post("/v2/rpc/x")),
        (404, rest.get("/v2/nothing")),
        (404, rest.post("/v2/rpc/x").by(&ann)),
        (501, rest.get("/v2/tournament")),
        (501, rest.request("PATCH", "/v2/account")),
    ];
    for (status, request) in requests {
        let answer = request.header("origin", PAGE).send().await;
        assert_eq!(answer.status, status);
        assert!(may_read(&answer, PAGE), "{answer:?}");
    }
}

#[tokio::test]
async fn only_configured_origins_may_call() {
    let rest = Rest::start_with(|config| config.cors.origins = vec![PAGE.into(), "https://other.test".into()]).await;
    for (origin, allowed) in [(PAGE, true), ("https://other.test", true), ("http://evil.test", false), ("null", false)]
    {
        let headers = ["authorization"];
        let answer = preflight(&rest, origin, "/v2/account", "PUT", &headers).await;
        assert_eq!(may_send(&answer, origin, "PUT", &headers), allowed, "{origin}");
        let login = rest.post("/v2/account/authenticate/device").basic("defaultkey").header("origin", origin);
        let answer = login.json(json!({"id": "device-0000001"})).send().await;
        assert_eq!(may_read(&answer, origin), allowed, "{origin}");
        let vary: Vec<_> = answer.headers.get_all("vary").iter().map(|value| value.to_str().unwrap()).collect();
        assert!(vary.join(",").to_ascii_lowercase().contains("origin"), "caches keep origins apart: {vary:?}");
    }
}

#[tokio::test]
async fn nobody_else_gets_these_headers() {
    let rest = Rest::start().await;
    let answer = rest.get("/healthcheck").send().await;
    assert!(!may_read(&answer, PAGE));
}
