//! `/v2/rpc/{id}` without any plugin: who may call, and how refusals look. Calls that succeed are tested end to end.

use crate::client::{Answer, Rest};
use serde_json::json;

fn assert_refused(answer: &Answer, status: u16, code: u32, message: &str) {
    let body = json!({"code": code, "error": message, "message": message});
    assert_eq!((answer.status, answer.json()), (status, body));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("www-authenticate"), None, "RPC has bodies of its own");
}

#[tokio::test]
async fn a_key_or_a_token_is_needed() {
    let rest = Rest::start().await;
    let ann = rest.player("ann").await;
    // No plugin has the function: whoever gets as far as this was let in.
    let let_in = (404, 5, "RPC function not found");
    let required = (401, 16, "Auth token or HTTP key required");
    let (key_invalid, token_invalid) = ((401, 16, "HTTP key invalid"), (401, 16, "Auth token invalid"));
    let bearer = format!("Bearer {}", ann.token);
    for (query, authorization, (status, code, message)) in [
        ("", None, required),
        ("?http_key=", None, required),
        ("?http_key=defaulthttpkey", None, let_in),
        ("?http_key=wrong", None, key_invalid),
        ("?http_key=wrong", Some(&*bearer), key_invalid),
        ("?http_key=", Some(&*bearer), let_in),
        ("", Some(&*bearer), let_in),
        ("", Some("Bearer rubbish"), token_invalid),
        ("", Some("Basic ZGVmYXVsdGh0dHBrZXk6"), let_in),
        ("", Some("Basic ZGVmYXVsdGtleTo="), key_invalid),
        ("", Some("Basic ***"), token_invalid),
    ] {
        for method in ["GET", "POST"] {
            let request = rest.request(method, &format!("/v2/rpc/probe.nothing{query}"));
            let request = authorization.iter().fold(request, |request, value| request.authorization(value));
            println!("{method} {query} {authorization:?}");
            assert_refused(&request.send().await, status, code, message);
        }
    }
}

#[tokio::test]
async fn an_id_is_needed() {
    let rest = Rest::start().await;
    let ann = rest.player("ann").await;
    let call = |path: &str| rest.post(path).by(&ann).body("\"x\"").send();
    assert_refused(&call("/v2/rpc/").await, 400, 3, "RPC ID must be set");
    assert_refused(&call("/v2/rpc/a/b").await, 404, 5, "RPC function not found");
    rest.get("/v2/rpc").by(&ann).send().await.assert_refused(404, 5, "Not Found");
}
